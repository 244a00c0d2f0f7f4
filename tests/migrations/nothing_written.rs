use venue_sync::migrate::{Options, State, Target, foresee_down, foresee_up};

use crate::bench::{Bench, files, to, told};
use crate::support::listener::Listener;

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_what_would_be_done() {
    let mut fresh = Bench::empty().await;
    let mut alembic = Bench::made_by_alembic().await;
    let mut behind = Bench::at(2).await;
    behind.seed().await;
    let all = fresh.count().await;
    for (bench, pending) in [(&mut fresh, all), (&mut alembic, all - 1), (&mut behind, all - 2)] {
        let before = bench.everything().await;
        let (planned, _) = foresee_up(&bench.database, files(), &Options::default()).await.unwrap();
        assert_eq!(planned.steps.len(), pending);
        foresee_down(&bench.database, files(), &Options { target: to("base"), ..Options::default() }).await.unwrap();
        assert_eq!(bench.everything().await, before);
    }
    assert_eq!(fresh.catalogue("venue_sync").await, "no such schema");
    assert_eq!(behind.up(&told(Target::Usual)).await.unwrap().len(), all - 2, "and then it is");
}

#[tokio::test]
async fn nothing_to_do_is_three_statements_and_no_lock() {
    let bench = Bench::at_head().await;
    let listener = Listener::start(&bench.guard.options()).await;
    let through = venue_sync::store::Database::connect(&listener.url(), 2).await.unwrap();
    let before = listener.heard().statements;
    let done = venue_sync::migrate::up(&through, files(), &Options::default()).await.unwrap();
    assert!(done.steps.is_empty());
    let heard = listener.heard();
    let said = heard.outside.join("\n");
    assert!((1..=3).contains(&(heard.statements - before)), "{said}");
    let taken = said.replace("pg_locks", "");
    assert!(!taken.contains("lock"), "who holds one may be looked at: {said}");
}

#[tokio::test]
async fn an_older_binary_keeps_its_hands_off_a_newer_database() {
    let all = Bench::empty().await.count().await;
    let newest = files().newest();
    for many in [1, all] {
        let mut bench = Bench::at(many).await;
        bench
            .run("insert into venue_sync._sqlx_migrations values (99990101000000, 'from the future', now(), true, 'sum', 1)")
            .await;
        let before = bench.everything().await;
        let refusals = [
            bench.up(&told(Target::Usual)).await.unwrap_err().to_string(),
            bench.down(&told(Target::Usual)).await.unwrap_err().to_string(),
            bench.standing().await.state().unwrap_err().to_string(),
        ];
        for said in refusals {
            assert!(said.contains("99990101000000") && said.contains(&newest.to_string()), "{said}");
        }
        assert_eq!(bench.everything().await, before);
        assert_ne!(bench.standing().await.state(), Ok(State::Current));
    }
}
