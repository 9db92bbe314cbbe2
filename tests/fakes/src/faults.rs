use std::fmt;
use std::sync::Mutex;

use tokio::sync::watch;

use crate::lock;

/// Makes a fake fail on demand, with errors of kind `K`.
pub struct FaultSwitch<K> {
    plan: Mutex<Plan<K>>,
    failures: watch::Sender<usize>,
}

enum Plan<K> {
    Work,
    FailNext { calls: usize, kind: K },
    FailAfter { calls: usize, kind: K },
    Fail { kind: K },
}

impl<K: Clone> FaultSwitch<K> {
    /// Every call fails from now on, until [`Self::recover`].
    pub fn fail(&self, kind: K) {
        *lock(&self.plan) = Plan::Fail { kind };
    }

    /// The next `calls` calls fail, then it works again.
    pub fn fail_next(&self, calls: usize, kind: K) {
        *lock(&self.plan) = Plan::FailNext { calls, kind };
    }

    /// The next `calls` calls work, and those after them fail, until [`Self::recover`].
    pub fn fail_after(&self, calls: usize, kind: K) {
        *lock(&self.plan) = Plan::FailAfter { calls, kind };
    }

    /// It works again.
    pub fn recover(&self) {
        *lock(&self.plan) = Plan::Work;
    }

    /// How many calls failed so far.
    pub fn failures(&self) -> usize {
        *self.failures.borrow()
    }

    /// Waits until at least this many calls failed.
    pub async fn until_failures(&self, count: usize) {
        let mut failures = self.failures.subscribe();
        // The sender lives as long as `self`, so waiting cannot end early.
        let _ = failures.wait_for(|failures| *failures >= count).await;
    }

    /// Counts one call and says how it shall fail.
    pub(crate) fn check(&self) -> Result<(), K> {
        self.check_unless(|_| false)
    }

    /// As [`Self::check`], for a call that works in spite of failures of some kinds.
    pub(crate) fn check_unless(&self, works_in_spite_of: impl Fn(&K) -> bool) -> Result<(), K> {
        let kind = lock(&self.plan).take_unless(works_in_spite_of);
        match kind {
            None => Ok(()),
            Some(kind) => {
                self.failures.send_modify(|failures| *failures += 1);
                Err(kind)
            }
        }
    }
}

impl<K: Clone> Plan<K> {
    fn take_unless(&mut self, works_in_spite_of: impl Fn(&K) -> bool) -> Option<K> {
        match self {
            Self::Work | Self::FailNext { calls: 0, .. } => None,
            Self::FailNext { kind, .. } | Self::FailAfter { kind, .. } | Self::Fail { kind }
                if works_in_spite_of(kind) =>
            {
                None
            }
            Self::FailAfter { calls, .. } if *calls > 0 => {
                *calls -= 1;
                None
            }
            Self::FailNext { calls, kind } => {
                *calls -= 1;
                Some(kind.clone())
            }
            Self::FailAfter { kind, .. } | Self::Fail { kind } => Some(kind.clone()),
        }
    }
}

impl<K> Default for FaultSwitch<K> {
    fn default() -> Self {
        Self {
            plan: Mutex::new(Plan::Work),
            failures: watch::Sender::new(0),
        }
    }
}

impl<K> fmt::Debug for FaultSwitch<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultSwitch").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fails_as_often_as_told() {
        let switch = FaultSwitch::default();
        assert_eq!(switch.check(), Ok(()));
        switch.fail_next(2, "broken");
        assert_eq!(
            [switch.check(), switch.check(), switch.check()],
            [Err("broken"), Err("broken"), Ok(())]
        );
        assert_eq!(switch.failures(), 2);
    }

    #[test]
    fn what_works_in_spite_of_a_failure_does_not_count() {
        let switch = FaultSwitch::default();
        switch.fail_next(1, "full");
        assert_eq!(switch.check_unless(|kind| *kind == "full"), Ok(()));
        assert_eq!(switch.failures(), 0);
        assert_eq!(switch.check_unless(|kind| *kind == "broken"), Err("full"));
    }

    #[test]
    fn fails_until_it_recovers() {
        let switch = FaultSwitch::default();
        switch.fail("broken");
        assert!((0..100).all(|_| switch.check() == Err("broken")));
        switch.recover();
        assert_eq!(switch.check(), Ok(()));
    }

    #[test]
    fn works_as_often_as_told() {
        let switch = FaultSwitch::default();
        switch.fail_after(2, "broken");
        let checked = [0; 4].map(|_| switch.check());
        assert_eq!(checked, [Ok(()), Ok(()), Err("broken"), Err("broken")]);
        switch.recover();
        assert_eq!(switch.check(), Ok(()));
    }

    #[tokio::test]
    async fn failures_can_be_waited_for() {
        let switch = FaultSwitch::default();
        switch.fail("broken");
        let wait = switch.until_failures(2);
        let work = async {
            for _ in 0..2 {
                tokio::task::yield_now().await;
                assert_eq!(switch.check(), Err("broken"));
            }
        };
        tokio::join!(wait, work);
        assert_eq!(switch.failures(), 2);
    }
}
