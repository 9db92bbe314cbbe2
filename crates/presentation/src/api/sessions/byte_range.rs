//! `Range` of RFC 9110, section 14: one range of bytes.

use std::ops::Range;

use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};

use crate::entity_tag::is_current;
use crate::problem::Problem;

/// What is sent of a file.
#[derive(Debug)]
pub(super) struct Part {
    /// Whether that is all of it.
    pub(super) status: StatusCode,
    pub(super) bytes: Range<u64>,
    /// `accept-ranges`, `content-length` and, of a part, `content-range`.
    pub(super) headers: Vec<(HeaderName, String)>,
}

impl Part {
    /// What a request wants of a file of `len` bytes. Only a GET has a range, and whoever has another version than this one
    /// gets all of it; where no `tag` tells versions apart, that is whoever has some of it already.
    pub(super) fn of(
        method: &Method,
        headers: &HeaderMap,
        tag: Option<&str>,
        len: u64,
    ) -> Result<Self, Unsatisfiable> {
        let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
        let wanted = match range {
            Some(range) if method == Method::GET && is_current(headers, tag) => Wanted::parse(range, len),
            _ => Wanted::All,
        };
        let (status, bytes) = match wanted {
            Wanted::All => (StatusCode::OK, 0..len),
            Wanted::Part(bytes) => (StatusCode::PARTIAL_CONTENT, bytes),
            Wanted::Nothing => return Err(Unsatisfiable { len }),
        };
        let mut headers = vec![
            (header::ACCEPT_RANGES, "bytes".to_owned()),
            (header::CONTENT_LENGTH, (bytes.end - bytes.start).to_string()),
        ];
        if status == StatusCode::PARTIAL_CONTENT {
            let shown = format!("bytes {}-{}/{len}", bytes.start, bytes.end - 1);
            headers.push((header::CONTENT_RANGE, shown));
        }
        Ok(Self {
            status,
            bytes,
            headers,
        })
    }
}

/// The range lies outside of a file of so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unsatisfiable {
    len: u64,
}

impl From<Unsatisfiable> for Problem {
    fn from(range: Unsatisfiable) -> Self {
        Self::range_not_satisfiable(range.len)
    }
}

/// What a `Range` header asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    /// Everything: no range, one that is not understood, or several, which a server may ignore.
    All,
    /// These bytes, of which there is at least one.
    Part(Range<u64>),
    /// Bytes that are not there.
    Nothing,
}

impl Wanted {
    /// Reads the header's value for something of `len` bytes.
    fn parse(header: &str, len: u64) -> Self {
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
