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
use crate::vendors::{CALLS, CALLS_AT_LEAST, KEY, LLM, MEDIAN_MS, STT, TTS, UNEXPLAINED, ms, talk};

/// How far a stage may be off in the best call, which is one in which all stages are right. A machine that is busy with other
/// tests is late now and then.
const TOLERANCE_MS: f64 = 10.0;
/// What nothing was to take: the parts between the stages, and what no part explains.
const BETWEEN: [&str; 3] = ["llm_text_ms", "overhead_ms", UNEXPLAINED];
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
    /// How often its vendor was asked in this way.
    asked: Box<dyn Fn() -> usize>,
    stages: Vec<Stage>,
}

/// A stage of an answer.
#[derive(Clone, Copy)]
struct Stage {
    /// As the report calls it.
    name: &'static str,
    /// How long it was told to take.
    told: Duration,
}

/// How far the stages were off, in ms, call by call.
struct Row {
    name: String,
    stages: Vec<Stage>,
    calls: Vec<Vec<f64>>,
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
    let is_right = table.iter().all(Row::is_right);
    let rows = table.len();
    let table = shown(&table);
    eprintln!("{table}");
    assert!(
        is_right,
        "some are off by more than {TOLERANCE_MS} ms, or {MEDIAN_MS} ms in most calls:\n{table}"
    );
    let adapters = catalogue
        .providers()
        .iter()
        .flat_map(|provider| [provider.stt.is_some(), provider.tts.is_some()]);
    let adapters = adapters.filter(|has| *has).count();
    assert!(
        rows >= adapters && adapters > 0,
        "{rows} rows of {adapters} adapters"
    );
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

/// Calls each a few times, and on until the row is right, not much longer.
async fn call_all(
    others: &OwnCascade,
    role: &'static str,
    partner: &[&str],
    stand_ins: &[StandIn],
) -> Vec<Row> {
    let folder = Folder::new();
    let server = serve(others, &folder, stand_ins).await;
    let mut table = Vec::new();
    for stand_in in stand_ins {
        let flag = format!("--{role}");
        let own = [flag.as_str(), stand_in.provider.as_str()];
        let mut args = vec!["--mode", "cascade", "--hang-up", "latency", "--llm", "chat"];
        args.extend(partner.iter().copied().chain(own));
        args.extend(stand_in.args.iter().map(String::as_str));
        let mut row = stand_in.row(role);
        while row.calls.len() < CALLS_AT_LEAST || !row.is_right() && row.calls.len() < CALLS {
            line_up(others, role);
            (stand_in.line_up)();
            let before = (stand_in.asked)();
            let latency = talk(&folder, &server, &args).await;
            assert!((stand_in.asked)() > before, "{} was not asked", row.name);
            row.note(&latency);
        }
        table.push(row);
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

impl Row {
    fn note(&mut self, latency: &Value) {
        let off = self.stages.iter().map(|stage| {
            // Parts that are not there took nothing; a stage that was to take something has to be there.
            let reported = match stage.told {
                Duration::ZERO => latency[stage.name].as_f64().unwrap_or_default(),
                _ => ms(latency, stage.name),
            };
            let off = reported - stage.told.as_secs_f64() * 1_000.0;
            let (stage, name) = (stage.name, &self.name);
            assert!(
                off > -1.0 || stage == UNEXPLAINED,
                "{stage} of {name} is shorter than the truth: {latency}"
            );
            off
        });
        let off = off.collect();
        self.calls.push(off);
    }

    /// What was off in the call in which the least was.
    fn best(&self) -> &[f64] {
        let most = |off: &[f64]| off.iter().copied().map(f64::abs).fold(0.0, f64::max);
        let best = self
            .calls
            .iter()
            .min_by(|one, other| most(one).total_cmp(&most(other)));
        best.expect("there was a call")
    }

    fn median(&self, stage: usize) -> f64 {
        let mut off: Vec<f64> = self.calls.iter().map(|off| off[stage]).collect();
        off.sort_by(f64::total_cmp);
        off[off.len() / 2]
    }

    fn is_right(&self) -> bool {
        let is_exact = self.best().iter().all(|off| off.abs() <= TOLERANCE_MS);
        is_exact && (0..self.stages.len()).all(|stage| self.median(stage).abs() <= MEDIAN_MS)
    }
}

/// The table; what is not right has an exclamation mark.
fn shown(table: &[Row]) -> String {
    let mut shown =
        "| adapter | stage | told, ms | measured, ms | off by, ms | median | calls |\n".to_owned();
    shown.push_str("|---|---|---:|---:|---:|---:|---:|\n");
    for row in table {
        for (i, (stage, off)) in row.stages.iter().zip(row.best()).enumerate() {
            let (told, median) = (stage.told.as_secs_f64() * 1_000.0, row.median(i));
            let is_right = off.abs() <= TOLERANCE_MS && median.abs() <= MEDIAN_MS;
            let mark = if is_right { "" } else { " !" };
            let line = writeln!(
                shown,
                "| {} | {} | {told:.0} | {:.1} | {off:+.1}{mark} | {median:+.1} | {} |",
                row.name,
                stage.name,
                told + off,
                row.calls.len()
            );
            line.expect("writing to a string succeeds");
        }
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
            let (base_url, asked) = (server.base_url(), Rc::clone(&server));
            let hear = move || server.hear(Spoken::of(QUESTION).after(STT));
            vec![writes_down(id, "", base_url, hear, move || asked.uploads().len())]
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
    let server = Rc::new(EarsServer::start(vendor, script).await.expect("it starts"));
    let (base_url, asked) = (server.base_url(), Rc::clone(&server));
    let hear = move || server.hear(Spoken::of(QUESTION).after(STT));
    let stand_in = writes_down(provider, "", base_url, hear, move || asked.requests().len());
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
    let ears = |model, path: &'static str| {
        let (hearing, asked) = (Rc::clone(&server), Rc::clone(&server));
        let hear = move || hearing.hear(Spoken::of(QUESTION).after(STT));
        let asked = move || asked.requests().iter().filter(|line| line.path == path).count();
        writes_down(provider, model, server.base_url(), hear, asked)
    };
    vec![
        ears("nova-3", "/v1/listen"),
        ears("flux-general-en", "/v2/listen").finding_turns(),
    ]
}

async fn openai(provider: &str) -> Vec<StandIn> {
    let script = OpenAiTranscriptionScript {
        api_key: Some(KEY.to_owned()),
        ..OpenAiTranscriptionScript::default()
    };
    let server = OpenAiTranscriptionServer::start(script).await.expect("it starts");
    let server = Rc::new(server);
    let sessions: fn(&OpenAiTranscriptionServer) -> usize = |server| server.requests().len();
    let files: fn(&OpenAiTranscriptionServer) -> usize = |server| server.uploads().len();
    let ears = |(model, count): (_, fn(&OpenAiTranscriptionServer) -> usize)| {
        let (hearing, asked) = (Rc::clone(&server), Rc::clone(&server));
        let hear = move || hearing.hear(SpokenText::of(QUESTION).after(STT));
        writes_down(provider, model, server.base_url(), hear, move || count(&asked))
    };
    [("gpt-live-transcribe", sessions), ("gpt-transcribe", files)]
        .map(ears)
        .into()
}

/// Ears that write down what the session orders; without a model, those of the provider's default.
fn writes_down(
    provider: &str,
    model: &str,
    base_url: String,
    line_up: impl Fn() + 'static,
    asked: impl Fn() -> usize + 'static,
) -> StandIn {
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
        line_up: Box::new(line_up),
        asked: Box::new(asked),
        stages: vec![Stage {
            name: "stt_ms",
            told: STT,
        }],
    }
}

impl StandIn {
    /// Of no call yet.
    fn row(&self, role: &str) -> Row {
        let stage = |name, told| Stage { name, told };
        let partner = match role {
            "stt" => stage("tts_ttfb_ms", TTS),
            _ => stage("stt_ms", STT),
        };
        let mut stages = self.stages.clone();
        stages.extend([stage("llm_ttft_ms", LLM), partner]);
        stages.extend(BETWEEN.map(|name| stage(name, Duration::ZERO)));
        Row {
            name: format!("{role} {} {}", self.provider, self.way),
            stages,
            calls: Vec::new(),
        }
    }

    /// Ears that find the turns: all that they take is between the last sound and the end of the turn.
    fn finding_turns(self) -> Self {
        Self {
            way: format!("{} (finds turns)", self.way),
            stages: vec![
                Stage {
                    name: "endpointing_ms",
                    told: SILENCE + STT,
                },
                // What was said is written down by then.
                Stage {
                    name: "stt_ms",
                    told: Duration::ZERO,
                },
            ],
            ..self
        }
    }
}

/// A stand-in for each way in which the adapter asks its vendor.
async fn who_speaks(provider: &CatalogueProvider, role: &Role<TextToSpeechAdapter>) -> Vec<StandIn> {
    // What is chosen besides, and what that way's addresses have in them.
    let (vendor, ways): (_, &[(&[&str], &str)]) = match role.adapter {
        TextToSpeechAdapter::AzureSpeech => (SpeechVendor::Azure, &[(&[], "/")]),
        TextToSpeechAdapter::Cartesia => (SpeechVendor::Cartesia, &[(&[], "/")]),
        TextToSpeechAdapter::Deepgram => (
            SpeechVendor::Deepgram,
            &[
                (&["--voice", "aura-2-thalia-en"], "/v1/speak"),
                (&["--voice", "flux-alexis-en"], "/v2/speak"),
            ],
        ),
        TextToSpeechAdapter::ElevenLabs => (
            SpeechVendor::ElevenLabs,
            &[
                (&["--option", "tts_over=socket"], "/multi-stream-input"),
                (&["--option", "tts_over=http"], "/stream"),
            ],
        ),
        TextToSpeechAdapter::Gemini => (SpeechVendor::Gemini, &[(&[], "/")]),
        TextToSpeechAdapter::GoogleCloud => (SpeechVendor::Google, &[(&[], "/")]),
        TextToSpeechAdapter::OpenAi => (SpeechVendor::OpenAi, &[(&[], "/")]),
        TextToSpeechAdapter::VoAi => (SpeechVendor::VoAi, &[(&[], "/")]),
    };
    let script = SpeechScript {
        api_key: Some(KEY.to_owned()),
        models: role.models.iter().map(|model| model.id.clone()).collect(),
        voices: role.voices.iter().map(|voice| voice.id.clone()).collect(),
        delay: TTS,
        ..SpeechScript::default()
    };
    let server = Rc::new(SpeechServer::start(vendor, script).await.expect("it starts"));
    let stand_in = |&(chosen, path): &(&[&str], &'static str)| {
        // It runs as long as it may be asked.
        let asked = Rc::clone(&server);
        StandIn {
            provider: provider.id.clone(),
            way: chosen.last().copied().unwrap_or_default().to_owned(),
            base_url: server.base_url(),
            args: chosen.iter().map(|&arg| arg.to_owned()).collect(),
            line_up: Box::new(|| ()),
            asked: Box::new(move || {
                let requests = asked.requests();
                requests
                    .iter()
                    .filter(|request| request.target.contains(path))
                    .count()
            }),
            stages: vec![Stage {
                name: "tts_ttfb_ms",
                told: TTS,
            }],
        }
    };
    ways.iter().map(stand_in).collect()
}
