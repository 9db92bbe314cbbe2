use serde_json::{Value, json};

use super::handshake::Parameters;
use super::wording::{Act, Wording, Wrong};
use crate::vendors::line::{Incoming, Line, RecordedLine, samples};
use crate::vendors::spoken::{Fault, Spoken};

pub(super) const PARAMETERS: Parameters = Parameters {
    known: &[
        "cid",
        "format",
        "initialSilenceTimeoutMs",
        "language",
        "profanity",
        "segmentationSilenceTimeoutMs",
        "segmentationStrategy",
        "stableIntermediateThreshold",
        "storeAudio",
    ],
    needed: &["language"],
    repeatable: &[],
    is_valid,
};

/// The length of a WAV file's header.
const WAV_HEADER: usize = 44;
/// The status that ends a turn; an utterance with a fault of this name is ended early.
const ENDED: &str = "EndOfDictation";
/// 100 ns each.
const TICKS_PER_SAMPLE: usize = 625;

/// Azure's Speech service, as its own libraries speak to it.
#[derive(Default)]
pub(super) struct AzureSpeech {
    is_configured: bool,
    turn: Option<Turn>,
    /// Ids of all turns.
    seen: Vec<String>,
    /// What is understood of the rest, where the turn was ended before the client did.
    rest: String,
}

struct Turn {
    id: String,
    has_header: bool,
    is_over: bool,
    heard: usize,
}

/// The headers of a message, and what follows them.
struct Message<'a> {
    headers: Vec<(String, String)>,
    body: &'a [u8],
}

impl AzureSpeech {
    fn id(&self) -> &str {
        self.turn.as_ref().map_or("", |turn| &turn.id)
    }

    fn message(&self, path: &str, body: &Value) -> String {
        // Names of headers are not compared by their case.
        format!(
            "x-requestid:{}\r\nPath: {path}\r\nContent-Type: application/json; charset=utf-8\r\nX-Mood: thrown in\r\n\r\n{body}",
            self.id()
        )
    }

    fn phrase(&self, status: &str, text: &str) -> String {
        let heard = self.turn.as_ref().map_or(0, |turn| turn.heard) * TICKS_PER_SAMPLE;
        // Some of its numbers are texts.
        let mut phrase = json!({"RecognitionStatus": status, "Offset": "0", "Duration": heard, "Channel": 0});
        if status == "Success" {
            phrase["DisplayText"] = json!(text);
        }
        self.message("speech.phrase", &phrase)
    }

    fn on_text(&mut self, message: &Message<'_>, line: &Line) -> Result<Vec<Act>, Wrong> {
        let path = message.header("path").to_ascii_lowercase();
        let id = message.id()?;
        let body: Value = serde_json::from_slice(message.body).map_err(|_| bad("the body is no JSON"))?;
        line.note(json!({"type": path, "id": id, "body": body}));
        match path.as_str() {
            "speech.config" if body["context"]["system"].is_object() => self.is_configured = true,
            "speech.context" if self.is_configured => {
                if self.turn.is_some() || self.seen.contains(&id) {
                    return Err(bad("a turn runs already, or had this id"));
                }
                self.seen.push(id.clone());
                self.turn = Some(Turn {
                    id,
                    has_header: false,
                    is_over: false,
                    heard: 0,
                });
            }
            "telemetry" => {}
            _ => return Err(bad("this message is not expected")),
        }
        Ok(Vec::new())
    }

    fn on_audio(&mut self, message: &Message<'_>, line: &Line) -> Result<Vec<Act>, Wrong> {
        let id = message.id()?;
        let is_late = self.seen.contains(&id) && self.id() != id;
        if is_late {
            return Ok(Vec::new());
        }
        let turn = self.turn.as_mut().filter(|turn| turn.id == id && !turn.is_over);
        let turn = turn.ok_or_else(|| bad("audio of no turn"))?;
        if !message.header("path").eq_ignore_ascii_case("audio") {
            return Err(bad("bytes are audio"));
        }
        if !std::mem::replace(&mut turn.has_header, true) {
            let is_wav = message.body.len() == WAV_HEADER && message.body.starts_with(b"RIFF");
            if !is_wav || message.header("content-type") != "audio/x-wav" {
                return Err(bad("audio begins with the header of a WAV file"));
            }
            line.note(json!({"type": "audio.begin", "id": id}));
            return Ok(vec![Act::Say(
                self.message("turn.start", &json!({"context": {"serviceTag": "t"}})),
            )]);
        }
        if message.body.is_empty() {
            turn.is_over = true;
            line.note(json!({"type": "audio.end", "id": id}));
            return Ok(vec![Act::Finalize]);
        }
        let samples = samples(message.body).ok_or_else(|| bad("half a sample"))?;
        turn.heard += samples.len();
        Ok(vec![Act::Hear(samples)])
    }
}

/// A hypothesis about the latest turn whose body breaks off, with words in it.
pub(super) fn malformed(line: Option<&RecordedLine>, words: &str) -> String {
    let ids = line.into_iter().flat_map(|line| &line.texts);
    let latest = ids.filter_map(|text| text["id"].as_str()).next_back();
    format!(
        "X-RequestId:{}\r\nPath:speech.hypothesis\r\n\r\n{{\"Text\":\"{words}\",",
        latest.unwrap_or_default()
    )
}

impl Wording for AzureSpeech {
    const ANSWERS_SILENCE: bool = true;

    fn welcome(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn read(&mut self, incoming: Incoming, line: &Line) -> Result<Vec<Act>, Wrong> {
        match incoming {
            Incoming::Text(_) => Err(bad("a message without headers")),
            Incoming::Plain(text) => {
                let (headers, body) = text.split_once("\r\n\r\n").ok_or_else(|| bad("no body"))?;
                let message = Message::of(headers, body.as_bytes());
                self.on_text(&message, line)
            }
            Incoming::Binary(bytes) => {
                let (length, rest) = bytes.split_first_chunk::<2>().ok_or_else(|| bad("no headers"))?;
                let (headers, body) = rest
                    .split_at_checked(usize::from(u16::from_be_bytes(*length)))
                    .ok_or_else(|| bad("headers that are cut"))?;
                let headers = str::from_utf8(headers).map_err(|_| bad("headers that are no text"))?;
                if !headers.ends_with("\r\n") || headers.ends_with("\r\n\r\n") {
                    return Err(bad("headers that do not end as they should"));
                }
                let message = Message::of(headers, body);
                self.on_audio(&message, line)
            }
        }
    }

    fn began(&mut self, spoken: &Spoken) -> Vec<String> {
        let foreign = "X-RequestId:0123456789abcdef0123456789abcdef\r\nPath:speech.hypothesis\r\n\r\n{\"Text\":\"nobody's\"}";
        let mut told = vec![
            self.message("speech.startDetected", &json!({"Offset": 100})),
            self.message("speech.daydream", &json!({"of": ["sheep"]})),
            foreign.to_owned(),
        ];
        for text in &spoken.interims {
            let hypothesis = json!({"Text": text, "Offset": 0, "Duration": 100});
            told.push(self.message("speech.hypothesis", &hypothesis));
        }
        for text in &spoken.segments {
            told.push(self.phrase("Success", text));
        }
        if let Some(Fault::Error(code, part)) = &spoken.fault
            && code == ENDED
        {
            // The vendor may end a turn at any time; the client goes on with another one.
            self.rest.clone_from(&spoken.text);
            told.extend(self.answer(part));
        }
        told
    }

    fn answer(&mut self, text: &str) -> Vec<String> {
        let status = if text.is_empty() { "NoMatch" } else { "Success" };
        let told = vec![
            // Of this one the body may be missing.
            format!("X-RequestId:{}\r\nPath:speech.endDetected\r\n\r\n", self.id()),
            self.phrase(status, text),
            self.phrase(ENDED, ""),
            self.message("turn.end", &json!({})),
        ];
        self.turn = None;
        told
    }

    fn complain(&mut self, wrong: &Wrong) -> (Vec<String>, Option<u16>) {
        // What it says by itself comes as the status of a phrase.
        if ["Error", "TooManyRequests", "BadRequest", "Forbidden"].contains(&wrong.code.as_str()) {
            let phrase = self.phrase(&wrong.code, "");
            return (vec![phrase], None);
        }
        if wrong.code == ENDED {
            let rest = std::mem::take(&mut self.rest);
            return (self.answer(&rest), None);
        }
        (Vec::new(), Some(1_007))
    }
}

impl<'a> Message<'a> {
    fn of(headers: &str, body: &'a [u8]) -> Self {
        let headers = headers.split("\r\n").filter_map(|line| line.split_once(':'));
        Self {
            headers: headers
                .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
                .collect(),
            body,
        }
    }

    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The id of its turn; every message has one, and says when it was sent.
    fn id(&self) -> Result<String, Wrong> {
        let id = self.header("x-requestid");
        let time = self.header("x-timestamp");
        let is_time = time.len() == 24 && time.ends_with('Z') && time.as_bytes().get(10) == Some(&b'T');
        if id.len() == 32 && id.chars().all(|c| c.is_ascii_hexdigit()) && is_time {
            return Ok(id.to_owned());
        }
        Err(bad("X-RequestId or X-Timestamp is wrong"))
    }
}

fn bad(message: &str) -> Wrong {
    Wrong::new("", message)
}

fn is_valid(name: &str, value: &str) -> bool {
    match name {
        // Language and place; others are refused.
        "language" => {
            let (language, place) = value.split_once('-').unwrap_or_default();
            language.chars().all(|c| c.is_ascii_lowercase()) && place.chars().any(|c| c.is_ascii_uppercase())
        }
        "format" => matches!(value, "simple" | "detailed"),
        "profanity" => matches!(value, "masked" | "removed" | "raw"),
        "initialSilenceTimeoutMs" | "segmentationSilenceTimeoutMs" => value.parse::<u32>().is_ok(),
        "segmentationStrategy" => matches!(value, "Default" | "Time" | "Semantic"),
        _ => !value.is_empty(),
    }
}
