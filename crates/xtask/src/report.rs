//! What a command tells the person in front of it, on standard error: standard output belongs to the
//! programs that are started.
#![expect(clippy::print_stderr, reason = "this is where xtask talks")]

use std::time::Duration;

/// Announces what starts now.
pub(crate) fn step(text: &str) {
    eprintln!("==> {text}");
}

/// Adds a line to the step that is under way.
pub(crate) fn detail(text: &str) {
    eprintln!("    {text}");
}

/// A duration as people say it: `0.4 s`, `1 min 05 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// A size in kilobytes of 1000 bytes, right-aligned for tables.
pub(crate) fn kilobytes(bytes: usize) -> String {
    let tenths = (bytes + 50) / 100;
    format!("{:>6}.{} kB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_naturally() {
        assert_eq!(duration(Duration::from_millis(430)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(65)), "1 min 05 s");
    }

    #[test]
    fn sizes_are_rounded_to_a_tenth_of_a_kilobyte() {
        assert_eq!(kilobytes(0), "     0.0 kB");
        assert_eq!(kilobytes(1_949), "     1.9 kB");
        assert_eq!(kilobytes(350_960), "   351.0 kB");
    }
}
