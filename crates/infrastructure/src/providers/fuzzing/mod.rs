//! What reads vendors' messages, for the fuzz targets in `tests/fuzz`: bytes go in, no socket and no clock is there, and it panics
//! where something does not hold that always should. A key never leaves in an error, for instance, and an order is answered once.
//!
//! To add a vendor: a function `fuzzed` in its folder that makes what reads its messages, and a line with its `wire.rs` in one of the
//! tables. A test in `tests/fuzz` misses those that have none.

mod answering;
mod hearing;
mod script;
mod speaking;

use std::error::Error;
use std::iter::successors;
use std::sync::LazyLock;
use std::time::Duration;

use secrecy::SecretString;
use viva_domain::ports::{ProviderError, SpeechPart};
use viva_domain::providers::ProviderVoice;

use self::answering::{answer, events_of};
use self::hearing::listen;
pub(super) use self::script::{Names, command, steps};
use self::speaking::speak;
use super::ears::Dialing;
use super::mouths::Words;
use super::transport::errors::Complaint;
use super::transport::{Account, HttpClient};
use super::{
    anthropic, assemblyai, azure_speech, cartesia, deepgram, elevenlabs, gemini, google_cloud, listing,
    openai, speechmatics, voai,
};

/// What reads the messages of a vendor.
pub struct Reader {
    /// The file that describes them, below `providers`.
    pub wire: &'static str,
    /// Reads what the vendor sends.
    pub read: fn(&[u8]),
}

const fn reader(wire: &'static str, read: fn(&[u8])) -> Reader {
    Reader { wire, read }
}

/// Listening over a socket. A line is what the vendor says, or after a `!` what the session does.
pub const EARS: &[Reader] = &[
    reader("assemblyai/wire.rs", |script| {
        listen(script, assemblyai::fuzzed(dialing()));
    }),
    reader("azure_speech/recognition/wire.rs", |script| {
        listen(script, azure_speech::fuzzed(dialing()));
    }),
    reader("deepgram/wire.rs", |script| {
        listen(script, deepgram::fuzzed_flux(dialing()));
    }),
    reader("deepgram/wire.rs", |script| {
        listen(script, deepgram::fuzzed_nova(dialing()));
    }),
    reader("elevenlabs/scribe/wire.rs", |script| {
        listen(script, elevenlabs::fuzzed_scribe(dialing()));
    }),
    reader("openai/transcription/wire.rs", |script| {
        listen(script, openai::fuzzed_transcription(&account(), &HTTP));
    }),
    reader("speechmatics/wire.rs", |script| {
        listen(script, speechmatics::fuzzed(dialing()));
    }),
];

/// Speaking over a socket. The first line is the text; others are what the vendor sends, bytes after a `!`.
pub const MOUTHS: &[Reader] = &[
    reader("cartesia/wire.rs", |script| {
        speak(script, |text| cartesia::fuzzed(account(), text));
    }),
    reader("deepgram/voice/wire.rs", |script| {
        speak(script, |text| deepgram::fuzzed_voice(account(), text));
    }),
    reader("elevenlabs/wire.rs", |script| {
        speak(script, |text| elevenlabs::fuzzed(account(), text));
    }),
];

/// Conversations. A line is what the vendor says, or after a `!` what the session does.
pub const VOICES: &[Reader] = &[
    reader("gemini/live/wire.rs", gemini::fuzzed_live),
    reader("openai/realtime/wire.rs", openai::realtime::fuzzed),
];

/// Answers as server-sent events.
pub const STREAMS: &[Reader] = &[
    reader("anthropic/messages/wire.rs", |body| {
        answer(body, anthropic::fuzzed(&account()));
    }),
    reader("gemini/chat/wire.rs", |body| {
        answer(body, gemini::fuzzed_chat(&account()));
    }),
    reader("gemini/voice/wire.rs", |body| {
        if let Err(err) = gemini::fuzzed_voice(account(), &events_of(body)) {
            keeps_the_key(&err);
        }
    }),
    reader("openai/chat/wire.rs", |body| {
        answer(body, openai::fuzzed_chat(&account()));
    }),
    reader("openai/transcription/wire.rs", |body| {
        hearing::keep_the_key(&openai::fuzzed_events(&account(), &events_of(body)));
    }),
];

/// Answers in one piece.
pub const BODIES: &[Reader] = &[
    reader("azure_speech/voice/wire.rs", |body| {
        can_be_chosen(azure_speech::fuzzed_list(body));
    }),
    reader("cartesia/wire.rs", |body| {
        can_be_chosen(cartesia::fuzzed_list(body));
    }),
    reader("deepgram/voice/wire.rs", |body| {
        can_be_chosen(deepgram::fuzzed_list(body));
    }),
    reader("elevenlabs/wire.rs", |body| {
        can_be_chosen(elevenlabs::fuzzed_list(body));
    }),
    reader("google_cloud/recognize/wire.rs", |body| {
        google_cloud::fuzzed_transcript(body);
    }),
    reader("google_cloud/voice/wire.rs", |body| {
        google_cloud::fuzzed_speech(body);
    }),
    reader("google_cloud/voice/wire.rs", |body| {
        can_be_chosen(google_cloud::fuzzed_list(body));
    }),
    reader("openai/transcription/wire.rs", |body| {
        if let Err(err) = openai::fuzzed_file(&account(), body) {
            keeps_the_key(&err);
        }
    }),
    reader("voai/wire.rs", |body| {
        can_be_chosen(voai::fuzzed_list(body));
    }),
];

/// A vendor's refusal with a status.
pub fn refusal(status: u16, body: &[u8]) {
    let status = reqwest::StatusCode::from_u16(status).ok();
    keeps_the_key(&Complaint::parse(body).into_error(&account(), status));
}

/// When which part of a text is spoken: characters where no time says when they end, else words.
///
/// # Panics
/// When what is spoken goes back, or beyond the text.
pub fn words(text: &str, words: &[(&str, f64, Option<f64>)]) {
    let (mut found, mut parts) = (Words::of(text), Vec::new());
    for (word, from, to) in words {
        if let Some(to) = to {
            found.add_seconds(word, *from, *to, &mut parts);
        } else {
            let at = Duration::try_from_secs_f64(*from).unwrap_or_default();
            found.add_character(word, at, at, &mut parts);
        }
    }
    found.end_word(&mut parts);
    go_on_through(text, &parts);
}

/// The key of the account, which no error may tell.
const KEY: &str = "sk-hidden-4711";

static HTTP: LazyLock<HttpClient> = LazyLock::new(|| HttpClient::new().expect("the system has certificates"));

pub(super) fn account() -> Account {
    Account {
        provider: "acme".to_owned(),
        base_url: "https://a.example/v1".parse().expect("it is an address"),
        api_key: Some(SecretString::from(KEY)),
        organization: None,
    }
}

fn dialing() -> Dialing {
    let account = account();
    let url = account.url("listen");
    Dialing::new(&account, &HTTP, url)
}

/// Whatever a vendor says, its error tells nobody the key.
pub(super) fn keeps_the_key(err: &ProviderError) {
    let causes = successors(Some(err as &(dyn Error + 'static)), |cause| (*cause).source());
    let told: String = causes.map(ToString::to_string).collect();
    let told = format!("{told} {:?}", err.kind);
    assert!(!told.contains(KEY), "the key is in {told:?}");
}

/// Every voice of a list has an id that a session can name, and a name that is neither nothing nor too long.
fn can_be_chosen(listed: Option<Vec<ProviderVoice>>) {
    let fits = |text: &str| (1..=listing::MAX_CHARS).contains(&text.chars().count());
    for voice in listed.into_iter().flatten() {
        let language = voice.language.as_deref();
        assert!(
            fits(&voice.id) && fits(&voice.name) && language.is_none_or(fits),
            "{voice:?} cannot be chosen"
        );
    }
}

/// Marks go on, and not beyond the text; audio is some.
fn go_on_through(text: &str, parts: &[SpeechPart]) {
    let most = text.chars().count();
    let mut last = (Duration::ZERO, 0);
    for part in parts {
        match part {
            SpeechPart::Audio(samples) => assert!(!samples.is_empty(), "audio is none"),
            SpeechPart::Mark(mark) => {
                assert!(
                    last.0 <= mark.at && last.1 <= mark.chars,
                    "{mark:?} goes back behind {last:?}"
                );
                assert!(mark.chars <= most, "{mark:?} is beyond {most}");
                last = (mark.at, mark.chars);
            }
        }
    }
}
