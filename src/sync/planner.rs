//! Planning, on threads for such work: while a large tile is laid out, leases are renewed, answers are taken and signals are heard.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

/// Lends a thread to one after the other: the tables of a large layout take some tens of megabytes.
#[derive(Debug)]
pub(super) struct Planner {
    turn: Arc<Semaphore>,
}

impl Planner {
    pub(super) fn new() -> Self {
        Self { turn: Arc::new(Semaphore::new(1)) }
    }

    /// Does the work where it holds up nobody; none where `signal` is pulled before it is done, which is not waited for then.
    pub(super) async fn plan<T: Send + 'static>(
        &self,
        signal: &CancellationToken,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let planned = async {
            let turn = Arc::clone(&self.turn).acquire_owned().await.ok()?;
            let done = spawn_blocking(move || {
                // Given back when the work is done, whether or not anybody waits for it.
                let _turn = turn;
                work()
            });
            match done.await {
                Ok(done) => Some(done),
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_shut_down) => None,
                },
            }
        };
        signal.run_until_cancelled(planned).await.flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_plan_holds_up_nobody_and_a_stopped_run_does_not_wait_for_it() {
        let (planner, signal) = (Planner::new(), CancellationToken::new());
        assert_eq!(planner.plan(&signal, || 1 + 1).await, Some(2));
        let (finish, finished) = mpsc::channel::<()>();
        let endless = planner.plan(&signal, move || finished.recv().is_ok());
        // On the only thread of this test.
        let others = async { signal.cancel() };
        let (endless, ()) = tokio::join!(endless, others);
        assert_eq!(endless, None);
        drop(finish);
    }
}
