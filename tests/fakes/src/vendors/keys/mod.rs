//! The calls by which keys are checked: of every vendor the cheapest that needs one. [`KeyServer`] has nothing else; the
//! other servers have theirs too.

mod server;
mod strict;

use std::time::Duration;

use axum::http::{HeaderMap, Method};
use serde_json::{Value, json};

pub use server::KeyServer;
pub(super) use server::routes;

/// Whose call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyVendor {
    /// `GET /v1/models`, as compatible servers have it too.
    OpenAi,
    /// `GET /openai/v1/models`.
    AzureOpenAi,
    /// `GET /v1/models`, in another way.
    Anthropic,
    /// `GET /v1beta/models`.
    Gemini,
    /// `GET /v1/auth/token`.
    Deepgram,
    /// `GET /v1/user`.
    ElevenLabs,
    /// `GET /v3/token`.
    AssemblyAi,
    /// `GET /v2/jobs/`.
    Speechmatics,
    /// `GET /cognitiveservices/voices/list`.
    AzureSpeech,
    /// `GET /v1/voices`.
    GoogleSpeech,
    /// `GET /voices`.
    Cartesia,
    /// `GET /TTS/GetSpeaker`.
    VoAi,
}

/// A request that a server got.
#[derive(Debug, Clone)]
pub struct KeyRequest {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub target: String,
    /// Its headers.
    pub headers: HeaderMap,
}

/// What a server does with a request instead of looking at its key.
#[derive(Debug, Clone)]
#[must_use]
pub struct KeyAnswer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    /// In the vendor's form.
    Complaint {
        code: String,
        message: String,
    },
    Text(String),
    /// Not even headers.
    Never,
    /// Headers and nothing that follows them.
    Stuck,
    /// JSON that has no end.
    Endless,
}

impl KeyVendor {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::OpenAi,
        Self::AzureOpenAi,
        Self::Anthropic,
        Self::Gemini,
        Self::Deepgram,
        Self::ElevenLabs,
        Self::AssemblyAi,
        Self::Speechmatics,
        Self::AzureSpeech,
        Self::GoogleSpeech,
        Self::Cartesia,
        Self::VoAi,
    ];

    /// The path of the call.
    pub const fn path(self) -> &'static str {
        match self {
            Self::OpenAi | Self::Anthropic => "/v1/models",
            Self::AzureOpenAi => "/openai/v1/models",
            Self::Gemini => "/v1beta/models",
            Self::Deepgram => "/v1/auth/token",
            Self::ElevenLabs => "/v1/user",
            Self::AssemblyAi => "/v3/token",
            Self::Speechmatics => "/v2/jobs/",
            Self::AzureSpeech => "/cognitiveservices/voices/list",
            Self::GoogleSpeech => "/v1/voices",
            Self::Cartesia => "/voices",
            Self::VoAi => "/TTS/GetSpeaker",
        }
    }

    /// The path of its list of voices, where that is another one.
    const fn voices_path(self) -> Option<&'static str> {
        match self {
            Self::Deepgram => Some("/v1/models"),
            Self::ElevenLabs => Some("/v1/voices"),
            _ => None,
        }
    }

    /// Where the address ends that a client is configured with.
    const fn base(self) -> &'static str {
        match self {
            Self::OpenAi | Self::Anthropic | Self::ElevenLabs => "/v1",
            Self::AzureOpenAi
            | Self::Gemini
            | Self::Deepgram
            | Self::AssemblyAi
            | Self::Speechmatics
            | Self::AzureSpeech
            | Self::GoogleSpeech
            | Self::Cartesia
            | Self::VoAi => "",
        }
    }

    /// Voices, with fields that nobody knows, as a list that has a path of its own.
    fn voices(self) -> Value {
        match self {
            Self::Deepgram => json!({"stt": [{"canonical_name": "nova-3"}], "tts": [
                {"name": "anna", "canonical_name": "aura-2-anna-en", "architecture": "aura-2", "languages": ["en", "en-US"],
                    "metadata": {"accent": "American", "tags": ["feminine", "calm"]}},
                {"canonical_name": "flux-ben-en", "languages": null, "metadata": null, "mood": "thrown in"},
                {"name": "nobody"},
            ]}),
            _ => json!({"voices": [
                {"voice_id": "anna", "name": "Anna", "category": "premade", "labels": {"gender": "female", "age": "young"}},
                {"voice_id": "ben", "name": null, "labels": {}, "mood": "thrown in"},
                {"name": "nobody"},
            ]}),
        }
    }

    /// What a right key is answered, with fields that nobody knows.
    fn welcome(self, key: &str, query: &str) -> Value {
        match self {
            Self::OpenAi | Self::AzureOpenAi => json!({"object": "list", "mood": "thrown in", "data": [
                {"id": "scripted-model", "object": "model", "created": 1_790_000_000, "owned_by": "acme"},
            ]}),
            Self::Anthropic => json!({
                "data": [{"type": "model", "id": "scripted-model", "display_name": "Scripted"}],
                "has_more": true, "first_id": "scripted-model", "last_id": "scripted-model",
            }),
            Self::Gemini => json!({"models": [{"name": "models/scripted-model"}], "nextPageToken": "more"}),
            Self::Deepgram => json!({"mood": "thrown in", "key": key}),
            // It really repeats the key to whoever has it.
            Self::ElevenLabs => json!({"subscription": {"tier": "free"}, "xi_api_key": key}),
            Self::AssemblyAi => json!({"token": "temporary", "expires_in_seconds": 60, "mood": "thrown in"}),
            Self::Speechmatics => json!({"jobs": [], "mood": "thrown in"}),
            Self::AzureSpeech => json!([
                {"ShortName": "en-US-AvaMultilingualNeural", "DisplayName": "Ava Multilingual", "Gender": "Female",
                    "Locale": "en-US", "VoiceType": "Neural"},
                {"ShortName": "zh-TW-YunJheNeural", "Gender": "Male", "Locale": "zh-TW", "mood": "thrown in"},
                {"Locale": "en-US"},
            ]),
            Self::GoogleSpeech => json!({"voices": [
                {"name": "en-US-Chirp3-HD-Charon", "languageCodes": ["en-US"], "ssmlGender": "MALE",
                    "naturalSampleRateHertz": 24_000},
                {"name": "Achernar", "ssmlGender": "SSML_VOICE_GENDER_UNSPECIFIED", "mood": "thrown in"},
                {"languageCodes": ["en-US"]},
            ]}),
            // Of two pages; where one ends is said by its last voice.
            Self::Cartesia if query.contains("starting_after=anna") => json!({"data": [
                {"id": "ben", "name": "Ben", "language": "de", "gender": "gender_neutral"},
            ], "has_more": false}),
            Self::Cartesia => json!({"data": [
                {"id": "anna", "name": "Anna", "language": "en", "gender": "feminine", "mood": "thrown in"},
            ], "has_more": true}),
            Self::VoAi => json!({"mood": "thrown in", "data": {"models": [
                {"info": {"version": "Classic"}, "speakers": [{"name": "淑芬", "gender": "女聲"}]},
                {"info": {"version": "Neo"}, "speakers": [
                    {"name": "佑希", "gender": "男聲", "age": 22, "styles": ["預設", "聊天"]},
                    {"name": "雨榛", "gender": "女聲", "mood": "thrown in"},
                    {"name": "機器人"},
                    {"gender": "女聲"},
                ]},
                {"speakers": null},
            ]}}),
        }
    }

    fn complaint(self, status: u16, code: &str, message: &str) -> Value {
        match self {
            Self::OpenAi | Self::AzureOpenAi => json!({"error": {
                "message": message, "type": "invalid_request_error", "param": null, "code": code,
            }}),
            Self::Anthropic => json!({"type": "error", "error": {"type": code, "message": message}}),
            Self::Gemini | Self::GoogleSpeech => json!({"error": {
                "code": status, "message": message, "status": google_status(status), "details": [{"reason": code}],
            }}),
            Self::Deepgram => json!({"err_code": code, "err_msg": message, "request_id": "1"}),
            Self::ElevenLabs => json!({"detail": {"status": code, "message": message}}),
            Self::AssemblyAi => json!({"error": message}),
            Self::Speechmatics => json!({"code": status, "error": message, "detail": code}),
            Self::AzureSpeech => json!({"error": {"code": code, "message": message}}),
            Self::Cartesia => json!({
                "title": "Refused", "message": message, "error_code": code, "status_code": status, "request_id": "1",
            }),
            Self::VoAi => json!({"code": code, "message": message}),
        }
    }
}

/// Google's name of a status.
pub(super) const fn google_status(status: u16) -> &'static str {
    match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        _ => "UNAVAILABLE",
    }
}

impl KeyAnswer {
    /// A refusal in the vendor's form.
    pub fn refusing(status: u16, code: &str, message: &str) -> Self {
        Self::of(
            status,
            Body::Complaint {
                code: code.to_owned(),
                message: message.to_owned(),
            },
        )
    }

    /// What somebody answers who is not the vendor.
    pub fn foreign(status: u16, body: &str) -> Self {
        Self::of(status, Body::Text(body.to_owned()))
    }

    /// None at all.
    pub fn never() -> Self {
        Self::of(200, Body::Never)
    }

    /// One that begins, and does not go on.
    pub fn stuck() -> Self {
        Self::of(200, Body::Stuck)
    }

    /// One that begins as the vendor's and does not end.
    pub fn endless() -> Self {
        Self::of(200, Body::Endless)
    }

    /// The same with another header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same, asking for a pause.
    pub fn asking_again_after(self, wait: Duration) -> Self {
        self.with("retry-after", wait.as_secs().to_string())
    }

    fn of(status: u16, body: Body) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }
}
