//! How soon a vendor notices that nobody needs its answer any more: until then it may go on to charge for it.

use std::time::Duration;

const LIMIT: Duration = Duration::from_millis(50);
/// In half of all tries.
const MEDIAN: Duration = Duration::from_millis(150);
/// However much else the machine has to do.
const WORST: Duration = Duration::from_secs(1);
/// As often as it takes for one that is not held up by the machine, and half that are not much.
const TRIES: usize = 10;
/// So often at least: the worst of one is not much of a worst.
const LEAST_TRIES: usize = 3;

/// Gives something up a few times; each time answers how much later the vendor saw its connection closed.
pub(crate) async fn is_noticed_at_once(mut give_up: impl AsyncFnMut() -> Duration) {
    let mut all = Vec::new();
    for tried in 1..=TRIES {
        let took = give_up().await;
        assert!(took <= WORST, "the vendor noticed after {took:?}");
        all.push(took);
        all.sort();
        if tried >= LEAST_TRIES && all[0] <= LIMIT && all[tried / 2] <= MEDIAN {
            return;
        }
    }
    panic!("the vendor noticed after {all:?}");
}
