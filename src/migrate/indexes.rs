//! Indexes that a failed concurrent build left behind: found, rebuilt, or dropped to be built again.

use serde::Serialize;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor, FromRow, Postgres};

use super::script::Script;
use crate::store::{is_state, word};

/// One that is being built just now is not valid yet, and nobody's fault.
const INVALID: &str = "
    select format('%I.%I', n.nspname, c.relname) as path, c.relname::text as name
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
    where not i.indisvalid and c.relkind = 'i' and n.nspname in ('public', 'venue_sync')
        and not exists (select from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)
        -- Whose build it is, one who may not read all statistics is not told; but a build holds its table like this. So does autovacuum,
        -- which is nobody's.
        and not exists (select from pg_locks l join pg_stat_activity a on a.pid = l.pid
                        where l.relation in (i.indexrelid, i.indrelid) and l.mode = 'ShareUpdateExclusiveLock' and l.granted
                            and l.pid <> pg_backend_pid() and a.usesysid is not null
                            and l.database = (select oid from pg_database where datname = current_database()))
    order by 1";

/// An index that a failed build left behind: it costs every writer, and helps no reader.
#[derive(Debug, Clone, PartialEq, Eq, FromRow, Serialize)]
pub struct InvalidIndex {
    /// With its schema, quoted where that is needed.
    pub path: String,
    /// Its own name.
    pub name: String,
}

/// An index that could not be rebuilt.
#[derive(Debug, thiserror::Error)]
#[error(
    "the index {index}, which a failed build left invalid, cannot be rebuilt: {reason}. Mend that, then run `venues migrate repair`"
)]
pub struct RebuildError {
    /// With its schema.
    index: String,
    /// The server's word.
    reason: String,
    /// Somebody else was in the way, and may not be the next time.
    pub busy: bool,
}

impl InvalidIndex {
    /// Whether a migration makes it.
    pub(super) fn is_of(&self, script: &Script) -> bool {
        script.mentions(self.base_name())
    }

    /// A concurrent rebuild that failed leaves its own copy beside the index.
    fn is_copy(&self) -> bool {
        self.base_name() != self.name
    }

    fn base_name(&self) -> &str {
        let cut = self.name.rfind("_ccnew").or_else(|| self.name.rfind("_ccold"));
        cut.and_then(|at| self.name.get(..at)).unwrap_or(&self.name)
    }
}

/// All of them in the schemas that are ours or the backend's.
pub(super) async fn find_invalid<C>(connection: &mut C) -> Result<Vec<InvalidIndex>, sqlx::Error>
where
    for<'c> &'c mut C: Executor<'c, Database = Postgres>,
{
    sqlx::query_as(INVALID).persistent(false).fetch_all(connection).await
}

/// Drops one, while others write.
pub(super) async fn drop(connection: &mut PgConnection, index: &InvalidIndex) -> Result<(), sqlx::Error> {
    connection.execute(AssertSqlSafe(format!("drop index concurrently if exists {}", index.path))).await?;
    Ok(())
}

/// Builds one anew, while others write; drops it, where it is only the copy that an earlier rebuild left.
pub(super) async fn rebuild(connection: &mut PgConnection, index: &InvalidIndex) -> Result<(), RebuildError> {
    let done = if index.is_copy() {
        drop(connection, index).await
    } else {
        connection.execute(AssertSqlSafe(format!("reindex index concurrently {}", index.path))).await.map(|_| ())
    };
    // A lock that was not had in time, a deadlock that we were chosen to end.
    let busy = |error: &sqlx::Error| is_state(error, "55P03") || is_state(error, "40P01");
    done.map_err(|error| RebuildError { index: index.path.clone(), reason: word(&error), busy: busy(&error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_ours_where_a_migration_names_it_or_what_it_is_a_copy_of() {
        let script = Script::read("create index concurrently ix_a on public.t (b)");
        let index = |name: &str| InvalidIndex { path: format!("public.{name}"), name: name.to_owned() };
        assert!(index("ix_a").is_of(&script) && !index("ix_a").is_copy());
        assert!(index("ix_a_ccnew1").is_of(&script) && index("ix_a_ccnew1").is_copy());
        assert!(!index("ix_ab").is_of(&script));
    }
}
