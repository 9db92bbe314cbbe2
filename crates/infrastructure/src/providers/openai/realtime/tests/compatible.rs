//! Servers of one's own, as a user sets them up: an address, a model, and no key. `LocalAI` speaks as GA does, speaches as the
//! beta did.

use rstest::rstest;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;
use viva_domain::ports::{Message, MessageRole, ProviderError, ProviderErrorKind, RealtimeEventKind};
use viva_domain::turns::Usage;
use viva_fakes::vendors::compatible::CompatibleVendor::{LocalAi, Speaches};
use viva_fakes::vendors::compatible::{
    CompatibleAnswer, CompatibleScript, CompatibleServer, CompatibleVendor,
};

use super::bench::{ORDERED, PROVIDER, Talk, config, connect, patiently};
use crate::providers::Defaults;
use crate::providers::openai::realtime::{OpenAiRealtimeVoice, RealtimeSettings};
use crate::providers::transport::{Account, HttpClient};

const MODEL: &str = "my-model";
/// What speaches says of an option that it has no way to change; the conversation goes on.
const NO_PREFIX: &str = "Specifying `session.turn_detection.prefix_padding_ms` is not supported. The server either does not \
                         support this field or it is not configurable.";

/// A server, and an adapter that knows where it is.
struct Place {
    server: CompatibleServer,
    voice: OpenAiRealtimeVoice,
    tasks: TaskTracker,
}

impl Place {
    async fn of(vendor: CompatibleVendor) -> Self {
        Self::with(vendor, None, None).await
    }

    async fn with(vendor: CompatibleVendor, wanted: Option<&str>, key: Option<&str>) -> Self {
        let script = CompatibleScript {
            api_key: wanted.map(str::to_owned),
            ..CompatibleScript::default()
        };
        let server = CompatibleServer::start(vendor, script).await.unwrap();
        let account = Account {
            provider: PROVIDER.to_owned(),
            base_url: server.base_url().parse().unwrap(),
            api_key: key.map(Into::into),
            organization: None,
        };
        let settings = RealtimeSettings {
            defaults: Defaults {
                model: Some(MODEL.to_owned()),
                voice: Some("af_heart".to_owned()),
            },
            transcription_model: Some(MODEL.to_owned()),
            ..RealtimeSettings::default()
        };
        let tasks = TaskTracker::new();
        let voice = OpenAiRealtimeVoice::new(account, HttpClient::new().unwrap(), settings, tasks.clone());
        Self { server, voice, tasks }
    }

    async fn talk(&self, options: &[(&str, &str)]) -> Talk {
        Talk::over(connect(&self.voice, &config(options), Vec::new()).await.unwrap())
    }

    /// Why there is no conversation.
    async fn refused(&self, options: &[(&str, &str)]) -> ProviderError {
        let err = connect(&self.voice, &config(options), Vec::new()).await.err();
        err.expect("there is a conversation")
    }

    /// Hangs up, and waits until nothing runs.
    async fn ends(&self, talk: Talk) {
        patiently(talk.hang_up()).await;
        self.tasks.close();
        patiently(self.tasks.wait()).await;
    }
}

fn ramp(ms: usize) -> Vec<i16> {
    (1..=1_000).cycle().take(ms * 24).collect()
}

fn noon() -> CompatibleAnswer {
    CompatibleAnswer::of("It is noon already.").heard("What time is it?")
}

#[rstest]
#[case::local_ai(LocalAi, Some(Usage { input_tokens: Some(10), output_tokens: Some(20) }))]
#[case::speaches(Speaches, None)]
#[tokio::test]
async fn a_turn_is_answered(#[case] vendor: CompatibleVendor, #[case] usage: Option<Usage>) {
    let place = Place::of(vendor).await;
    place.server.answer(noon());
    let mut talk = place.talk(&[]).await;
    talk.say_something().await;
    let kinds = [talk.next().await.unwrap().kind, talk.next().await.unwrap().kind];
    assert_eq!(
        kinds,
        [RealtimeEventKind::SpeechStarted, RealtimeEventKind::SpeechEnded]
    );
    let answer = talk.answer().await;
    assert_eq!(answer.text, "It is noon already.");
    assert_eq!(answer.samples, ramp(400), "cut within samples, and joined");
    assert_eq!(answer.transcript.as_deref(), Some("What time is it?"));
    assert_eq!(answer.end, Some(RealtimeEventKind::ResponseDone { usage }));
    talk.say_something().await;
    talk.until(|kind| *kind == RealtimeEventKind::SpeechEnded).await;
    assert!(talk.answer().await.is_done(), "and so is the next one");
    let line = place.server.lines().remove(0);
    assert_eq!(line.parameters()["model"], MODEL);
    place.ends(talk).await;
}

#[tokio::test]
async fn speaches_is_told_of_the_session_in_its_own_words() {
    let place = Place::of(Speaches).await;
    let talk = place
        .talk(&[("silence_ms", "300"), ("max_output_tokens", "200")])
        .await;
    let line = place.server.lines().remove(0);
    let expected = json!({"type": "session.update", "event_id": "session", "session": {
        "instructions": "Be brief.", "modalities": ["audio", "text"], "voice": "af_heart",
        "input_audio_transcription": {"model": MODEL, "language": "en"},
        "turn_detection": {
            "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 300,
            "create_response": true, "interrupt_response": false,
        },
        "max_response_output_tokens": 200,
    }});
    assert_eq!(line.texts, [expected]);
    assert_eq!(place.server.complaints(), [NO_PREFIX]);
    place.ends(talk).await;
}

#[rstest]
#[tokio::test]
async fn a_greeting_is_asked_for(#[values(LocalAi, Speaches)] vendor: CompatibleVendor) {
    let place = Place::of(vendor).await;
    place.server.answer(CompatibleAnswer::of("Good morning."));
    let mut talk = place.talk(&[]).await;
    talk.greet().await;
    let answer = talk.answer().await;
    assert!(answer.is_done());
    assert_eq!(answer.text, "Good morning.");
    assert!(
        place
            .server
            .complaints()
            .iter()
            .all(|complaint| complaint == NO_PREFIX)
    );
    place.ends(talk).await;
}

/// It generates far ahead of what is heard, cannot truncate, and passes on to its model what it has.
#[tokio::test]
async fn speaches_remembers_what_was_heard() {
    let place = Place::of(Speaches).await;
    place.server.answer(noon());
    place.server.answer(CompatibleAnswer::of("Yes?").heard("Stop."));
    let mut talk = place.talk(&[]).await;
    talk.say_something().await;
    talk.until(|kind| matches!(kind, RealtimeEventKind::ResponseDone { .. }))
        .await;
    talk.speak(3_000, 500).await;
    talk.until(|kind| *kind == RealtimeEventKind::SpeechStarted).await;
    talk.interrupt(60, 5).await;
    talk.speak(0, 500).await;
    talk.until(|kind| *kind == RealtimeEventKind::SpeechEnded).await;
    assert_eq!(talk.answer().await.text, "Yes?");
    let expected = ["user: What time is it?", "assistant: It is", "user: Stop."];
    assert_eq!(place.server.prompts().pop().unwrap(), expected);
    assert_eq!(
        place.server.complaints(),
        [NO_PREFIX],
        "nothing else was asked in vain"
    );
    place.ends(talk).await;
}

/// Of the first answer nothing more is said, not even that it is over.
#[tokio::test]
async fn an_answer_that_speaches_lets_go_of_is_over() {
    let place = Place::of(Speaches).await;
    place
        .server
        .answer(CompatibleAnswer::of("Once upon a time").stalls());
    place.server.answer(CompatibleAnswer::of("The end."));
    let mut talk = place.talk(&[]).await;
    talk.say_something().await;
    talk.until(|kind| matches!(kind, RealtimeEventKind::Audio(_)))
        .await;
    talk.say_something().await;
    talk.until(|kind| *kind == RealtimeEventKind::ResponseDone { usage: None })
        .await;
    let answer = talk.answer().await;
    assert!(answer.is_done());
    assert_eq!((answer.text.as_str(), answer.samples), ("The end.", ramp(400)));
    place.ends(talk).await;
}

#[tokio::test]
async fn local_ai_cuts_its_answer_by_itself() {
    let place = Place::of(LocalAi).await;
    place
        .server
        .answer(CompatibleAnswer::of("Once upon a time").stalls());
    place.server.answer(CompatibleAnswer::of("Yes?").heard("Stop."));
    let mut talk = place.talk(&[]).await;
    talk.say_something().await;
    talk.until(|kind| matches!(kind, RealtimeEventKind::Audio(_)))
        .await;
    talk.speak(3_000, 500).await;
    talk.until(|kind| *kind == RealtimeEventKind::SpeechStarted).await;
    talk.interrupt(60, 4).await;
    talk.speak(0, 500).await;
    talk.until(|kind| *kind == RealtimeEventKind::SpeechEnded).await;
    assert_eq!(talk.answer().await.text, "Yes?");
    place.ends(talk).await;
}

#[rstest]
#[tokio::test]
async fn a_conversation_goes_on_over_another_connection(
    #[values(LocalAi, Speaches)] vendor: CompatibleVendor,
) {
    let place = Place::of(vendor).await;
    let message = |role, text: &str| Message {
        role,
        text: text.to_owned(),
    };
    let history = vec![
        message(MessageRole::User, "Hi."),
        message(MessageRole::Assistant, "Hello."),
    ];
    let session = connect(&place.voice, &config(&[]), history).await.unwrap();
    let mut talk = Talk::over(session);
    // It was told what was said before, and lost that with its connection.
    patiently(place.server.until(|lines| lines[0].texts.len() == 3)).await;
    place.server.cut();
    patiently(place.server.until(|lines| lines.len() == 2)).await;
    place.server.answer(noon());
    talk.say_something().await;
    talk.until(|kind| *kind == RealtimeEventKind::SpeechEnded).await;
    assert!(talk.answer().await.is_done());
    let expected = ["user: Hi.", "assistant: Hello.", "user: What time is it?"];
    assert_eq!(place.server.prompts(), [expected]);
    assert!(
        place
            .server
            .complaints()
            .iter()
            .all(|complaint| complaint == NO_PREFIX)
    );
    place.ends(talk).await;
}

#[rstest]
#[case::local_ai(LocalAi, Some("sk-other"), ProviderErrorKind::CredentialInvalid)]
#[case::speaches(Speaches, Some("sk-other"), ProviderErrorKind::CredentialInvalid)]
#[case::speaches_without(Speaches, None, ProviderErrorKind::CredentialMissing)]
#[tokio::test]
async fn a_server_may_want_a_key_all_the_same(
    #[case] vendor: CompatibleVendor,
    #[case] key: Option<&str>,
    #[case] kind: ProviderErrorKind,
) {
    let place = Place::with(vendor, Some("sk-own"), key).await;
    assert_eq!(place.refused(&[]).await.kind, kind);
    let place = Place::with(vendor, Some("sk-own"), Some("sk-own")).await;
    let talk = place.talk(&[]).await;
    place.ends(talk).await;
}

/// It finds turns by silence, and cannot be told otherwise.
#[tokio::test]
async fn what_speaches_does_not_have_is_told() {
    let place = Place::of(Speaches).await;
    let semantic = place.refused(&[("turn_detection", "\"semantic_vad\"")]).await;
    let message = "this server speaks as the beta of the protocol did, which has no turn_detection \"semantic_vad\"; leave \
                   it out";
    assert_eq!(
        semantic.kind,
        ProviderErrorKind::InvalidConfig(message.to_owned())
    );
    let ordered = place.refused(&[ORDERED]).await;
    let ProviderErrorKind::Failed(message) = &ordered.kind else {
        panic!("{ordered:?}");
    };
    assert!(message.starts_with("1 validation error"), "{message}");
    assert!(message.ends_with("turn_detection"), "{message}");
}

/// A model has to be downloaded before.
#[tokio::test]
async fn a_turn_that_speaches_cannot_write_down_fails() {
    let place = Place::of(Speaches).await;
    let mut talk = place.talk(&[("transcription_model", "\"nosuch\"")]).await;
    talk.say_something().await;
    talk.until(|kind| *kind == RealtimeEventKind::SpeechEnded).await;
    let failure = talk.answer().await.failure().kind.clone();
    let ProviderErrorKind::Failed(message) = failure else {
        panic!("{failure:?}");
    };
    assert!(
        message.starts_with("Model 'nosuch' is not installed locally."),
        "{message}"
    );
    place.ends(talk).await;
}

/// What the server was sent in one conversation.
#[tokio::test]
async fn nothing_of_ga_is_said_to_speaches() {
    let place = Place::of(Speaches).await;
    place.server.answer(noon());
    let mut talk = place.talk(&[]).await;
    talk.greet().await;
    assert!(talk.answer().await.is_done());
    let line = place.server.lines().remove(0);
    let create = line
        .texts
        .iter()
        .find(|text| text["type"] == "response.create")
        .unwrap();
    assert_eq!(create["response"], Value::Null);
    place.ends(talk).await;
}
