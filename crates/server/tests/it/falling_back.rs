//! A vendor that refuses, is not there or hangs up, and the cascade of other vendors that the same session goes on with.

use std::time::{Duration, Instant};

use serde_json::Value;
use viva_audio::SampleRate;
use viva_fakes::vendors::RecordedLine;
use viva_fakes::vendors::deepgram::Spoken;
use viva_fakes::vendors::language_models::ChatScript;
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, OpenAiRealtimeServer, RealtimeAnswer};
use viva_fakes::vendors::speech::SpeechScript;
use viva_protocol::ws::Mode;

use crate::bench::{Folder, Server, call, clip};
use crate::own_cascade::OwnCascade;
use crate::vendors::KEY;

/// Louder than the silence of a recording.
const AUDIBLE: u16 = 200;
/// What resampling may do to where a sound begins and ends.
const TOLERANCE: Duration = Duration::from_millis(10);

/// The realtime provider, the three that take its place, and the server that they work for.
struct Scene {
    openai: OpenAiRealtimeServer,
    cascade: OwnCascade,
    folder: Folder,
    server: Server,
}

impl Scene {
    async fn new(script: OpenAiRealtimeScript) -> Self {
        let openai = OpenAiRealtimeServer::start(script).await.expect("it starts");
        let cascade = OwnCascade::start(SpeechScript::default()).await;
        let folder = Folder::new();
        let mut settings = cascade.settings(&folder);
        settings.extend([
            ("VIVA__PROVIDERS__OPENAI__BASE_URL", openai.base_url()),
            ("OPENAI_API_KEY", KEY.to_owned()),
        ]);
        let server = folder.serve_with(&settings).await;
        Self {
            openai,
            cascade,
            folder,
            server,
        }
    }

    /// Calls OpenAI as somebody who says what is in the recording; answers what was said in each turn.
    async fn call(&self, recording: &str, turns: usize) -> Vec<[String; 2]> {
        self.cascade.ears.hear(Spoken::of("How late is it?"));
        self.cascade.chat.script(ChatScript::answering("It is late."));
        let args = ["--provider", "openai", "--fallback", "auto"];
        let report = call(&self.folder, &self.server, recording, turns, &args).await;
        let [run] = report["runs"].as_array().expect("it lists them").as_slice() else {
            panic!("one call, got {report:#}")
        };
        let id = run["session_id"].as_str().expect("it has one");
        let id = id.parse().expect("it is a UUID");
        let session = self.server.client().session(id).await.expect("it is stored");
        assert_eq!(session.session.interaction.mode(), Mode::Cascade);
        assert_eq!(session.turns.len(), turns, "{report:#}");
        let said = |turn: &Value| {
            ["user_transcript", "ai_transcript"]
                .map(|side| turn[side].as_str().unwrap_or_default().to_owned())
        };
        run["turns"]
            .as_array()
            .expect("it lists them")
            .iter()
            .map(said)
            .collect()
    }

    /// Who took over heard all that was said in this part of the recording, and everybody was asked once.
    #[track_caller]
    fn assert_taken_over(&self, recording: &str, from: Duration) {
        let ears: [RecordedLine; 1] = self.cascade.ears.requests().try_into().expect("one connection");
        let [ears] = ears;
        let clip = clip(recording);
        let from = usize::try_from(clip.rate.samples_in(from)).expect("it is short");
        let said = audible(&clip.samples[from..], clip.rate);
        let heard = audible(&ears.audio, rate_of(&ears));
        assert!(
            said.abs_diff(heard) <= TOLERANCE,
            "{said:?} were said, {heard:?} were heard"
        );
        assert_eq!(self.cascade.chat.requests().len(), 1);
        let spoken = self.cascade.mouth.requests();
        let texts: Vec<&Value> = spoken.iter().map(|request| &request.body["text"]).collect();
        assert_eq!(texts, ["It is late."]);
    }
}

fn rate_of(line: &RecordedLine) -> SampleRate {
    let rate: u32 = line.parameters()["sample_rate"].parse().expect("a number");
    SampleRate::new(rate).expect("it is supported")
}

/// How long it takes from the first sound to the last.
fn audible(samples: &[i16], rate: SampleRate) -> Duration {
    let is_audible = |sample: &i16| sample.unsigned_abs() > AUDIBLE;
    let first = samples.iter().position(is_audible).expect("something is heard");
    let last = samples.iter().rposition(is_audible).unwrap_or(first);
    rate.duration_of((last - first) as u64)
}

fn said(user: &str, ai: &str) -> [String; 2] {
    [user, ai].map(str::to_owned)
}

fn script() -> OpenAiRealtimeScript {
    OpenAiRealtimeScript {
        api_key: Some(KEY.to_owned()),
        ..OpenAiRealtimeScript::default()
    }
}

async fn who_is_refused_is_answered() {
    let scene = Scene::new(OpenAiRealtimeScript {
        api_key: Some("sk-of-somebody-else".to_owned()),
        ..script()
    })
    .await;
    let turns = scene.call("question-en", 1).await;
    assert_eq!(turns, [said("How late is it?", "It is late.")]);
    assert_eq!((scene.openai.attempts(), scene.openai.requests().len()), (1, 0));
    scene.assert_taken_over("question-en", Duration::ZERO);
}

async fn who_waits_in_vain_is_answered() {
    let scene = Scene::new(OpenAiRealtimeScript {
        accepts_sessions: false,
        ..script()
    })
    .await;
    let opened = async {
        scene.openai.until(|lines| !lines.is_empty()).await;
        Instant::now()
    };
    let (turns, opened) = tokio::join!(scene.call("question-en", 1), opened);
    assert_eq!(turns, [said("How late is it?", "It is late.")]);
    let given_up: [RecordedLine; 1] = scene.openai.requests().try_into().expect("one connection");
    let closed = given_up[0].closed.expect("it is given up").at;
    // After five seconds in all; OpenAI's adapter alone would wait for ten.
    let waited = closed - opened;
    assert!((4..8).contains(&waited.as_secs()), "{waited:?}");
    scene.assert_taken_over("question-en", Duration::ZERO);
}

async fn who_speaks_when_the_vendor_hangs_up_is_answered() {
    let scene = Scene::new(script()).await;
    let answer = RealtimeAnswer::of("It is Monday.").heard("What day is it?");
    scene.openai.answer(answer);
    // The caller speaks again from 6,379 to 8,184 ms.
    let hang_up = async {
        let enough = SampleRate::HZ_24K.samples_in(Duration::from_millis(7_100));
        let is_enough = |lines: &[RecordedLine]| lines.iter().any(|line| line.audio.len() as u64 >= enough);
        scene.openai.until(is_enough).await;
        scene.openai.close(1_008, "policy violation");
    };
    let (turns, ()) = tokio::join!(scene.call("barge-in-en", 2), hang_up);
    let first = said("What day is it?", "It is Monday.");
    assert_eq!(turns, [first, said("How late is it?", "It is late.")]);
    assert_eq!(scene.openai.attempts(), 1);
    scene.assert_taken_over("barge-in-en", Duration::from_secs(5));
    let body = &scene.cascade.chat.requests()[0].body;
    let messages = body["messages"].as_array().expect("it lists them").iter();
    let told: Vec<&str> = messages
        .filter_map(|message| message["content"].as_str())
        .collect();
    assert!(
        told.ends_with(&["What day is it?", "It is Monday.", "How late is it?"]),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_cannot_go_on_is_replaced_by_others() {
    tokio::join!(
        who_is_refused_is_answered(),
        who_waits_in_vain_is_answered(),
        who_speaks_when_the_vendor_hangs_up_is_answered()
    );
}
