//! Whole conversations with every adapter of the catalogue that writes down or speaks, each beside one language model and
//! one adapter of the other kind: a table of how long each stage was told to take, and how long it took for `viva talk`.
//! The compiler asks here for a stand-in of each new adapter.

use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer};
use viva_fakes::vendors::ears::{EarsScript, EarsServer, EarsVendor, Spoken};
use viva_fakes::vendors::google_cloud::GoogleSpeechServer;
use viva_fakes::vendors::language_models::ChatScript;
use viva_fakes::vendors::openai_transcription::{
    OpenAiTranscriptionScript, OpenAiTranscriptionServer, SpokenText,
};
use viva_fakes::vendors::speech::{SpeechScript, SpeechServer, SpeechVendor};
use viva_infrastructure::catalogue::{
    Catalogue, CatalogueProvider, Role, SpeechToTextAdapter, TextToSpeechAdapter,
};

use crate::bench::{Folder, Server};
use crate::own_cascade::OwnCascade;
use crate::vendors::{KEY, LLM, STT, TTS, ms, talk};

/// How far a stage may be off.
const TOLERANCE_MS: f64 = 10.0;
/// A machine that is busy with other tests is late now and then: all stages must be right in one of so many calls.
const CALLS: usize = 12;
/// So much silence ends a turn where the vendor finds turns.
const SILENCE: Duration = Duration::from_millis(400);
const QUESTION: &str = "How late is it?";

/// A vendor's server, and how it is reached.
struct StandIn {
    provider: String,
    /// What distinguishes it from the provider's other ways.
    way: String,
    base_url: String,
    /// What `viva talk` is told besides.
    args: Vec<String>,
    /// Lines up what happens in the next call.
    line_up: Box<dyn Fn()>,
    stage: Stage,
}

/// A stage of an answer.
struct Stage {
    /// As the report calls it.
    name: &'static str,
    /// How long it was told to take.
    told: Duration,
}

/// What came of a stage.
struct Measured {
    row: String,
    stage: &'static str,
    told_ms: f64,
    reported_ms: f64,
    /// Which call it was.
    call: usize,
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "the table is shown with --nocapture")]
async fn every_adapter_of_the_catalogue_takes_as_long_as_is_reported() {
    let catalogue = Catalogue::load(None).expect("it is right");
    // The same in every row.
    let others = OwnCascade::start(SpeechScript {
        delay: TTS,
        ..SpeechScript::default()
    })
    .await;
    let mut ears = Vec::new();
    let mut voices = Vec::new();
    for provider in catalogue.providers() {
        if let Some(role) = &provider.stt {
            ears.extend(who_hears(provider, role.adapter).await);
        }
        if let Some(role) = &provider.tts {
            voices.extend(who_speaks(provider, role).await);
        }
    }
    let mut table = call_all(&others, "stt", &["--tts", "mouth"], &ears).await;
    table.extend(call_all(&others, "tts", &["--stt", "ears"], &voices).await);
    let is_right = table.iter().all(Measured::is_right);
    let table = shown(&table);
    eprintln!("{table}");
    assert!(is_right, "some are off by more than {TOLERANCE_MS} ms:\n{table}");
}

/// A server that has these providers besides the built-in ones, which are elsewhere.
async fn serve(others: &OwnCascade, folder: &Folder, stand_ins: &[StandIn]) -> Server {
    let own = stand_ins.iter().flat_map(|stand_in| {
        let id = stand_in.provider.to_uppercase().replace('-', "_");
        let setting = |name: &str, value: &str| (format!("VIVA__PROVIDERS__{id}__{name}"), value.to_owned());
        [setting("API_KEY", KEY), setting("BASE_URL", &stand_in.base_url)]
    });
    let own: Vec<(String, String)> = own.collect();
    let mut settings = others.settings(folder);
    let own = own.iter().map(|(name, value)| (name.as_str(), value.clone()));
    settings.extend(own);
    folder.serve_with(&settings).await
}

/// Calls each until all stages are right, a few times at most.
async fn call_all(
    others: &OwnCascade,
    role: &'static str,
    partner: &[&str],
    stand_ins: &[StandIn],
) -> Vec<Measured> {
    let folder = Folder::new();
    let server = serve(others, &folder, stand_ins).await;
    let mut table = Vec::new();
    for stand_in in stand_ins {
        let flag = format!("--{role}");
        let own = [flag.as_str(), stand_in.provider.as_str()];
        let mut args = vec!["--mode", "cascade", "--hang-up", "latency", "--llm", "chat"];
        args.extend(partner.iter().copied().chain(own));
        args.extend(stand_in.args.iter().map(String::as_str));
        for call in 1..=CALLS {
            line_up(others, role);
            (stand_in.line_up)();
            let latency = talk(&folder, &server, &args).await;
            let measured = stand_in.measured(role, &latency, call);
            let is_right = measured.iter().all(Measured::is_right);
            if is_right || call == CALLS {
                table.extend(measured);
                break;
            }
        }
    }
    table
}

/// Lines up what these do in a call in which another one has this role.
fn line_up(others: &OwnCascade, role: &str) {
    if role == "tts" {
        others.ears.hear(Spoken::of(QUESTION).after(STT));
    }
    others.chat.script(
        ChatScript::new()
            .wait(LLM)
            .text("It is late already, I am afraid.")
            .done(),
    );
}

impl Measured {
    fn off_ms(&self) -> f64 {
        self.reported_ms - self.told_ms
    }

    fn is_right(&self) -> bool {
        self.off_ms().abs() <= TOLERANCE_MS
    }
}

/// The table; what is not right has an exclamation mark.
fn shown(table: &[Measured]) -> String {
    let mut shown = "| adapter | stage | told, ms | measured, ms | off by, ms | call |\n".to_owned();
    shown.push_str("|---|---|---|---|---|---|\n");
    for one in table {
        let mark = if one.is_right() { "" } else { " !" };
        let row = writeln!(
            shown,
            "| {} | {} | {:.0} | {:.1} | {:+.1}{mark} | {} |",
            one.row,
            one.stage,
            one.told_ms,
            one.reported_ms,
            one.off_ms(),
            one.call
        );
        row.expect("writing to a string succeeds");
    }
    shown
}

/// A stand-in for each way in which the adapter asks its vendor.
async fn who_hears(provider: &CatalogueProvider, adapter: SpeechToTextAdapter) -> Vec<StandIn> {
    let id = &provider.id;
    match adapter {
        SpeechToTextAdapter::AssemblyAi => vec![ears(id, EarsVendor::AssemblyAi, Some(SILENCE)).await],
        SpeechToTextAdapter::AzureSpeech => vec![ears(id, EarsVendor::AzureSpeech, None).await],
        SpeechToTextAdapter::Deepgram => deepgram(id).await,
        SpeechToTextAdapter::ElevenLabs => vec![ears(id, EarsVendor::Scribe, None).await],
        SpeechToTextAdapter::GoogleCloud => {
            let server = Rc::new(GoogleSpeechServer::start(KEY).await.expect("it starts"));
            let base_url = server.base_url();
            let hear = move || server.hear(Spoken::of(QUESTION).after(STT));
            vec![writes_down(id, "", base_url, Box::new(hear))]
        }
        SpeechToTextAdapter::OpenAi => openai(id).await,
        SpeechToTextAdapter::Speechmatics => vec![ears(id, EarsVendor::Speechmatics, None).await],
    }
}

async fn ears(provider: &str, vendor: EarsVendor, turn_silence: Option<Duration>) -> StandIn {
    let script = EarsScript {
        api_key: KEY.to_owned(),
        turn_silence,
    };
    let server = EarsServer::start(vendor, script).await.expect("it starts");
    let base_url = server.base_url();
    let hear = move || server.hear(Spoken::of(QUESTION).after(STT));
    let stand_in = writes_down(provider, "", base_url, Box::new(hear));
    match turn_silence {
        Some(_) => stand_in.finding_turns(),
        None => stand_in,
    }
}

async fn deepgram(provider: &str) -> Vec<StandIn> {
    let script = DeepgramScript {
        api_key: KEY.to_owned(),
        turn_silence: Some(SILENCE),
        ..DeepgramScript::default()
    };
    let server = Rc::new(DeepgramServer::start(script).await.expect("it starts"));
    let ears = |model| {
        let hearing = Rc::clone(&server);
        let hear = move || hearing.hear(Spoken::of(QUESTION).after(STT));
        writes_down(provider, model, server.base_url(), Box::new(hear))
    };
    vec![ears("nova-3"), ears("flux-general-en").finding_turns()]
}

async fn openai(provider: &str) -> Vec<StandIn> {
    let script = OpenAiTranscriptionScript {
        api_key: Some(KEY.to_owned()),
        ..OpenAiTranscriptionScript::default()
    };
    let server = OpenAiTranscriptionServer::start(script).await.expect("it starts");
    let server = Rc::new(server);
    let ears = |model| {
        let hearing = Rc::clone(&server);
        let hear = move || hearing.hear(SpokenText::of(QUESTION).after(STT));
        writes_down(provider, model, server.base_url(), Box::new(hear))
    };
    vec![ears("gpt-live-transcribe"), ears("gpt-transcribe")]
}

/// Ears that write down what the session orders; without a model, those of the provider's default.
fn writes_down(provider: &str, model: &str, base_url: String, line_up: Box<dyn Fn()>) -> StandIn {
    let chosen = ["--stt-model", model];
    StandIn {
        provider: provider.to_owned(),
        way: model.to_owned(),
        base_url,
        args: chosen
            .iter()
            .filter(|_| !model.is_empty())
            .map(|&arg| arg.to_owned())
            .collect(),
        line_up,
        stage: Stage {
            name: "stt_ms",
            told: STT,
        },
    }
}

impl StandIn {
    fn measured(&self, role: &str, latency: &Value, call: usize) -> Vec<Measured> {
        let row = format!("{role} {} {}", self.provider, self.way);
        let measured = |name: &'static str, told: Duration| Measured {
            row: row.clone(),
            stage: name,
            told_ms: told.as_secs_f64() * 1_000.0,
            reported_ms: ms(latency, name),
            call,
        };
        let own = measured(self.stage.name, self.stage.told);
        let model = measured("llm_ttft_ms", LLM);
        let all = if role == "stt" {
            [own, model, measured("tts_ttfb_ms", TTS)]
        } else {
            [measured("stt_ms", STT), model, own]
        };
        for one in &all {
            assert!(
                one.off_ms() > -1.0,
                "{} of {row} is shorter than the truth: {latency}",
                one.stage
            );
        }
        all.into()
    }

    /// Ears that find the turns: all that they take is between the last sound and the end of the turn.
    fn finding_turns(self) -> Self {
        Self {
            way: format!("{} (finds turns)", self.way),
            stage: Stage {
                name: "endpointing_ms",
                told: SILENCE + STT,
            },
            ..self
        }
    }
}

/// A stand-in for each way in which the adapter asks its vendor.
async fn who_speaks(provider: &CatalogueProvider, role: &Role<TextToSpeechAdapter>) -> Vec<StandIn> {
    let (vendor, ways): (_, &[&[&str]]) = match role.adapter {
        TextToSpeechAdapter::AzureSpeech => (SpeechVendor::Azure, &[&[]]),
        TextToSpeechAdapter::Cartesia => (SpeechVendor::Cartesia, &[&[]]),
        TextToSpeechAdapter::Deepgram => (
            SpeechVendor::Deepgram,
            &[&["--voice", "aura-2-thalia-en"], &["--voice", "flux-alexis-en"]],
        ),
        TextToSpeechAdapter::ElevenLabs => (
            SpeechVendor::ElevenLabs,
            &[&["--option", "tts_over=socket"], &["--option", "tts_over=http"]],
        ),
        TextToSpeechAdapter::Gemini => (SpeechVendor::Gemini, &[&[]]),
        TextToSpeechAdapter::GoogleCloud => (SpeechVendor::Google, &[&[]]),
        TextToSpeechAdapter::OpenAi => (SpeechVendor::OpenAi, &[&[]]),
        TextToSpeechAdapter::VoAi => (SpeechVendor::VoAi, &[&[]]),
    };
    let script = SpeechScript {
        api_key: Some(KEY.to_owned()),
        models: role.models.iter().map(|model| model.id.clone()).collect(),
        voices: role.voices.iter().map(|voice| voice.id.clone()).collect(),
        delay: TTS,
        ..SpeechScript::default()
    };
    let server = Rc::new(SpeechServer::start(vendor, script).await.expect("it starts"));
    let stand_in = |chosen: &&[&str]| {
        // It runs as long as it may be asked.
        let kept = Rc::clone(&server);
        StandIn {
            provider: provider.id.clone(),
            way: chosen.last().copied().unwrap_or_default().to_owned(),
            base_url: server.base_url(),
            args: chosen.iter().map(|&arg| arg.to_owned()).collect(),
            line_up: Box::new(move || drop(Rc::clone(&kept))),
            stage: Stage {
                name: "tts_ttfb_ms",
                told: TTS,
            },
        }
    };
    ways.iter().map(stand_in).collect()
}
