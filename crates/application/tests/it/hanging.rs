//! Providers that hang: the turn fails and says who hung, nothing of it runs on, and the session goes on.

use std::time::Duration;

use rstest::rstest;
use tokio::time::{Instant, timeout};
use viva_application::sessions::{SessionInput, StartSession, StartSessionError, StartedSession};
use viva_domain::latency::SessionTime;
use viva_domain::ports::{RealtimeCommand, RealtimeEventKind};
use viva_domain::sessions::{FallbackPolicy, Interaction};
use viva_domain::turns::{Event, NoticeCode, Turn, TurnNumber};
use viva_fakes::{Answer, AnswerEnd, RecordedSpeech, Reply, Speech, SpeechEnd, Transcript};

use crate::bench::{Bench, Caller, Cascade, Detector, request, speech};

/// What the clocks may be off: timers of tokio are exact to the millisecond.
const EXACT: Duration = Duration::from_millis(2);
const UNWRITTEN: &str = "provider scripted: it failed: speech-to-text wrote nothing down within 10 s";
/// The first piece of it is spoken while the second one is made.
const TEXT: &str = "It is late already, I am afraid. You should go home.";

/// A session whose first turn hangs.
struct Scene {
    bench: Bench,
    cascade: Cascade,
    caller: Caller,
    started: StartedSession,
    began: Instant,
}

/// A turn that failed, as the client was told.
struct Failed {
    message: String,
    /// Since the session began.
    at: Duration,
    /// When it was told before that no audio comes.
    stalled: Option<Duration>,
}

impl Scene {
    async fn in_a_cascade() -> Self {
        let wanted = StartSession {
            interaction: Cascade::wanted(),
            ..request()
        };
        Self::begin(Detector::Session, wanted).await
    }

    async fn with_a_realtime_provider(detector: Detector) -> Self {
        Self::begin(detector, request()).await
    }

    async fn begin(detector: Detector, wanted: StartSession) -> Self {
        let cascade = Cascade::new(|ears| ears);
        let bench = Bench::with_cascade(detector, |voice| voice, &cascade);
        let began = Instant::now();
        let mut caller = bench.try_start(wanted).await.expect("the session starts");
        let started = caller.started().await;
        Self {
            bench,
            cascade,
            caller,
            started,
            began,
        }
    }

    /// The user's turn is over at the end of it, and not a frame sooner.
    async fn asks(&mut self) {
        self.caller.speak(&speech("question-en")[..24 * 4_450]).await;
    }

    /// Where the provider finds turns.
    async fn provider_hears_a_turn(&mut self, answer: Vec<RealtimeEventKind>) {
        let voice = &self.bench.voice;
        voice.say(RealtimeEventKind::SpeechStarted);
        self.caller
            .until(|event| matches!(event, Event::SpeechStarted { .. }))
            .await;
        voice.say(RealtimeEventKind::SpeechEnded);
        for event in answer {
            voice.say(event);
        }
    }

    async fn fails(&mut self) -> Failed {
        let mut stalled = None;
        loop {
            match self.caller.next_event().await.expect("the session goes on") {
                Event::Notice(NoticeCode::AnswerStalled) => {
                    assert_eq!(stalled.replace(self.began.elapsed()), None, "it is told once");
                }
                Event::Failure { failure, recoverable } => {
                    assert!(recoverable, "{failure:?}");
                    return Failed {
                        message: failure.message,
                        at: self.began.elapsed(),
                        stalled,
                    };
                }
                _ => {}
            }
        }
    }

    /// The next turn is answered, and heard to its end.
    async fn goes_on(&mut self) {
        self.asks().await;
        self.is_answered().await;
    }

    async fn is_answered(&mut self) {
        let number = TurnNumber::FIRST.next().expect("there are more");
        while self.caller.until_audio().await.turn != number {}
        self.caller.hears_all(number, 720).await;
    }

    /// Ends the session, of which nothing runs on; answers its two turns.
    async fn end(mut self) -> [Turn; 2] {
        self.caller.say(SessionInput::End).await;
        self.caller.rest().await;
        self.cascade.until_closed().await;
        self.bench.voice.until_closed().await;
        self.bench.tasks.close();
        self.bench.tasks.wait().await;
        let (_, turns) = self.bench.stored(&self.started).await;
        let turns: [Turn; 2] = turns.try_into().expect("two turns");
        assert_eq!((&turns[1].failure, turns[1].marks.stalled), (&None, None));
        assert!(!turns[1].answer.heard.is_empty() && turns[1].latency.total.is_some());
        turns
    }

    /// What was asked of the language model and of the voice for the first turn was dropped when it failed.
    async fn nothing_is_waited_for(&self) {
        let idle = |speeches: &[RecordedSpeech]| speeches.iter().all(|speech| speech.end.is_some());
        let dropped = async {
            self.cascade.model.until_idle().await;
            self.cascade.mouth.until(idle).await;
        };
        timeout(ms(100), dropped).await.expect("it is dropped at once");
    }
}

#[track_caller]
fn assert_near(at: Duration, expected: Duration) {
    assert!(at.abs_diff(expected) <= EXACT, "{at:?}, not {expected:?}");
}

/// So long after a mark that was made.
fn after(mark: Option<SessionTime>, time: Duration) -> Duration {
    mark.expect("it happened").elapsed() + time
}

#[track_caller]
fn assert_kept(turn: &Turn, failed: &Failed) {
    assert_eq!(turn.failure.as_ref(), Some(&failed.message));
    assert_eq!(
        turn.marks.stalled.is_some(),
        failed.stalled.is_some(),
        "what was told is kept"
    );
    if let Some((kept, told)) = turn.marks.stalled.zip(failed.stalled) {
        assert_near(told, kept.elapsed());
    }
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

const fn s(s: u64) -> Duration {
    Duration::from_secs(s)
}

#[tokio::test(start_paused = true)]
async fn a_language_model_that_writes_nothing() {
    let mut scene = Scene::in_a_cascade().await;
    scene.cascade.model.reply(Reply::new().hangs());
    scene.asks().await;
    let failed = scene.fails().await;
    assert_eq!(failed.message, "the language model wrote nothing within 30 s");
    assert_eq!(failed.stalled, None, "the AI did not speak yet");
    scene.nothing_is_waited_for().await;
    assert_eq!(scene.cascade.model.asked()[0].end, Some(AnswerEnd::Dropped));
    assert!(scene.cascade.mouth.recorded().is_empty());

    scene.goes_on().await;
    let [turn, _] = scene.end().await;
    assert_kept(&turn, &failed);
    assert_near(failed.at, after(turn.marks.stages.llm_requested, s(30)));
    assert_eq!(turn.user_transcript.as_deref(), Some("Hello."));
    assert_eq!((turn.answer.heard.as_str(), turn.played), ("", None));
}

#[tokio::test(start_paused = true)]
async fn a_language_model_that_is_asked_late_has_its_time_all_the_same() {
    let mut scene = Scene::in_a_cascade().await;
    scene
        .cascade
        .ears
        .hear(Transcript::new().wait(s(9)).text("Hello."));
    scene
        .cascade
        .model
        .reply(Reply::new().wait(s(25)).text("Hi.").done());
    scene.asks().await;
    let frame = scene.caller.until_audio().await;
    assert!(scene.began.elapsed() > s(4 + 30), "after the turn was over");
    scene.caller.hears_all(frame.turn, 180).await;
}

/// Too little to be spoken; or one piece that is, after which the voice has nothing more to say.
#[rstest]
#[case::before_anything_is_spoken("It", None)]
#[case::after_its_first_sentence("It is late already. You", Some(ms(500)))]
#[tokio::test(start_paused = true)]
async fn a_language_model_that_breaks_off(#[case] text: &str, #[case] played: Option<Duration>) {
    let mut scene = Scene::in_a_cascade().await;
    scene.cascade.model.reply(Reply::new().text(text).hangs());
    scene
        .cascade
        .mouth
        .when("It is late already.", Speech::of(ms(500)));
    scene.asks().await;
    let failed = scene.fails().await;
    assert_eq!(failed.message, "the language model did not go on within 10 s");
    scene.nothing_is_waited_for().await;
    assert_eq!(scene.cascade.model.asked()[0].end, Some(AnswerEnd::Dropped));

    scene.goes_on().await;
    let [turn, _] = scene.end().await;
    assert_kept(&turn, &failed);
    assert_eq!(turn.played, played);
    // From the last thing that was said, or from the end of what was played.
    let silent_since = turn.marks.first_audio_sent.or(turn.marks.stages.llm_first_token);
    let silent_since = after(silent_since, played.unwrap_or_default());
    assert_near(failed.stalled.expect("it is told"), silent_since + s(2));
    assert_near(failed.at, silent_since + s(10));
    let (heard, unheard) = (&turn.answer.heard, &turn.answer.unheard);
    assert_eq!(format!("{heard} {unheard}").trim(), text);
    assert_eq!(heard.is_empty(), played.is_none());
}

#[rstest]
#[case::that_takes_no_request(Speech::of(s(1)).accepted_after(Duration::from_hours(1)))]
#[case::that_sends_no_byte(Speech::of(s(1)).hangs_after(Duration::ZERO))]
#[tokio::test(start_paused = true)]
async fn a_voice(#[case] speech: Speech) {
    let mut scene = Scene::in_a_cascade().await;
    scene.cascade.model.reply(Reply::written(TEXT));
    scene.cascade.mouth.next(speech);
    scene.asks().await;
    let failed = scene.fails().await;
    assert_eq!(failed.message, "the voice sent no audio within 10 s");
    scene.nothing_is_waited_for().await;
    let (end, _) = scene.cascade.mouth.recorded()[0]
        .end
        .expect("nobody waits for it");
    assert_eq!(end, SpeechEnd::Dropped);

    scene.goes_on().await;
    let [turn, _] = scene.end().await;
    assert_kept(&turn, &failed);
    let asked = turn.marks.stages.tts_requested;
    assert_near(failed.stalled.expect("it is told"), after(asked, s(2)));
    assert_near(failed.at, after(asked, s(10)));
    assert_eq!((turn.answer.unheard.as_str(), turn.played), (TEXT, None));
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_has_much_left_to_say() {
    let mut scene = Scene::in_a_cascade().await;
    let text = "This is a whole sentence. ".repeat(300);
    scene.cascade.model.reply(Reply::written(&text));
    scene
        .cascade
        .mouth
        .next(Speech::of(s(1)).hangs_after(Duration::ZERO));
    scene.asks().await;
    let failed = scene.fails().await;
    assert_eq!(failed.message, "the voice sent no audio within 10 s");
    scene.nothing_is_waited_for().await;
    assert_eq!(scene.cascade.model.asked()[0].end, Some(AnswerEnd::Read));

    scene.goes_on().await;
    let [turn, _] = scene.end().await;
    assert_kept(&turn, &failed);
    assert_near(failed.at, after(turn.marks.stages.llm_done, s(10)));
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_breaks_off() {
    let mut scene = Scene::in_a_cascade().await;
    scene.cascade.model.reply(Reply::written(TEXT));
    scene.cascade.mouth.next(Speech::of(s(1)).hangs_after(ms(300)));
    scene.asks().await;
    let failed = scene.fails().await;
    assert_eq!(failed.message, "the voice did not go on within 10 s");
    scene.nothing_is_waited_for().await;
    let recorded = scene.cascade.mouth.recorded();
    let ends = recorded.iter().map(|speech| speech.end.map(|(end, _)| end));
    assert_eq!(
        ends.collect::<Vec<_>>(),
        [Some(SpeechEnd::Dropped); 2],
        "also the piece that was asked for ahead"
    );

    scene.goes_on().await;
    let [turn, _] = scene.end().await;
    assert_kept(&turn, &failed);
    let silent_since = after(turn.marks.first_audio_sent, ms(300));
    assert_near(failed.stalled.expect("it is told"), silent_since + s(2));
    assert_near(failed.at, silent_since + s(10));
    assert_eq!(turn.played, Some(ms(300)));
    let (heard, unheard) = (&turn.answer.heard, &turn.answer.unheard);
    assert_eq!(format!("{heard} {unheard}"), TEXT);
    assert!(!heard.is_empty() && turn.latency.total.is_some());
}

#[tokio::test(start_paused = true)]
async fn ears_that_answer_late() {
    let mut scene = Scene::in_a_cascade().await;
    scene
        .cascade
        .ears
        .hear(Transcript::new().wait(s(12)).text("Late."));
    scene.asks().await;
    let failed = scene.fails().await;
    assert_eq!(failed.message, UNWRITTEN);
    assert!(scene.cascade.model.asked().is_empty());
    let is_last = |event: &Event| matches!(event, Event::UserTranscript { is_final: true, .. });
    scene.caller.until(is_last).await;

    scene.goes_on().await;
    let [turn, next] = scene.end().await;
    assert_kept(&turn, &failed);
    assert_near(failed.at, after(turn.marks.committed, s(10)));
    assert_eq!(turn.user_transcript.as_deref(), Some("Late."));
    assert_eq!(next.user_transcript.as_deref(), Some("Hello."));
}

/// The answer to the next turn is not taken for the one that never came.
#[tokio::test(start_paused = true)]
async fn ears_that_never_answer() {
    let mut scene = Scene::in_a_cascade().await;
    scene.cascade.ears.hear(Transcript::new());
    scene.asks().await;
    let failed = scene.fails().await;
    assert_eq!(failed.message, UNWRITTEN);
    assert!(scene.cascade.model.asked().is_empty());

    scene.goes_on().await;
    let [turn, next] = scene.end().await;
    assert_kept(&turn, &failed);
    assert_near(failed.at, after(turn.marks.committed, s(10)));
    assert_eq!(turn.user_transcript, None);
    assert_eq!(next.user_transcript.as_deref(), Some("Hello."));
}

#[tokio::test(start_paused = true)]
async fn ears_that_do_not_connect() {
    let cascade = Cascade::new(|ears| ears.connecting_for(Duration::from_mins(1)));
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    let wanted = StartSession {
        interaction: Cascade::wanted(),
        fallback: FallbackPolicy::Off,
        ..request()
    };
    let began = Instant::now();
    let refused = bench.try_start(wanted).await;
    assert!(matches!(refused, Err(StartSessionError::Mode(_))));
    assert_eq!(began.elapsed(), s(5));
    cascade.until_closed().await;
}

/// What a realtime provider does of its first answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Nothing,
    Begin,
    SpeakFor300Ms,
}

impl Does {
    fn events(self) -> Vec<RealtimeEventKind> {
        let mut events = vec![
            RealtimeEventKind::ResponseStarted,
            RealtimeEventKind::TextDelta(TEXT.to_owned()),
            RealtimeEventKind::Audio(vec![500; 7_200]),
        ];
        events.truncate(match self {
            Self::Nothing => 0,
            Self::Begin => 1,
            Self::SpeakFor300Ms => 3,
        });
        events
    }
}

#[rstest]
#[case::that_does_not_answer(Does::Nothing, "the provider did not answer within 30 s", None)]
#[case::that_begins_without_a_word(Does::Begin, "the provider did not go on within 10 s", None)]
#[case::that_breaks_off(Does::SpeakFor300Ms, "the provider did not go on within 10 s", Some(ms(300)))]
#[tokio::test(start_paused = true)]
async fn a_realtime_provider(
    #[values(Detector::Session, Detector::Provider)] detector: Detector,
    #[case] does: Does,
    #[case] message: &str,
    #[case] played: Option<Duration>,
) {
    let mut scene = Scene::with_a_realtime_provider(detector).await;
    assert!(matches!(scene.started.interaction, Interaction::Realtime(_)));
    if detector == Detector::Session {
        scene
            .bench
            .voice
            .answer(does.events().into_iter().fold(Answer::new(), Answer::say));
        scene.asks().await;
    } else {
        scene.provider_hears_a_turn(does.events()).await;
    }
    let failed = scene.fails().await;
    assert_eq!(failed.message, message);
    let stopped = |command: &RealtimeCommand| matches!(command, RealtimeCommand::Interrupt { .. });
    let told = scene
        .bench
        .voice
        .until(|told| told.control().iter().any(stopped))
        .await;
    assert_eq!(told.open, 1, "the conversation goes on");

    if detector == Detector::Session {
        scene.goes_on().await;
    } else {
        let answer = [
            RealtimeEventKind::ResponseStarted,
            RealtimeEventKind::TextDelta("Yes.".to_owned()),
            RealtimeEventKind::Audio(vec![500; 17_280]),
            RealtimeEventKind::ResponseDone { usage: None },
        ];
        scene.provider_hears_a_turn(answer.into()).await;
        scene.is_answered().await;
    }
    let [turn, _] = scene.end().await;
    assert_kept(&turn, &failed);
    assert_eq!(turn.played, played);
    let limit = if does == Does::Nothing {
        after(turn.marks.committed, s(30))
    } else {
        let begun = turn.marks.first_audio_sent.or(turn.marks.committed);
        let silent_since = after(begun, played.unwrap_or_default());
        assert_near(failed.stalled.expect("it is told"), silent_since + s(2));
        silent_since + s(10)
    };
    assert_near(failed.at, limit);
}
