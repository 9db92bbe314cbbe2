//! `Range` of RFC 9110, section 14: one range of bytes.

use std::ops::Range;

/// What a `Range` header asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Everything: no range, one that is not understood, or several, which a server may ignore.
    All,
    /// These bytes, of which there is at least one.
    Part(Range<u64>),
    /// Bytes that are not there.
    Nothing,
}

impl Wanted {
    /// Reads the header's value for something of `len` bytes.
    pub(super) fn parse(header: &str, len: u64) -> Self {
        let range = header
            .trim()
            .strip_prefix("bytes=")
            .and_then(|range| range.trim().split_once('-'));
        match range.map(|(first, last)| (number(first), number(last))) {
            Some((Number::Is(first), Number::Is(last))) if first <= last => {
                part(first, last.saturating_add(1), len)
            }
            Some((Number::Is(first), Number::Absent)) => part(first, len, len),
            Some((Number::Absent, Number::Is(0))) => Self::Nothing,
            Some((Number::Absent, Number::Is(suffix))) => part(len.saturating_sub(suffix), len, len),
            _ => Self::All,
        }
    }
}

enum Number {
    Absent,
    Is(u64),
    Bad,
}

fn number(raw: &str) -> Number {
    let raw = raw.trim();
    if raw.is_empty() {
        return Number::Absent;
    }
    if !raw.bytes().all(|byte| byte.is_ascii_digit()) {
        return Number::Bad;
    }
    // More digits than fit are past the end of everything.
    Number::Is(raw.parse().unwrap_or(u64::MAX))
}

fn part(start: u64, end: u64, len: u64) -> Wanted {
    let end = end.min(len);
    if start < end {
        Wanted::Part(start..end)
    } else {
        Wanted::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_cut_to_what_there_is() {
        for (header, range) in [
            ("bytes=0-0", 0..1),
            ("bytes=10-19", 10..20),
            ("bytes=10-", 10..100),
            ("bytes=90-500", 90..100),
            ("bytes=-30", 70..100),
            ("bytes=-500", 0..100),
            (" bytes= 5 - 6 ", 5..7),
            ("bytes=0-99999999999999999999999", 0..100),
        ] {
            assert_eq!(Wanted::parse(header, 100), Wanted::Part(range), "{header}");
        }
    }

    #[test]
    fn what_is_not_there_is_said() {
        for header in [
            "bytes=100-",
            "bytes=100-200",
            "bytes=-0",
            "bytes=99999999999999999999999-",
        ] {
            assert_eq!(Wanted::parse(header, 100), Wanted::Nothing, "{header}");
        }
        assert_eq!(Wanted::parse("bytes=0-", 0), Wanted::Nothing);
    }

    #[test]
    fn what_is_not_understood_is_ignored() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-4",
            "bytes=a-b",
            "bytes=0-1,5-6",
            "lines=1-2",
            "bytes=+1-2",
        ] {
            assert_eq!(Wanted::parse(header, 100), Wanted::All, "{header}");
        }
    }
}
