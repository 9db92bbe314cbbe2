//! When a lost connection is tried again.

/// Waiting times before each attempt, in seconds.
const DELAYS_S: [u32; 3] = [1, 2, 4];

/// One attempt to reconnect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// How many there will be at most.
    pub of: u32,
    /// Seconds until it begins; 0 while it runs.
    pub in_s: u32,
}

/// Counts the attempts since the connection was last good.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reconnect {
    made: usize,
}

impl Reconnect {
    /// The next attempt; `None` after the last one failed.
    pub fn next_attempt(&mut self) -> Option<Attempt> {
        let delay = *DELAYS_S.get(self.made)?;
        self.made += 1;
        Some(Attempt {
            number: number(self.made),
            of: number(DELAYS_S.len()),
            in_s: delay,
        })
    }

    /// The connection is good again: the next loss begins with the first attempt.
    pub fn succeeded(&mut self) {
        self.made = 0;
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_attempts_wait_one_two_and_four_seconds() {
        let mut reconnect = Reconnect::default();
        let attempts: Vec<_> = std::iter::from_fn(|| reconnect.next_attempt()).collect();
        let expected = [(1, 1), (2, 2), (3, 4)].map(|(number, in_s)| Attempt { number, of: 3, in_s });
        assert_eq!(attempts, expected);
        assert_eq!(reconnect.next_attempt(), None);
    }

    #[test]
    fn success_starts_the_count_over() {
        let mut reconnect = Reconnect::default();
        reconnect.next_attempt();
        reconnect.next_attempt();
        reconnect.succeeded();
        assert_eq!(reconnect.next_attempt().map(|attempt| attempt.number), Some(1));
    }
}
