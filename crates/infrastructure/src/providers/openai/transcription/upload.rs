//! One file and the answer about it.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Response, Url};
use serde_json::Value;
use viva_audio::Clip;
use viva_domain::ports::{ProviderError, SpeechToTextEventKind};

use super::config::Settings;
use super::wire::{FileEvent, Transcription};
use crate::providers::ears::{FILE_RATE, FileDesk, push_within};
use crate::providers::transport::errors::{self, Complaint};
use crate::providers::transport::sse::{Event, Events};
use crate::providers::transport::{Account, HttpClient, body, with_headers};

/// Where files are sent, and with what.
#[derive(Clone)]
pub(super) struct Desk {
    account: Account,
    http: HttpClient,
    authorization: Option<(HeaderName, HeaderValue)>,
    url: Url,
    settings: Settings,
}

/// A file under way. Dropping it closes its connection.
struct Upload {
    account: Account,
    state: State,
}

enum State {
    Asking(BoxFuture<'static, Result<Response, ProviderError>>),
    /// The answer comes in one piece.
    Reading(BoxFuture<'static, Result<Vec<u8>, ProviderError>>),
    /// It comes in pieces; these are put together already.
    Following(Events, String),
}

impl Desk {
    pub(super) fn new(
        account: Account,
        http: HttpClient,
        authorization: Option<HeaderValue>,
        settings: Settings,
    ) -> Self {
        let url = account.url("audio/transcriptions");
        Self {
            account,
            http,
            authorization: authorization.map(|value| (AUTHORIZATION, value)),
            url,
            settings,
        }
    }

    async fn ask(&self, wav: Bytes) -> Result<Response, ProviderError> {
        let make = |client: &reqwest::Client| {
            let request = client.post(self.url.clone()).multipart(self.form(wav.clone()));
            with_headers(request, self.authorization.as_slice())
        };
        self.http.send(&self.account, make).await
    }

    fn form(&self, wav: Bytes) -> Form {
        let Settings {
            model,
            language,
            prompt,
            keywords,
            streams,
            temperature,
            ..
        } = &self.settings;
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
        let file = Part::stream(wav).file_name("speech.wav").headers(headers);
        let mut form = Form::new()
            .text("model", model.clone())
            .text("response_format", "json")
            .part("file", file);
        let optional = [
            ("language", language.clone()),
            ("prompt", prompt.clone()),
            ("stream", streams.then(|| "true".to_owned())),
            (
                "temperature",
                temperature.map(|temperature| temperature.to_string()),
            ),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                form = form.text(name, value);
            }
        }
        keywords
            .iter()
            .fold(form, |form, word| form.text("keywords[]", word.clone()))
    }
}

impl FileDesk for Desk {
    fn provider(&self) -> &str {
        &self.account.provider
    }

    fn send(&self, samples: Vec<i16>) -> BoxStream<'static, SpeechToTextEventKind> {
        let rate = FILE_RATE;
        let wav = Bytes::from(Clip { rate, samples }.to_wav_bytes());
        let desk = self.clone();
        let upload = Upload {
            account: self.account.clone(),
            state: State::Asking(async move { desk.ask(wav).await }.boxed()),
        };
        stream::unfold(upload, |mut upload| async move {
            let kind = upload.next().await;
            Some((kind, upload))
        })
        .boxed()
    }
}

impl Upload {
    /// What comes next; a final text or its failure is the last. Dropping the future loses nothing.
    async fn next(&mut self) -> SpeechToTextEventKind {
        loop {
            match &mut self.state {
                State::Asking(response) => match response.await {
                    Ok(response) => self.state = State::of(&self.account.provider, response),
                    Err(err) => return failed(err),
                },
                State::Reading(body) => {
                    return match body
                        .await
                        .and_then(|body| transcript(&self.account.provider, &body))
                    {
                        Ok(text) => SpeechToTextEventKind::Final(text),
                        Err(err) => failed(err),
                    };
                }
                State::Following(events, text) => match events.next().await {
                    Some(Ok(event)) => {
                        if let Some(kind) = follow(&event, text, &self.account) {
                            return kind;
                        }
                    }
                    Some(Err(err)) => return failed(err),
                    None if text.is_empty() => {
                        return failed(errors::failed(&self.account.provider, "it sent no transcript"));
                    }
                    None => {
                        let provider = &self.account.provider;
                        return failed(errors::unavailable(provider, "the transcript broke off"));
                    }
                },
            }
        }
    }
}

impl State {
    fn of(provider: &str, response: Response) -> Self {
        let kind = response.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("text/event-stream") {
            return Self::Following(Events::of(provider, response), String::new());
        }
        Self::Reading(Box::pin(body(provider.to_owned(), response)))
    }
}

/// What an event says, if it is of interest.
fn follow(event: &Event, text: &mut String, account: &Account) -> Option<SpeechToTextEventKind> {
    // Some servers forget to say that it is complete in any other way.
    if event.data.trim() == "[DONE]" {
        return Some(SpeechToTextEventKind::Final(text.trim().to_owned()));
    }
    let json = serde_json::from_str::<Value>(&event.data).ok()?;
    if json.get("error").is_some_and(|error| !error.is_null()) {
        let err = Complaint::of(&json).into_error(account, None);
        return Some(failed(err));
    }
    // vLLM streams a transcript as if it were a chat.
    if let Some(delta) = json.pointer("/choices/0/delta/content").and_then(Value::as_str) {
        return more(text, delta);
    }
    match serde_json::from_value(json).ok()? {
        FileEvent::Delta { delta } => more(text, &delta),
        FileEvent::Done { text: whole } => {
            // Of speaches it is empty, whatever came before.
            let whole = whole.filter(|whole| !whole.trim().is_empty());
            let whole = whole.as_deref().unwrap_or(text);
            Some(SpeechToTextEventKind::Final(whole.trim().to_owned()))
        }
        FileEvent::Unknown => None,
    }
}

/// Puts a piece to what there is.
fn more(text: &mut String, delta: &str) -> Option<SpeechToTextEventKind> {
    push_within(text, delta);
    (!delta.is_empty()).then(|| SpeechToTextEventKind::Partial(text.trim().to_owned()))
}

fn transcript(provider: &str, body: &[u8]) -> Result<String, ProviderError> {
    let Transcription { text } =
        serde_json::from_slice(body).map_err(|err| errors::malformed(provider, &err))?;
    Ok(text.unwrap_or_default().trim().to_owned())
}

fn failed(err: ProviderError) -> SpeechToTextEventKind {
    SpeechToTextEventKind::FinalFailed(err.into())
}

/// The transcript in an answer that comes in one piece, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(account: &Account, body: &[u8]) -> Result<String, ProviderError> {
    transcript(&account.provider, body)
}

/// What is told of an answer that comes in pieces, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed_events(account: &Account, events: &[Event]) -> Vec<SpeechToTextEventKind> {
    let mut text = String::new();
    let told = events
        .iter()
        .filter_map(|event| follow(event, &mut text, account));
    told.collect()
}
