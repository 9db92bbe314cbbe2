//! How soon a vendor notices that nobody needs its answer any more: until then it may go on to charge for it.

use std::time::Duration;

const LIMIT: Duration = Duration::from_millis(50);
/// However much else the machine has to do.
const WORST: Duration = Duration::from_secs(1);
/// As often as it takes for one that is not held up by the machine.
const TRIES: usize = 10;
/// So often at least: the worst of one is not much of a worst.
const LEAST_TRIES: usize = 3;

/// Gives something up a few times; each time answers how much later the vendor saw its connection closed.
pub(crate) async fn is_noticed_at_once(mut give_up: impl AsyncFnMut() -> Duration) {
    let mut soonest = Duration::MAX;
    for tried in 1..=TRIES {
        let took = give_up().await;
        assert!(took <= WORST, "the vendor noticed after {took:?}");
        soonest = soonest.min(took);
        if soonest <= LIMIT && tried >= LEAST_TRIES {
            return;
        }
    }
    panic!("the vendor noticed after {soonest:?} at best");
}
