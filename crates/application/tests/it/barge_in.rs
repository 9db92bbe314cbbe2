//! Who is heard while the AI speaks: the user, and not the AI itself.

use std::ops::Range;
use std::time::Duration;

use viva_application::sessions::{SessionInput, StartSession, StartedSession};
use viva_domain::ports::{MessageRole, RealtimeCommand, RealtimeEventKind, SpeechToTextCommand};
use viva_domain::turns::{Event, InterruptReason, PlaybackEvent, TurnNumber};
use viva_fakes::{Answer, Command, Reply};

use crate::bench::{Bench, Caller, Cascade, Detector, RATE, request, speech};

/// How much later the microphone hears what is played.
const ECHO_DELAY_MS: usize = 80;
/// How much quieter it is then: 25 dB.
const ECHO_GAIN: f64 = 0.056;
/// The words that interrupt, in [`both`]: the first sample and the last that are not 0.
const WORDS: Range<usize> = 153_102..196_417;
/// Where the question before them is over.
const QUESTION_MS: usize = 4_450;
/// So much of what came before speech is heard with it.
const RUN_UP_MS: usize = 300;
/// How far the first voiced sample may be off.
const TOLERANCE_MS: usize = 60;
/// What the AI says who is spoken over.
const LONG_ANSWER: &str =
    "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen.";

fn samples(ms: usize) -> usize {
    ms * RATE as usize / 1_000
}

/// What the AI says: seven seconds of real speech, as loud as the user's.
fn answer() -> Vec<i16> {
    let mut answer = speech("question-zh");
    answer.truncate(samples(3_700));
    answer.repeat(2)
}

/// What the microphone hears of it.
fn echo(played: &[i16]) -> Vec<i16> {
    #[expect(clippy::cast_possible_truncation, reason = "it is quieter than a sample")]
    let quieter = |sample: &i16| (f64::from(*sample) * ECHO_GAIN).round() as i16;
    let late = std::iter::repeat_n(0, samples(ECHO_DELAY_MS));
    late.chain(played.iter().map(quieter)).collect()
}

/// The words that interrupt, alone.
fn interruption() -> Vec<i16> {
    speech("barge-in-en")[samples(6_379)..samples(8_184)].to_vec()
}

/// A question, and the words that interrupt the answer to it; silence after both, enough to end the turn.
fn both() -> Vec<i16> {
    let mut both = speech("barge-in-en");
    both.truncate(samples(8_800));
    both
}

/// Asks, and speaks over the answer. Answers what is stored of the words that interrupted, when they are answered.
async fn speaks_over(bench: &Bench, mut caller: Caller) -> Vec<i16> {
    let started = caller.started().await;
    let said = both();
    caller.speak(&said[..samples(QUESTION_MS)]).await;
    caller.until_audio().await;
    caller.played(TurnNumber::FIRST, PlaybackEvent::Started, 0).await;
    caller.speak(&said[samples(QUESTION_MS)..]).await;
    caller
        .until(|event| matches!(event, Event::Interrupted { .. }))
        .await;
    let answer = caller.until_audio().await;
    assert_eq!(answer.turn.get(), 2);
    second_recording(bench, caller, &started).await
}

async fn second_recording(bench: &Bench, mut caller: Caller, started: &StartedSession) -> Vec<i16> {
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (_, turns) = bench.stored(started).await;
    bench.user_recording(&turns[1]).await
}

/// A recording is what was said, sample by sample: all of the words, with the moment before them.
fn has_all_words(recorded: &[i16]) {
    let said = both();
    let began = said.windows(recorded.len()).position(|said| said == recorded);
    let began = began.expect("what was said, and nothing else");
    let expected = WORDS.start - samples(RUN_UP_MS);
    assert!(
        began.abs_diff(expected) <= samples(TOLERANCE_MS),
        "it begins at {began}, and not at {expected}"
    );
    assert!(began + recorded.len() >= WORDS.end, "it ends too soon");
}

/// A provider heard all that was said, nothing of it twice, and knows where the words begin that interrupt: it keeps the
/// moment before them.
fn was_told_of_all_words<C: Command>(commands: &[C], ago: impl Fn(&C) -> Option<Duration>) {
    let mut heard = Vec::new();
    let mut began = None;
    for command in commands {
        heard.extend_from_slice(command.samples().unwrap_or_default());
        if let Some(ago) = ago(command) {
            let ms = usize::try_from(ago.as_millis()).expect("a test is short");
            began = Some(heard.len() - samples(ms));
        }
    }
    assert!(heard.len() >= WORDS.end, "it ends too soon");
    assert!(heard == both()[..heard.len()], "it is not what was said");
    let began = began.expect("it is told that somebody speaks");
    assert!(
        began.abs_diff(WORDS.start) <= samples(TOLERANCE_MS),
        "it is told {began}, and not {}",
        WORDS.start
    );
}

/// Asks a question and waits until the answer is heard.
async fn asks(bench: &Bench, request: StartSession) -> Caller {
    bench.voice.answer(
        Answer::new()
            .started()
            .text("One two three four five six seven eight nine ten.")
            .say(RealtimeEventKind::Audio(answer()))
            .done(),
    );
    let mut caller = bench.try_start(request).await.expect("the session starts");
    caller.speak(&speech("question-en")[..samples(4_450)]).await;
    caller.until_audio().await;
    caller.played(TurnNumber::FIRST, PlaybackEvent::Started, 0).await;
    caller
        .until(|event| matches!(event, Event::TurnLatency { .. }))
        .await;
    caller
}

#[tokio::test(start_paused = true)]
async fn the_ai_does_not_interrupt_itself() {
    let bench = Bench::new(Detector::Session);
    let mut caller = asks(&bench, request()).await;
    let played = answer();
    caller.speak(&echo(&played)[..played.len()]).await;
    caller
        .played(TurnNumber::FIRST, PlaybackEvent::Finished, 7_400)
        .await;
    let told = caller
        .until(|event| matches!(event, Event::SpeechStarted { .. } | Event::ResponseEnded { .. }))
        .await;
    assert!(
        matches!(
            told,
            Event::ResponseEnded {
                interruption: None,
                ..
            }
        ),
        "it heard itself: {told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_speaks_over_the_echo_interrupts_the_ai() {
    let bench = Bench::new(Detector::Session);
    let mut caller = asks(&bench, request()).await;
    let mut heard = echo(&answer());
    let began = samples(2_000);
    let voice = interruption();
    for (sample, voice) in heard[began..].iter_mut().zip(&voice) {
        *sample = sample.saturating_add(*voice);
    }
    let spoken_until = began + samples(600);
    caller.speak(&heard[..spoken_until]).await;
    let cut = caller
        .until(|event| matches!(event, Event::Interrupted { .. }))
        .await;
    assert!(
        matches!(
            cut,
            Event::Interrupted {
                turn: TurnNumber::FIRST,
                reason: InterruptReason::Speech,
                ..
            }
        ),
        "{cut:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_pause_for_what_was_no_speech_is_stored_with_the_turn() {
    let bench = Bench::new(Detector::Session);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    bench.voice.answer(Answer::spoken("Noon.", samples(1_000)));
    caller.speak(&speech("question-en")[..samples(4_450)]).await;
    caller.until_audio().await;
    for (event, played_ms) in [
        (PlaybackEvent::Started, 0),
        (PlaybackEvent::Paused, 300),
        (PlaybackEvent::Resumed, 300),
        (PlaybackEvent::Finished, 1_000),
    ] {
        caller.played(TurnNumber::FIRST, event, played_ms).await;
    }
    let ended = caller
        .until(|event| matches!(event, Event::ResponseEnded { .. }))
        .await;
    assert!(
        matches!(
            ended,
            Event::ResponseEnded {
                interruption: None,
                false_interruptions: 1,
                ..
            }
        ),
        "{ended:?}"
    );
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (_, turns) = bench.stored(&started).await;
    assert_eq!((turns[0].false_interruptions, turns[0].interruption), (1, None));
}

#[tokio::test(start_paused = true)]
async fn the_words_that_interrupt_are_heard_from_their_very_first_sample() {
    let bench = Bench::new(Detector::Session);
    bench.voice.answer(Answer::spoken(LONG_ANSWER, samples(10_000)));
    let caller = bench.start().await;
    has_all_words(&speaks_over(&bench, caller).await);
    let told = bench.voice.recorded();
    was_told_of_all_words(&told.commands, |command| match command {
        RealtimeCommand::SpeechBegan { ago } => Some(*ago),
        _ => None,
    });
}

#[tokio::test(start_paused = true)]
async fn a_cascade_hears_the_words_that_interrupt_from_their_very_first_sample() {
    let cascade = Cascade::new(|ears| ears);
    cascade.model.reply(Reply::written(LONG_ANSWER));
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    let caller = in_cascade(&bench).await;
    has_all_words(&speaks_over(&bench, caller).await);
    let told = cascade.ears.recorded();
    was_told_of_all_words(&told.commands, |command| match command {
        SpeechToTextCommand::SpeechBegan { ago } => Some(*ago),
        _ => None,
    });
}

/// It needs a while to find that somebody speaks, and what it was sent meanwhile is recorded too.
#[tokio::test(start_paused = true)]
async fn words_that_interrupt_are_complete_where_the_provider_finds_them() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = bench.start().await;
    let started = caller.started().await;
    let said = both();
    caller.speak(&said[..samples(QUESTION_MS)]).await;
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench
        .voice
        .say(RealtimeEventKind::Audio(vec![1_000; samples(10_000)]));
    caller.until_audio().await;
    caller.played(TurnNumber::FIRST, PlaybackEvent::Started, 0).await;
    let found = WORDS.start + samples(400);
    caller.speak(&said[samples(QUESTION_MS)..found]).await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    caller
        .until(|event| matches!(event, Event::Interrupted { .. }))
        .await;
    caller.speak(&said[found..]).await;
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench.voice.say(RealtimeEventKind::Audio(vec![1; samples(300)]));
    let answer = caller.until_audio().await;
    assert_eq!(answer.turn.get(), 2);
    has_all_words(&second_recording(&bench, caller, &started).await);
    assert!(bench.voice.recorded().audio() == said, "it is not what was said");
}

async fn in_cascade(bench: &Bench) -> Caller {
    let start = StartSession {
        interaction: Cascade::wanted(),
        ..request()
    };
    bench.try_start(start).await.expect("the session starts")
}

/// The client goes on to play until it is told, and only then says how far it came.
#[tokio::test(start_paused = true)]
async fn the_model_knows_of_an_answer_what_the_client_reports_after_the_cut() {
    let mut known = Vec::new();
    for played_ms in [700, 3_100] {
        let cascade = Cascade::new(|ears| ears);
        cascade.model.reply(Reply::written(LONG_ANSWER));
        let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
        let mut caller = in_cascade(&bench).await;
        let started = caller.started().await;
        let said = both();
        caller.speak(&said[..samples(QUESTION_MS)]).await;
        caller.until_audio().await;
        caller.played(TurnNumber::FIRST, PlaybackEvent::Started, 0).await;
        let cut = WORDS.start + samples(600);
        caller.speak(&said[samples(QUESTION_MS)..cut]).await;
        caller
            .until(|event| matches!(event, Event::Interrupted { .. }))
            .await;
        caller
            .played(TurnNumber::FIRST, PlaybackEvent::Stopped, played_ms)
            .await;
        caller.speak(&said[cut..]).await;
        let asked = cascade.model.until(|asked| asked.len() == 2).await;
        caller.say(SessionInput::End).await;
        caller.rest().await;
        let (_, turns) = bench.stored(&started).await;
        let heard = turns[0].answer.heard.as_str();
        let messages = asked[1].request.messages.iter();
        let messages: Vec<_> = messages
            .map(|message| (message.role, message.text.as_str()))
            .collect();
        let (user, assistant) = (MessageRole::User, MessageRole::Assistant);
        assert_eq!(
            messages,
            [(user, "Hello."), (assistant, heard), (user, "Hello.")],
            "{played_ms} ms were played"
        );
        known.push(heard.len());
    }
    // Some 2.2 s, and 35 letters, were played when it was cut.
    assert!(known[0] < 20 && known[1] > 40, "{known:?}");
}
