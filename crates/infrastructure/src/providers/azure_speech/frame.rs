//! Messages of the Speech service on a WebSocket: headers, and what they are about.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};

/// The headers of a message to the service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Headers<'a> {
    /// What it is.
    pub(super) path: &'static str,
    /// The turn that it belongs to.
    pub(super) request: &'a str,
    /// When it is sent.
    pub(super) at: DateTime<Utc>,
    pub(super) content_type: Option<&'static str>,
}

/// A message from the service.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Received<'a> {
    /// What it is, in lower case.
    pub(super) path: String,
    /// The turn that it belongs to, in lower case.
    pub(super) request: String,
    pub(super) body: &'a str,
}

impl Headers<'_> {
    /// The message with a body in text.
    pub(super) fn text(&self, body: &str) -> String {
        format!("{}\r\n{body}", self.lines())
    }

    /// The message with a body in bytes.
    pub(super) fn bytes(&self, body: &[u8]) -> Bytes {
        let lines = self.lines();
        // They are some hundred bytes.
        let length = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        [&length.to_be_bytes()[..], lines.as_bytes(), body]
            .concat()
            .into()
    }

    fn lines(&self) -> String {
        let Self {
            path,
            request,
            at,
            content_type,
        } = self;
        let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let kind = content_type.map(|kind| format!("Content-Type: {kind}\r\n"));
        format!(
            "Path: {path}\r\nX-RequestId: {request}\r\nX-Timestamp: {at}\r\n{}",
            kind.unwrap_or_default()
        )
    }
}

impl<'a> Received<'a> {
    /// Reads a message; `None` when it has no headers, or none that says what it is.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let (headers, body) = text.split_once("\r\n\r\n")?;
        // Names are not told apart by their case.
        let header = |name: &str| {
            let mut headers = headers.split("\r\n").filter_map(|line| line.split_once(':'));
            let found = headers.find(|(known, _)| known.trim().eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim().to_ascii_lowercase())
        };
        Some(Self {
            path: header("path")?,
            request: header("x-requestid").unwrap_or_default(),
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(content_type: Option<&'static str>) -> Headers<'static> {
        Headers {
            path: "audio",
            request: "0a",
            at: DateTime::from_timestamp_millis(1_790_000_000_007).unwrap(),
            content_type,
        }
    }

    #[test]
    fn a_text_has_an_empty_line_before_its_body() {
        assert_eq!(
            headers(Some("application/json")).text("{}"),
            "Path: audio\r\nX-RequestId: 0a\r\nX-Timestamp: 2026-09-21T14:13:20.007Z\r\nContent-Type: \
             application/json\r\n\r\n{}"
        );
    }

    #[test]
    fn bytes_have_the_length_of_their_headers_and_no_empty_line() {
        let lines = b"Path: audio\r\nX-RequestId: 0a\r\nX-Timestamp: 2026-09-21T14:13:20.007Z\r\n";
        let length = u16::try_from(lines.len()).unwrap().to_be_bytes();
        let expected = [&length[..], &lines[..], &[1, 2]].concat();
        assert_eq!(headers(None).bytes(&[1, 2]), expected);
    }

    #[test]
    fn names_are_not_told_apart_by_their_case() {
        let text = "X-REQUESTID:0A\r\nContent-Type: x\r\nPATH:Turn.End\r\n\r\n{}";
        let expected = Received {
            path: "turn.end".to_owned(),
            request: "0a".to_owned(),
            body: "{}",
        };
        assert_eq!(Received::of(text), Some(expected));
        assert_eq!(Received::of("Path:turn.end\r\n\r\n").unwrap().body, "");
        assert_eq!(Received::of("X-RequestId:0a\r\n\r\n{}"), None);
        assert_eq!(Received::of(r#"{"Path":"turn.end"}"#), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(body in "[^\r]{0,50}", request in "[0-9a-f]{32}") {
            let written = Headers { request: &request, ..headers(None) }.text(&body);
            let read = Received::of(&written).unwrap();
            prop_assert_eq!((read.path.as_str(), read.request, read.body), ("audio", request, body.as_str()));
        }

        #[test]
        fn nothing_is_too_odd_to_be_read(text: String) {
            let _ = Received::of(&text);
        }
    }
}
