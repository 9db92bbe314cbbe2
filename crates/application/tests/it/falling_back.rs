//! A realtime provider that fails, and the session that goes on with a cascade.

use std::time::Duration;

use rstest::rstest;
use tokio::time::sleep;
use viva_application::sessions::{SessionInput, StartSession, StartedSession};
use viva_domain::ports::{Message, MessageRole, ProviderErrorKind, RealtimeEventKind, SpeechToTextCommand};
use viva_domain::sessions::{FallbackPolicy, Interaction};
use viva_domain::turns::{Event, TurnNumber};
use viva_fakes::{Answer, Transcript};

use crate::bench::{Bench, Caller, Cascade, Detector, PROVIDER, failure, request, speech};

/// A session whose provider is about to fail.
pub(crate) struct Scene {
    pub(crate) bench: Bench,
    pub(crate) cascade: Cascade,
    pub(crate) caller: Caller,
    pub(crate) started: StartedSession,
}

impl Scene {
    pub(crate) async fn new(detector: Detector, policy: FallbackPolicy) -> Self {
        Self::on(detector, policy, Cascade::new(|ears| ears)).await
    }

    pub(crate) async fn on(detector: Detector, policy: FallbackPolicy, cascade: Cascade) -> Self {
        let bench = Bench::with_cascade(detector, |voice| voice, &cascade);
        let mut caller = bench.try_start(with(policy)).await.expect("the session starts");
        let started = caller.started().await;
        Self {
            bench,
            cascade,
            caller,
            started,
        }
    }

    /// The provider says that it cannot go on.
    pub(crate) fn fail(&self) {
        let failed = RealtimeEventKind::Failed(failure(ProviderErrorKind::Unavailable));
        self.bench.voice.say(failed);
    }

    pub(crate) async fn accept(&mut self) {
        self.accept_because("it cannot be reached").await;
    }

    pub(crate) async fn accept_because(&mut self, reason: &str) {
        let offer = self.caller.until_offered().await;
        assert_eq!(offer.reason, format!("provider scripted: {reason}"), "{offer:?}");
        assert_resolved(&offer.interaction);
        let wish = SessionInput::SwitchMode(Box::new(offer.interaction.clone()));
        self.caller.say(wish).await;
        assert_eq!(self.caller.until_switched().await, offer.interaction);
    }

    /// Ends the session and answers what the first turn's recording holds.
    pub(crate) async fn recording(&mut self) -> Vec<i16> {
        self.caller.say(SessionInput::End).await;
        self.caller.rest().await;
        let (session, turns) = self.bench.stored(&self.started).await;
        assert_resolved(&session.interaction);
        assert_eq!(session.id, self.started.id);
        self.bench.user_recording(&turns[0]).await
    }

    /// What the model was asked last.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let asked = self.cascade.model.asked();
        asked.last().expect("it was asked").request.messages.clone()
    }
}

pub(crate) fn with(fallback: FallbackPolicy) -> StartSession {
    StartSession {
        fallback,
        ..request()
    }
}

#[track_caller]
pub(crate) fn assert_resolved(interaction: &Interaction) {
    let Interaction::Cascade(config) = interaction else {
        panic!("a cascade, got {interaction:?}")
    };
    for part in [&config.stt, &config.llm, &config.tts] {
        assert_eq!(
            (part.provider.as_str(), part.model.as_deref()),
            (PROVIDER, Some(PROVIDER))
        );
    }
}

pub(crate) fn message(role: MessageRole, text: &str) -> Message {
    Message {
        role,
        text: text.to_owned(),
    }
}

/// Samples of so many ms.
pub(crate) fn samples(ms: usize) -> usize {
    ms * 24
}

/// Where in what the ears heard the user began to speak, and how often they were told so and to write it down.
fn orders(cascade: &Cascade) -> (usize, [usize; 2]) {
    let (mut heard, mut began, mut counts) = (0, 0, [0, 0]);
    for command in cascade.ears.recorded().commands {
        match command {
            SpeechToTextCommand::Audio(samples) => heard += samples.len(),
            SpeechToTextCommand::SpeechBegan { ago } => {
                let ago = usize::try_from(ago.as_micros() * 24 / 1_000).expect("a test is short");
                began = heard - ago;
                counts[0] += 1;
            }
            SpeechToTextCommand::Finalize { .. } => counts[1] += 1,
        }
    }
    (began, counts)
}

/// The ears heard all that is recorded of the turn, to the sample, then what was said later; and knew where it began.
#[track_caller]
pub(crate) fn assert_replayed(cascade: &Cascade, recording: &[i16]) {
    let heard = cascade.ears.recorded().audio();
    assert!(recording.len() > samples(3_379), "{}", recording.len());
    assert!(
        heard[..recording.len()] == *recording,
        "the turn is heard from the recording's beginning"
    );
    let question = speech("question-en");
    let at = question
        .windows(recording.len().min(question.len()))
        .position(|window| window == &recording[..window.len()]);
    let (began, counts) = orders(cascade);
    let began = at.expect("nothing twice, and nothing is missing") + began;
    assert!(began.abs_diff(samples(500)) <= samples(60), "{began}");
    assert_eq!(counts, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_between_turns_loses_nothing_of_the_next_one() {
    for detector in [Detector::Session, Detector::Provider] {
        let mut scene = Scene::new(detector, FallbackPolicy::Ask).await;
        let question = speech("question-en");
        scene.caller.speak(&question[..samples(300)]).await;
        scene.fail();
        scene.caller.speak(&question[samples(300)..samples(2_500)]).await;
        scene.accept().await;
        scene.caller.speak(&question[samples(2_500)..]).await;
        scene.caller.until_audio().await;
        let recording = scene.recording().await;
        assert_replayed(&scene.cascade, &recording);
    }
}

#[tokio::test(start_paused = true)]
async fn what_begins_while_the_modes_change_is_heard_from_its_beginning() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Auto).await;
    let question = speech("question-en");
    // The user speaks, and nobody is sure yet.
    scene.caller.speak(&question[..samples(580)]).await;
    scene.fail();
    scene.caller.until_switched().await;
    scene.caller.speak(&question[samples(580)..]).await;
    scene.caller.until_audio().await;
    let (began, _) = orders(&scene.cascade);
    assert!(began.abs_diff(samples(500)) <= samples(60), "{began}");
    let heard = scene.cascade.ears.recorded().audio();
    assert!(heard[..] == question[..heard.len()]);
}

#[rstest]
#[case(Detector::Session, FallbackPolicy::Ask)]
#[case(Detector::Provider, FallbackPolicy::Ask)]
#[case(Detector::Session, FallbackPolicy::Auto)]
#[case(Detector::Provider, FallbackPolicy::Auto)]
#[tokio::test(start_paused = true)]
async fn who_was_speaking_when_the_provider_failed_is_answered_all_the_same(
    #[case] detector: Detector,
    #[case] policy: FallbackPolicy,
) {
    let mut scene = Scene::new(detector, policy).await;
    let question = speech("question-en");
    scene.caller.speak(&question[..samples(1_000)]).await;
    if detector == Detector::Provider {
        scene.bench.voice.say(RealtimeEventKind::SpeechStarted);
    }
    scene
        .caller
        .speak(&question[samples(1_000)..samples(2_000)])
        .await;
    scene.fail();
    match policy {
        FallbackPolicy::Ask => {
            scene
                .caller
                .speak(&question[samples(2_000)..samples(2_600)])
                .await;
            scene.accept().await;
            scene.caller.speak(&question[samples(2_600)..]).await;
        }
        _ => scene.caller.speak(&question[samples(2_000)..]).await,
    }
    let answer = scene.caller.until_audio().await;
    assert_eq!(answer.turn, TurnNumber::FIRST, "it is the same turn");
    assert_eq!(scene.messages(), [message(MessageRole::User, "Hello.")]);
    let recording = scene.recording().await;
    assert_replayed(&scene.cascade, &recording);
}

#[rstest]
#[case(Detector::Session)]
#[case(Detector::Provider)]
#[tokio::test(start_paused = true)]
async fn who_waited_for_the_answer_gets_it(#[case] detector: Detector) {
    let mut scene = Scene::new(detector, FallbackPolicy::Ask).await;
    scene.bench.voice.answer(Answer::new());
    let question = speech("question-en");
    if detector == Detector::Provider {
        scene.caller.speak(&question[..samples(1_000)]).await;
        scene.bench.voice.say(RealtimeEventKind::SpeechStarted);
        scene
            .caller
            .speak(&question[samples(1_000)..samples(4_500)])
            .await;
        scene.bench.voice.say(RealtimeEventKind::SpeechEnded);
    } else {
        scene.caller.speak(&question[..samples(4_500)]).await;
    }
    scene
        .caller
        .until(|event| matches!(event, Event::SpeechEnded { .. }))
        .await;
    scene.fail();
    sleep(Duration::from_mins(2)).await;
    scene.accept().await;
    scene.caller.until_audio().await;
    assert_eq!(scene.messages(), [message(MessageRole::User, "Hello.")]);
    let recording = scene.recording().await;
    assert_replayed(&scene.cascade, &recording);
    let (_, turns) = scene.bench.stored(&scene.started).await;
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].failure, None);
}

#[rstest]
#[case(FallbackPolicy::Ask)]
#[case(FallbackPolicy::Auto)]
#[tokio::test(start_paused = true)]
async fn what_was_said_before_is_known_afterwards(#[case] policy: FallbackPolicy) {
    let mut scene = Scene::new(Detector::Session, policy).await;
    let broken = Answer::new()
        .transcript("How are you?")
        .started()
        .text("Fine, thanks.")
        .audio(samples(1_000))
        .breaks_off(ProviderErrorKind::Unavailable);
    scene.bench.voice.answer(broken);
    // The turn is over after 4.4 s.
    scene.caller.speak(&speech("question-en")[..samples(4_420)]).await;
    let turn = scene.caller.until_audio().await.turn;
    if policy == FallbackPolicy::Ask {
        scene.accept().await;
    } else {
        scene.caller.until_switched().await;
    }
    // What was sent before is still heard.
    scene.caller.hears_all(turn, 1_000).await;
    scene.cascade.ears.hear(Transcript::of("And now?"));
    scene.caller.speak(&speech("question-en")).await;
    scene.caller.until_audio().await;
    let (user, ai) = (MessageRole::User, MessageRole::Assistant);
    assert_eq!(
        scene.messages(),
        [
            message(user, "How are you?"),
            message(ai, "Fine, thanks."),
            message(user, "And now?")
        ]
    );
    scene.recording().await;
    let (_, turns) = scene.bench.stored(&scene.started).await;
    assert_eq!(turns.len(), 2);
    let broke_off = turns[0].failure.as_deref();
    assert_eq!(broke_off, Some("provider scripted: it cannot be reached"));
}

#[rstest]
#[case(Detector::Session, FallbackPolicy::Ask)]
#[case(Detector::Provider, FallbackPolicy::Ask)]
#[case(Detector::Session, FallbackPolicy::Auto)]
#[case(Detector::Provider, FallbackPolicy::Auto)]
#[tokio::test(start_paused = true)]
async fn who_heard_nothing_of_an_answer_that_had_begun_gets_another(
    #[case] detector: Detector,
    #[case] policy: FallbackPolicy,
) {
    let mut scene = Scene::new(detector, policy).await;
    let began = Answer::new().transcript("How are you?").started().text("Fi");
    scene.bench.voice.answer(began);
    let question = speech("question-en");
    if detector == Detector::Provider {
        scene.caller.speak(&question[..samples(1_000)]).await;
        scene.bench.voice.say(RealtimeEventKind::SpeechStarted);
        scene
            .caller
            .speak(&question[samples(1_000)..samples(4_500)])
            .await;
        scene.bench.voice.say(RealtimeEventKind::SpeechEnded);
        scene.bench.voice.say(RealtimeEventKind::ResponseStarted);
        scene.bench.voice.say(RealtimeEventKind::TextDelta("Fi".into()));
    } else {
        scene.caller.speak(&question[..samples(4_500)]).await;
    }
    scene
        .caller
        .until(|event| matches!(event, Event::TextDelta { .. }))
        .await;
    scene.caller.speak(&vec![0; samples(300)]).await;
    scene.fail();
    let ended = scene
        .caller
        .until(|event| matches!(event, Event::ResponseEnded { .. }))
        .await;
    assert!(
        matches!(
            ended,
            Event::ResponseEnded {
                turn: TurnNumber::FIRST,
                interruption: None,
                ..
            }
        ),
        "{ended:?}"
    );
    match policy {
        FallbackPolicy::Ask => scene.accept().await,
        _ => assert_resolved(&scene.caller.until_switched().await),
    }
    let answer = scene.caller.until_audio().await;
    assert_eq!(answer.turn, TurnNumber::FIRST, "it is the same turn");
    assert_eq!(scene.messages(), [message(MessageRole::User, "Hello.")]);
    let recording = scene.recording().await;
    assert_replayed(&scene.cascade, &recording);
    let (_, turns) = scene.bench.stored(&scene.started).await;
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].failure, None);
    assert_eq!(turns[0].user_transcript.as_deref(), Some("Hello."));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_nobody_asked_for_says_why() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Auto).await;
    scene.fail();
    let why = scene.caller.until_switched_because().await;
    assert_eq!(why.as_deref(), Some("provider scripted: it cannot be reached"));
    let wish = SessionInput::SwitchMode(Box::new(Interaction::Realtime(
        viva_domain::sessions::ProviderConfig::of(PROVIDER),
    )));
    scene.caller.say(wish).await;
    assert_eq!(
        scene.caller.until_switched_because().await,
        None,
        "it was asked for"
    );
}

/// How often this stretch of the question's speech is in a recording.
fn occurrences(recording: &[i16], question: &[i16]) -> usize {
    let voiced = &question[samples(600)..samples(3_800)];
    recording
        .windows(voiced.len())
        .filter(|window| *window == voiced)
        .count()
}

#[tokio::test(start_paused = true)]
async fn while_an_offer_stands_only_what_the_user_says_is_recorded() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Ask).await;
    let question = speech("question-en");
    scene.fail();
    sleep(Duration::from_millis(20)).await;
    for _ in 0..2 {
        scene.caller.speak(&question).await;
        scene.caller.speak(&vec![0; samples(120_000)]).await;
    }
    scene.accept().await;
    scene.caller.until_audio().await;
    assert_eq!(scene.messages(), [message(MessageRole::User, "Hello.")]);
    let heard = scene.cascade.ears.recorded().audio();
    let recording = scene.recording().await;
    assert!(heard[..recording.len()] == recording[..]);
    assert_eq!(occurrences(&recording, &question), 2);
    // From 300 ms before the speech to a second after it, twice, and what is heard when the mode comes.
    let expected = samples(2 * (300 + 3_379 + 1_000));
    assert!(
        (expected..expected + samples(3_000)).contains(&recording.len()),
        "{}",
        recording.len()
    );
}

#[tokio::test(start_paused = true)]
async fn of_a_long_turn_the_next_mode_hears_the_last_two_minutes() {
    let mut scene = Scene::new(Detector::Session, FallbackPolicy::Ask).await;
    let question = speech("question-en");
    scene.fail();
    let offer = scene.caller.until_offered().await;
    for _ in 0..30 {
        scene.caller.speak(&question).await;
        scene
            .caller
            .until(|event| matches!(event, Event::SpeechEnded { .. }))
            .await;
    }
    let wish = SessionInput::SwitchMode(Box::new(offer.interaction));
    scene.caller.say(wish).await;
    scene.caller.until_switched().await;
    scene.caller.until_audio().await;
    let heard = scene.cascade.ears.recorded().audio();
    let recording = scene.recording().await;
    assert!(recording.len() > samples(130_000), "{}", recording.len());
    assert_eq!(occurrences(&recording, &question), 30);
    let last = &recording[recording.len() - samples(120_000)..];
    assert!(heard[..last.len()] == *last);
    assert!(heard.len() < samples(121_000), "{}", heard.len());
}
