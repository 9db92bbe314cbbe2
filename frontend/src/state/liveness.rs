//! Whether the other end of a connection is still there: a connection can die without anybody being told.

/// After this much silence the server is asked whether it is there, in ms.
const ASK_AFTER_MS: f64 = 2_000.0;
/// A server that does not answer for so long after it was asked is gone, in ms.
const GONE_AFTER_MS: f64 = 4_000.0;

/// What a look at the connection says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It lives, or an answer is awaited.
    Fine,
    /// Nothing came for a while: ask.
    Ask,
    /// The question was not answered: give it up.
    Gone,
}

/// Watches one connection. It is given up only after an unanswered question, so that timers that the browser slows down
/// and a computer that slept cut no good connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Liveness {
    heard_ms: f64,
    asked_ms: Option<f64>,
}

impl Liveness {
    /// Something arrived at this time.
    pub fn hear(&mut self, now_ms: f64) {
        *self = Self {
            heard_ms: now_ms,
            asked_ms: None,
        };
    }

    /// Looks at the connection; to be called a few times per second, however irregularly.
    pub fn look(&mut self, now_ms: f64) -> Sign {
        match self.asked_ms {
            None if now_ms - self.heard_ms > ASK_AFTER_MS => {
                self.asked_ms = Some(now_ms);
                Sign::Ask
            }
            Some(asked_ms) if now_ms - asked_ms > GONE_AFTER_MS => Sign::Gone,
            _ => Sign::Fine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_server_is_asked_once_and_then_given_up() {
        let mut liveness = Liveness::default();
        liveness.hear(1_000.0);
        let signs: Vec<_> = (1..=13)
            .map(|tick| liveness.look(1_000.0 + f64::from(tick) * 500.0))
            .collect();
        let mut expected = [Sign::Fine; 13];
        expected[4] = Sign::Ask;
        assert_eq!(signs, expected);
        assert_eq!(liveness.look(7_501.0), Sign::Gone);
    }

    #[test]
    fn an_answer_starts_the_watch_over() {
        let mut liveness = Liveness::default();
        assert_eq!(liveness.look(2_500.0), Sign::Ask);
        liveness.hear(2_600.0);
        assert_eq!(liveness.look(4_500.0), Sign::Fine);
        assert_eq!(liveness.look(5_000.0), Sign::Ask);
    }

    #[test]
    fn after_a_long_sleep_the_server_is_asked_first() {
        let mut liveness = Liveness::default();
        liveness.hear(1_000.0);
        assert_eq!(liveness.look(3_600_000.0), Sign::Ask);
    }
}
