use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgArguments, PgQueryResult, PgRow, PgStatement, PgTransaction, PgTypeInfo};
use sqlx::{Describe, Either, Error, Execute, Executor, Postgres, Row as _, SqlStr};

/// A transaction whose statements have no names, whatever their query says of itself: a pooler gives the next transaction another
/// connection, which does not know them, and without a cache a named one would stay on the server for good.
#[derive(Debug)]
pub(crate) struct Transaction(PgTransaction<'static>);

/// The server's number of a transaction.
#[derive(Debug)]
pub(super) struct Mark {
    pub(super) xid: String,
}

impl Transaction {
    pub(super) fn new(begun: PgTransaction<'static>) -> Self {
        Self(begun)
    }

    /// By what the server knows this transaction when nobody heard of its end; none where it wrote nothing.
    pub(super) async fn mark(&mut self) -> Result<Option<Mark>, Error> {
        // One round trip, which a checked statement would not be.
        let row = sqlx::raw_sql("select pg_current_xact_id_if_assigned()::text").fetch_one(self).await?;
        Ok(row.try_get::<Option<String>, _>(0)?.map(|xid| Mark { xid }))
    }

    pub(super) async fn commit(self) -> Result<(), Error> {
        self.0.commit().await
    }

    pub(super) async fn rollback(self) -> Result<(), Error> {
        self.0.rollback().await
    }
}

impl<'c> Executor<'c> for &'c mut Transaction {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.0.fetch_many(Unnamed(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        self.0.fetch_optional(Unnamed(query))
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, Result<PgStatement, Error>>
    where
        'c: 'e,
    {
        self.0.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, Error>>
    where
        'c: 'e,
    {
        self.0.describe(sql)
    }
}

struct Unnamed<Q>(Q);

impl<'q, Q: Execute<'q, Postgres>> Execute<'q, Postgres> for Unnamed<Q> {
    fn sql(self) -> SqlStr {
        self.0.sql()
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.0.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, sqlx::error::BoxDynError> {
        self.0.take_arguments()
    }

    fn persistent(&self) -> bool {
        false
    }
}
