/// For so long after the page has scrolled, what scrolls is taken for that.
const OWN_MS: f64 = 700.0;

/// Whether the transcript follows what is heard. It stops when a person scrolls, and goes on when they go somewhere else in the
/// conversation, or ask for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Follow {
    follows: bool,
    /// When the page scrolled by itself, on the browser's clock.
    scrolled_ms: f64,
}

impl Default for Follow {
    fn default() -> Self {
        Self {
            follows: true,
            scrolled_ms: f64::NEG_INFINITY,
        }
    }
}

impl Follow {
    /// Whether it does.
    pub fn follows(self) -> bool {
        self.follows
    }

    /// The page scrolls by itself now.
    pub fn scrolls(&mut self, now_ms: f64) {
        self.scrolled_ms = now_ms;
    }

    /// Something scrolled: the page that did so by itself, or a person.
    pub fn scrolled(&mut self, now_ms: f64) {
        if now_ms - self.scrolled_ms > OWN_MS {
            self.follows = false;
        }
    }

    /// A person turns the wheel.
    pub fn stop(&mut self) {
        self.follows = false;
    }

    /// A person wants it to follow.
    pub fn go_on(&mut self) {
        self.follows = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_scrolls_does_not_end_following_and_what_a_person_scrolls_does() {
        let mut follow = Follow::default();
        follow.scrolls(1_000.0);
        follow.scrolled(1_400.0);
        assert!(follow.follows());
        follow.scrolled(1_900.0);
        assert!(!follow.follows());
        follow.go_on();
        follow.stop();
        assert!(!follow.follows());
        follow.go_on();
        assert!(follow.follows());
    }
}
