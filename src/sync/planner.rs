//! Planning, on a thread of its own: while a large tile is laid out, leases are renewed, answers are taken and signals are heard.

use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// A thread that does one piece of work after the other: the tables of a large layout take some tens of megabytes, and an allocator keeps
/// those of each thread for it.
#[derive(Debug)]
pub(super) struct Planner {
    queue: mpsc::Sender<Box<dyn FnOnce() + Send>>,
}

impl Planner {
    pub(super) fn new() -> Self {
        let (queue, work) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
        // It ends with the last sender, or with the process, which does not wait for it.
        thread::spawn(move || work.into_iter().for_each(|work| work()));
        Self { queue }
    }

    /// Does the work where it holds up nobody; none where `signal` is pulled before it is done, which is not waited for then.
    ///
    /// # Panics
    ///
    /// Where the work did, then or before.
    #[expect(clippy::panic, reason = "what panicked on the other thread has said why")]
    pub(super) async fn plan<T: Send + 'static>(
        &self,
        signal: &CancellationToken,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (done, planned) = oneshot::channel();
        // Whoever stopped has not waited for the answer; and where the thread is gone, the work is dropped, and `done` with it.
        drop(self.queue.send(Box::new(move || drop(done.send(work())))));
        let planned = signal.run_until_cancelled(planned).await?;
        Some(planned.unwrap_or_else(|_| panic!("the planning of a tile panicked")))
    }
}

#[cfg(test)]
mod tests {
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

    #[tokio::test]
    #[should_panic(expected = "panicked")]
    async fn what_panics_there_is_not_waited_for() {
        let planner = Planner::new();
        planner.plan(&CancellationToken::new(), || assert!(std::hint::black_box(false), "no plan")).await;
    }
}
