//! How soon a vendor notices that nobody needs its answer any more: until then it may go on to charge for it.

use std::time::Duration;

const LIMIT: Duration = Duration::from_millis(50);
/// As often as it takes for one that is not held up by the machine.
const TRIES: usize = 10;

/// Gives something up a few times; each time answers how much later the vendor saw its connection closed.
pub(crate) async fn is_noticed_at_once(mut give_up: impl AsyncFnMut() -> Duration) {
    let mut soonest = Duration::MAX;
    for _ in 0..TRIES {
        soonest = soonest.min(give_up().await);
        if soonest <= LIMIT {
            return;
        }
    }
    panic!("the vendor noticed after {soonest:?} at best");
}
