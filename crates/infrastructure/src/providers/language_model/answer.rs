use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};
use tokio::time::timeout;
use tracing::debug;
use viva_domain::ports::{LanguageModelEvent, LanguageModelStream, ProviderError};
use viva_domain::turns::Usage;

use crate::providers::transport::sse::{Event, Events};

/// How long the end of a body is waited for after the last event, so that its connection serves the next request too.
const LAST_BYTES_LIMIT: Duration = Duration::from_millis(200);

/// Reads one vendor's events. Knows no I/O.
pub(in crate::providers) trait Decode: Send + 'static {
    /// Takes an event and says what it means.
    fn event(&mut self, event: &Event) -> Result<Said, ProviderError>;

    /// What the end of the body means when no event ended the answer: it is complete, or was cut off.
    fn end(&mut self) -> Result<Option<Usage>, ProviderError>;
}

/// What an event means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::providers) enum Said {
    /// Nothing to anybody else.
    Nothing,
    /// More text.
    Text(String),
    /// The answer is complete.
    Done(Option<Usage>),
}

/// An answer that is being read.
struct Reading<D> {
    events: Events,
    decode: D,
    vendor: String,
    progress: Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Writing,
    /// The last event was told; the body has not ended.
    Complete,
    Over,
}

/// The answer in a response's events; dropping it closes the connection, unless it was read to its end.
pub(in crate::providers) fn answer(vendor: &str, events: Events, decode: impl Decode) -> LanguageModelStream {
    let reading = Reading {
        events,
        decode,
        vendor: vendor.to_owned(),
        progress: Progress::Writing,
    };
    let events = stream::unfold(reading, |mut reading| async move {
        let event = reading.next().await?;
        Some((event, reading))
    });
    events.boxed()
}

impl<D: Decode> Reading<D> {
    async fn next(&mut self) -> Option<Result<LanguageModelEvent, ProviderError>> {
        while self.progress == Progress::Writing {
            let said = match self.events.next().await {
                Some(Ok(event)) => self.decode.event(&event),
                Some(Err(err)) => Err(err),
                None => self.decode.end().map(Said::Done),
            };
            match said {
                Ok(Said::Nothing) => {}
                Ok(Said::Text(text)) if text.is_empty() => {}
                Ok(Said::Text(text)) => return Some(Ok(LanguageModelEvent::Delta(text))),
                Ok(Said::Done(usage)) => {
                    self.progress = Progress::Complete;
                    self.take_what_is_there();
                    return Some(Ok(LanguageModelEvent::Done { usage }));
                }
                Err(err) => {
                    self.progress = Progress::Over;
                    return Some(Err(err));
                }
            }
        }
        if self.progress == Progress::Complete {
            self.progress = Progress::Over;
            let rest = async { while let Some(Ok(_)) = self.events.next().await {} };
            // A server that leaves the body open loses its connection.
            let _ = timeout(LAST_BYTES_LIMIT, rest).await;
        }
        None
    }

    /// The end of the body comes with the last event, mostly; whoever reads no further than that gets it here.
    fn take_what_is_there(&mut self) {
        while let Some(Some(Ok(_))) = self.events.next().now_or_never() {}
    }
}

impl<D> Drop for Reading<D> {
    fn drop(&mut self) {
        debug!(
            event = "llm.closed",
            provider.name = self.vendor,
            answer.complete = self.progress != Progress::Writing,
            "Closed an answer of {}",
            self.vendor
        );
    }
}

/// The events of pieces of a body, decoded; for the tests of decoders.
#[cfg(test)]
pub(in crate::providers) async fn decoded(
    decode: impl Decode,
    body: &str,
) -> (String, Result<Option<Usage>, ProviderError>) {
    let body = bytes::Bytes::from(body.to_owned());
    let events = Events::over("acme", stream::iter([Ok(body)]));
    let mut events: std::collections::VecDeque<_> = answer("acme", events, decode).collect().await;
    let end = match events.pop_back() {
        Some(Ok(LanguageModelEvent::Done { usage })) => Ok(usage),
        Some(Err(err)) => Err(err),
        other => panic!("it ended with {other:?}"),
    };
    let mut text = String::new();
    for event in events {
        match event {
            Ok(LanguageModelEvent::Delta(delta)) => text.push_str(&delta),
            other => panic!("unexpected {other:?}"),
        }
    }
    (text, end)
}
