//! How much of the machine makes files at the same time. Whoever is in a conversation must not wait for that.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

/// So long somebody waits until a file begins to be made.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Whoever is at a file looks this often whether it is their turn.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Lets a few make files at the same time; whoever wants to begin one waits in a row. It is somebody's turn for a moment's work only, and not
/// while they wait for the storage or for whoever takes the file. Clones share.
#[derive(Debug, Clone)]
pub struct Effort {
    turns: Arc<Semaphore>,
    at_once: usize,
}

/// It is somebody's turn for as long as this lives.
#[derive(Debug)]
pub struct EffortTurn(
    #[expect(dead_code, reason = "the next one's turn comes when it is dropped")] OwnedSemaphorePermit,
);

/// Too many are before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too many files are being made at the moment")]
pub struct TooBusy;

impl Effort {
    /// All cores but one, which is left to whoever speaks.
    pub fn of_this_machine() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::new(NonZeroUsize::new(cores - 1).unwrap_or(NonZeroUsize::MIN))
    }

    /// So many at the same time.
    pub fn new(at_once: NonZeroUsize) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(at_once.get())),
            at_once: at_once.get(),
        }
    }

    /// How many there are at the same time.
    pub fn at_once(&self) -> usize {
        self.at_once
    }

    /// Waits for a turn, to begin a file.
    ///
    /// # Errors
    /// [`TooBusy`] when it does not come soon.
    pub async fn turn(&self) -> Result<EffortTurn, TooBusy> {
        let turn = timeout(LONGEST_WAIT, Arc::clone(&self.turns).acquire_owned()).await;
        match turn {
            Ok(Ok(turn)) => Ok(EffortTurn(turn)),
            Ok(Err(_)) | Err(_) => Err(TooBusy),
        }
    }

    /// Does a moment's work when it is its turn, and lets others go on.
    ///
    /// Nobody stands in the row for it: whoever takes a file slowly is not looked at for a while, and a turn that came
    /// meanwhile would be kept from all others.
    pub async fn spend<T>(&self, work: impl FnOnce() -> T) -> T {
        let turn = loop {
            if let Ok(turn) = self.turns.try_acquire() {
                break turn;
            }
            sleep(LOOK_EVERY).await;
        };
        let done = work();
        drop(turn);
        yield_now().await;
        done
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn some_work_at_once_and_the_others_wait() {
        let effort = Effort::new(NonZeroUsize::new(2).unwrap());
        let (first, second) = (effort.turn().await.unwrap(), effort.turn().await.unwrap());
        let mut third = Box::pin(effort.spend(|| 3));
        assert_eq!((&mut third).now_or_never(), None);
        drop(first);
        assert_eq!(third.await, 3);
        let fourth = effort.turn().await;
        assert!(fourth.is_ok(), "what was done holds nothing up");
        assert_eq!(effort.turn().await.unwrap_err(), TooBusy);
        drop(second);
        assert!(effort.turn().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_came_first_is_next() {
        let effort = Effort::new(NonZeroUsize::MIN);
        let turn = effort.turn().await;
        let mut order = Vec::new();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let waiting = [1, 2, 3].map(|n| {
            let (effort, tell) = (effort.clone(), tell.clone());
            async move {
                let turn = effort.turn().await;
                tell.send(n).unwrap();
                drop(turn);
            }
        });
        let mut waiting = Box::pin(futures_util::future::join_all(waiting));
        assert_eq!((&mut waiting).now_or_never(), None, "they stand in the row");
        drop(turn);
        waiting.await;
        drop(tell);
        while let Some(n) = told.recv().await {
            order.push(n);
        }
        assert_eq!(order, [1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_not_looked_at_keeps_nobody_waiting() {
        let effort = Effort::new(NonZeroUsize::MIN);
        let turn = effort.turn().await;
        let mut unread = Box::pin(effort.spend(|| ()));
        assert_eq!((&mut unread).now_or_never(), None);
        drop(turn);
        assert!(effort.turn().await.is_ok());
    }

    #[test]
    fn a_machine_of_any_size_makes_files() {
        assert!(Effort::of_this_machine().at_once() >= 1);
    }
}
