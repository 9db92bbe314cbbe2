//! Server-sent events, as the [WHATWG](https://html.spec.whatwg.org/multipage/server-sent-events.html) describes them,
//! with two liberties: `id` and `retry` are ignored, and an event that the end of the stream completes is delivered when
//! its last line is whole, because some servers forget the empty line.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, TryStreamExt};
use reqwest::Response;
use viva_domain::ports::{ProviderError, Source};

use super::errors;

/// A longer event is an error: audio comes in base64 of far less.
const MAX_EVENT_BYTES: usize = 16 << 20;

/// One event.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// Its name; most vendors give none.
    pub event: Option<String>,
    /// Its data, the lines joined with `\n`.
    pub data: String,
}

/// The events of a response; dropping them closes the connection.
pub struct Events {
    vendor: String,
    bytes: BoxStream<'static, Result<Bytes, Source>>,
    parser: Parser,
    ready: VecDeque<Event>,
    is_over: bool,
}

impl Events {
    /// Reads the body of a response.
    pub fn of(vendor: &str, response: Response) -> Self {
        let bytes = response
            .bytes_stream()
            // The address may hold what must not be logged.
            .map_err(|err| err.without_url().into());
        Self::over(vendor, bytes)
    }

    /// Reads any bytes.
    pub fn over(vendor: &str, bytes: impl Stream<Item = Result<Bytes, Source>> + Send + 'static) -> Self {
        Self {
            vendor: vendor.to_owned(),
            bytes: bytes.boxed(),
            parser: Parser::default(),
            ready: VecDeque::new(),
            is_over: false,
        }
    }

    fn end(&mut self, err: ProviderError) -> Poll<Option<Result<Event, ProviderError>>> {
        self.is_over = true;
        Poll::Ready(Some(Err(err)))
    }
}

impl Stream for Events {
    type Item = Result<Event, ProviderError>;

    /// Ends after an error, and at the end of the body, whether the vendor was ready or not.
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(event) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(event)));
            }
            if this.is_over {
                return Poll::Ready(None);
            }
            match std::task::ready!(this.bytes.poll_next_unpin(cx)) {
                Some(Ok(bytes)) => {
                    this.parser.push(&bytes, &mut this.ready);
                    if this.parser.held() > MAX_EVENT_BYTES {
                        let err = errors::failed(&this.vendor, "an event is too long");
                        return this.end(err);
                    }
                }
                Some(Err(err)) => {
                    let err = errors::unavailable(&this.vendor, err);
                    return this.end(err);
                }
                None => {
                    this.is_over = true;
                    this.ready.extend(this.parser.finish());
                }
            }
        }
    }
}

/// Turns bytes into events, whatever the pieces; knows no I/O.
#[derive(Default)]
pub struct Parser {
    line: Vec<u8>,
    /// A `\n` right after a `\r` belongs to it.
    after_cr: bool,
    /// The first line may begin with a byte order mark.
    past_first_line: bool,
    event: Option<String>,
    data: Option<String>,
}

impl Parser {
    /// Takes bytes and adds the events that they complete.
    pub fn push(&mut self, bytes: &[u8], events: &mut impl Extend<Event>) {
        let mut rest = bytes;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.line.extend_from_slice(&rest[..at]);
            let is_cr = rest[at] == b'\r';
            rest = &rest[at + 1..];
            if is_cr {
                self.after_cr = rest.is_empty();
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            events.extend(self.end_line());
        }
        self.line.extend_from_slice(rest);
    }

    /// The event that only lacked its empty line; a line that broke off is dropped.
    pub fn finish(&mut self) -> Option<Event> {
        self.line.clear();
        self.dispatch()
    }

    /// How many bytes wait for the rest of their event.
    fn held(&self) -> usize {
        self.line.len() + self.data.as_ref().map_or(0, String::len)
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if !std::mem::replace(&mut self.past_first_line, true) {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch();
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = colon.map_or((line, &b""[..]), |at| (&line[..at], &line[at + 1..]));
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match field {
            b"data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(&value);
                }
                None => self.data = Some(value.into_owned()),
            },
            b"event" => self.event = Some(value.into_owned()),
            // Comments, which begin with the colon, and fields that nobody needs.
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<Event> {
        let event = self.event.take();
        let data = self.data.take()?;
        Some(Event { event, data })
    }
}

impl fmt::Debug for Event {
    /// Without the data: people's words are in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({:?}, {} bytes)", self.event, self.data.len())
    }
}

impl fmt::Debug for Parser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parser")
            .field("held", &self.held())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("vendor", &self.vendor)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use proptest::prelude::*;
    use rstest::rstest;
    use viva_domain::ports::ProviderErrorKind;

    use super::*;

    fn event(name: Option<&str>, data: &str) -> Event {
        Event {
            event: name.map(str::to_owned),
            data: data.to_owned(),
        }
    }

    fn parse(pieces: &[&[u8]]) -> Vec<Event> {
        let mut parser = Parser::default();
        let mut events = Vec::new();
        for piece in pieces {
            parser.push(piece, &mut events);
        }
        events.extend(parser.finish());
        events
    }

    #[rstest]
    #[case::one("data: a\n\n", &[event(None, "a")])]
    #[case::no_space("data:a\n\n", &[event(None, "a")])]
    #[case::one_space_only("data:  a\n\n", &[event(None, " a")])]
    #[case::windows("event: x\r\ndata: a\r\n\r\n", &[event(Some("x"), "a")])]
    #[case::old_mac("data: a\r\rdata: b\r\r", &[event(None, "a"), event(None, "b")])]
    #[case::lines("data: a\ndata\ndata: b\n\n", &[event(None, "a\n\nb")])]
    #[case::comments(": OPENROUTER PROCESSING\n\n: x\ndata: a\n\n", &[event(None, "a")])]
    #[case::fields("id: 1\nretry: 5\nwhat: ever\ndata: a\n\n", &[event(None, "a")])]
    #[case::byte_order_mark("\u{feff}data: a\n\n", &[event(None, "a")])]
    #[case::name_alone("event: x\n\ndata: a\n\n", &[event(None, "a")])]
    #[case::empty_data("data:\n\n", &[event(None, "")])]
    #[case::colons("data: {\"a\":1}\n\n", &[event(None, "{\"a\":1}")])]
    #[case::no_last_empty_line("data: a\n", &[event(None, "a")])]
    #[case::broken_off("data: a\n\ndata: b", &[event(None, "a")])]
    #[case::nothing("", &[])]
    fn a_stream_is_its_events(#[case] text: &str, #[case] events: &[Event]) {
        assert_eq!(parse(&[text.as_bytes()]), events);
    }

    #[test]
    fn letters_may_be_cut_between_pieces_and_bad_ones_replaced() {
        let text = "data: 好\n\n".as_bytes();
        assert_eq!(parse(&[&text[..7], &text[7..]]), [event(None, "好")]);
        assert_eq!(parse(&[b"data: \xff\n\n"]), [event(None, "\u{fffd}")]);
    }

    #[tokio::test]
    async fn events_end_after_an_error() {
        let bytes = stream::iter([
            Ok(Bytes::from_static(b"data: a\n\ndata: b")),
            Err(Source::from("reset")),
            Ok(Bytes::from_static(b"\n\n")),
        ]);
        let events: Vec<_> = Events::over("acme", bytes).collect().await;
        assert_eq!(events.len(), 2);
        assert_eq!(events[0], Ok(event(None, "a")));
        assert_eq!(
            events[1].as_ref().map_err(|err| &err.kind),
            Err(&ProviderErrorKind::Unavailable)
        );
    }

    #[tokio::test]
    async fn an_endless_event_is_an_error() {
        let bytes = stream::repeat_with(|| Ok(Bytes::from(vec![b'x'; 1 << 20])));
        let events: Vec<_> = Events::over("acme", bytes).collect().await;
        assert!(
            matches!(&events[..], [Err(err)] if matches!(err.kind, ProviderErrorKind::Failed(_))),
            "{events:?}"
        );
    }

    #[test]
    fn what_is_said_is_not_logged() {
        let event = event(Some("delta"), "secret");
        assert_eq!(format!("{event:?}"), "Event(Some(\"delta\"), 6 bytes)");
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            events in prop::collection::vec((prop::option::of("[a-z.]{1,8}"), "[^\r\u{0}]{0,20}"), 0..8),
            ending in prop::sample::select(vec!["\n", "\r\n", "\r"]),
            cuts in prop::collection::vec(0_usize..7, 0..100),
            with_mark: bool,
        ) {
            let mut text = String::from(if with_mark { "\u{feff}" } else { "" });
            for (name, data) in &events {
                let name = name.iter().map(|name| format!("event: {name}{ending}"));
                let lines = data.split('\n').map(|line| format!("data: {line}{ending}"));
                text.extend(name.chain([format!(": comment{ending}")]).chain(lines));
                text.push_str(ending);
            }
            let mut rest = text.as_bytes();
            let mut pieces = Vec::new();
            for cut in cuts {
                let (piece, tail) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = tail;
            }
            pieces.push(rest);
            let expected: Vec<Event> = events
                .iter()
                .map(|(name, data)| event(name.as_deref(), data))
                .collect();
            prop_assert_eq!(parse(&pieces), expected);
        }
    }
}
