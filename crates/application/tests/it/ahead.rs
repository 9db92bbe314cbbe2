//! What the user says while the AI may finish.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use viva_application::sessions::{Outgoing, SessionInput, SessionMessage, StartSession};
use viva_domain::ports::{
    ProviderErrorKind, RealtimeCommand, RealtimeEventKind, SpeechToTextEventKind, SpoolErrorKind,
};
use viva_domain::sessions::FallbackPolicy;
use viva_domain::turns::{BargeIn, Event, PlaybackEvent, TurnNumber};
use viva_fakes::{Answer, Reply, Speech};

use crate::bench::{Bench, Caller, Cascade, Detector, failure, request, speech};

/// Samples of so many ms.
fn samples(ms: usize) -> usize {
    ms * 24
}

fn words(text: &str) -> RealtimeEventKind {
    RealtimeEventKind::UserTranscript {
        text: text.to_owned(),
        is_final: true,
    }
}

async fn without_barge_in(bench: &Bench) -> Caller {
    let start = StartSession {
        barge_in: BargeIn::Disabled,
        fallback: FallbackPolicy::Auto,
        ..request()
    };
    bench.try_start(start).await.expect("the session starts")
}

/// The user asks, and the whole answer of 8 s plays.
async fn asks(bench: &Bench, caller: &mut Caller) -> TurnNumber {
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    bench.voice.say(words("One."));
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench.voice.say(RealtimeEventKind::Audio(vec![1; samples(8_000)]));
    bench.voice.say(RealtimeEventKind::ResponseDone { usage: None });
    let turn = loop {
        let frame = caller.until_audio().await;
        if frame.is_last {
            break frame.turn;
        }
    };
    caller.played(turn, PlaybackEvent::Started, 0).await;
    turn
}

/// Says a question meanwhile, which is heard by the provider too.
async fn asks_meanwhile(bench: &Bench, caller: &mut Caller) {
    let question = speech("question-en");
    caller.speak(&question[..samples(1_000)]).await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    caller.speak(&question[samples(1_000)..samples(4_200)]).await;
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    bench.voice.say(words("Two."));
    caller
        .until(|event| matches!(event, Event::UserTranscript { text, .. } if text == "Two."))
        .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_said_meanwhile_is_recorded_and_answered_as_the_next_turn() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = without_barge_in(&bench).await;
    let started = caller.started().await;
    let first = asks(&bench, &mut caller).await;
    asks_meanwhile(&bench, &mut caller).await;
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench.voice.say(RealtimeEventKind::TextDelta("Yes.".into()));
    bench
        .voice
        .say(RealtimeEventKind::Audio(vec![0x0202; samples(300)]));
    bench.voice.say(RealtimeEventKind::ResponseDone { usage: None });
    sleep(Duration::from_secs(2)).await;
    caller.played(first, PlaybackEvent::Finished, 8_000).await;
    let ended = caller
        .until(|event| matches!(event, Event::ResponseEnded { .. } | Event::ResponseStarted { .. }))
        .await;
    assert!(matches!(ended, Event::ResponseEnded { turn, .. } if turn == first));
    let answer = caller.until_audio().await;
    assert_eq!(Some(answer.turn), first.next());
    assert!(answer.pcm.iter().step_by(2).all(|byte| *byte == 2));
    caller.played(answer.turn, PlaybackEvent::Started, 0).await;
    caller.played(answer.turn, PlaybackEvent::Finished, 300).await;
    caller
        .until(|event| matches!(event, Event::ResponseEnded { .. }))
        .await;
    caller.say(SessionInput::End).await;
    caller.rest().await;

    let (_, turns) = bench.stored(&started).await;
    let said: Vec<_> = turns.iter().map(|turn| turn.user_transcript.as_deref()).collect();
    assert_eq!(said, [Some("One."), Some("Two.")]);
    let recording = bench.user_recording(&turns[1]).await;
    let question = speech("question-en");
    let voiced = &question[samples(560)..samples(3_800)];
    assert!(
        recording.windows(voiced.len()).any(|window| window == voiced),
        "all that was said is recorded"
    );
    let latency = turns[1].latency;
    let total = latency.total.expect("it is measured").duration;
    assert!(total >= Duration::from_secs(2), "the wait counts: {total:?}");
    assert!(
        latency
            .provider
            .is_some_and(|provider| provider < Duration::from_millis(50))
    );
    assert_eq!(latency.overhead, None);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_meanwhile_is_replaced_by_one_that_hears_all_of_it() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    let mut caller = without_barge_in(&bench).await;
    let started = caller.started().await;
    let first = asks(&bench, &mut caller).await;
    asks_meanwhile(&bench, &mut caller).await;
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    bench.voice.say(RealtimeEventKind::Audio(vec![2; samples(300)]));
    sleep(Duration::from_millis(20)).await;
    bench
        .voice
        .say(RealtimeEventKind::Failed(failure(ProviderErrorKind::Unavailable)));
    caller.until_switched().await;
    sleep(Duration::from_secs(2)).await;
    caller.played(first, PlaybackEvent::Finished, 8_000).await;
    let answer = caller.until_audio().await;
    assert_eq!(Some(answer.turn), first.next());
    let asked = cascade.model.asked();
    assert_eq!(asked.len(), 1);
    let texts: Vec<&str> = asked[0]
        .request
        .messages
        .iter()
        .map(|message| message.text.as_str())
        .collect();
    assert_eq!(texts, ["One.", "Hello."], "the second is heard anew");
    assert!(cascade.ears.recorded().audio().len() > samples(3_200));
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (_, turns) = bench.stored(&started).await;
    assert_eq!(turns.len(), 2);
    assert_eq!(turns[1].user_transcript.as_deref(), Some("Hello."));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_far_ahead_waits() {
    let bench = Bench::new(Detector::Provider);
    let mut caller = without_barge_in(&bench).await;
    let first = asks(&bench, &mut caller).await;
    bench.voice.say(RealtimeEventKind::SpeechStarted);
    bench.voice.say(RealtimeEventKind::SpeechEnded);
    bench.voice.say(RealtimeEventKind::ResponseStarted);
    for _ in 0..7 {
        bench
            .voice
            .say(RealtimeEventKind::Audio(vec![2; samples(10_000)]));
        sleep(Duration::from_millis(20)).await;
    }
    // Words are told at once, if they are taken.
    bench.voice.say(words("Two."));
    for _ in 0..13 {
        bench
            .voice
            .say(RealtimeEventKind::Audio(vec![2; samples(10_000)]));
        sleep(Duration::from_millis(20)).await;
    }
    bench.voice.say(RealtimeEventKind::ResponseDone { usage: None });
    caller.played(first, PlaybackEvent::Finished, 8_000).await;
    let is_news = |event: &Event| matches!(event, Event::ResponseEnded { .. } | Event::UserTranscript { .. });
    let ended = caller.until(is_news).await;
    assert!(
        matches!(ended, Event::ResponseEnded { turn, .. } if turn == first),
        "{ended:?}"
    );
    let (mut heard, mut is_told) = (0, false);
    loop {
        match caller.next().await.expect("the session goes on") {
            Outgoing::Audio(frame) => {
                assert_eq!(Some(frame.turn), first.next());
                heard += frame.pcm.len() / 2;
                if frame.is_last {
                    break;
                }
            }
            Outgoing::Message {
                message: SessionMessage::Event(event),
                ..
            } => is_told |= is_news(&event),
            Outgoing::Message { .. } => {}
        }
    }
    assert!(is_told);
    assert_eq!(heard, samples(200_000), "nothing is lost");
}

/// Waits for the end of an answer, which begins to play then.
async fn plays(caller: &mut Caller) -> TurnNumber {
    let turn = loop {
        let frame = caller.until_audio().await;
        if frame.is_last {
            break frame.turn;
        }
    };
    caller.played(turn, PlaybackEvent::Started, 0).await;
    turn
}

/// Many providers would take the news of speech for an interruption.
#[tokio::test(start_paused = true)]
async fn where_the_session_finds_turns_the_provider_hears_it_when_the_ai_is_done() {
    let bench = Bench::new(Detector::Session);
    let mut caller = without_barge_in(&bench).await;
    let started = caller.started().await;
    let question = speech("question-en");
    let answer = |ms| {
        Answer::new()
            .transcript("One.")
            .started()
            .audio(samples(ms))
            .done()
    };
    bench.voice.answer(answer(8_000));
    bench.voice.answer(answer(300));
    caller.speak(&question).await;
    let first = plays(&mut caller).await;
    let before = bench.voice.recorded();
    caller.speak(&question).await;
    let meanwhile = bench.voice.recorded();
    assert_eq!(meanwhile.control(), before.control(), "it is told nothing");
    let heard = meanwhile.audio().len() - before.audio().len();
    assert!(
        heard < samples(1_000),
        "no more than came before it was speech: {heard}"
    );

    sleep(Duration::from_secs(2)).await;
    caller.played(first, PlaybackEvent::Finished, 8_000).await;
    let answer = caller.until_audio().await;
    assert_eq!(Some(answer.turn), first.next());
    let told = bench.voice.recorded();
    assert!(
        matches!(
            told.control()[before.control().len()..],
            [RealtimeCommand::SpeechBegan { .. }, RealtimeCommand::Commit(_)]
        ),
        "{:?}",
        told.control()
    );
    caller.hears_all(answer.turn, 300).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;

    let (_, turns) = bench.stored(&started).await;
    assert_eq!(turns.len(), 2);
    let recording = bench.user_recording(&turns[1]).await;
    let voiced = &question[samples(560)..samples(3_800)];
    let has_all = |audio: &[i16]| audio.windows(voiced.len()).any(|window| window == voiced);
    assert!(has_all(&recording), "all that was said is recorded");
    assert!(has_all(&told.audio()[meanwhile.audio().len()..]), "and heard");
    assert!(recording.len() < samples(7_000), "and not the silence after it");
    let total = turns[1].latency.total.expect("it is measured").duration;
    assert!(total >= Duration::from_secs(2), "the wait counts: {total:?}");
}

#[tokio::test(start_paused = true)]
async fn who_still_speaks_when_the_ai_is_done_is_heard_to_the_end() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    let start = StartSession {
        interaction: Cascade::wanted(),
        barge_in: BargeIn::Disabled,
        ..request()
    };
    let mut caller = bench.try_start(start).await.expect("the session starts");
    let question = speech("question-en");
    caller.speak(&question).await;
    let first = plays(&mut caller).await;
    let before = cascade.ears.recorded().audio().len();
    caller.speak(&question[..samples(2_000)]).await;
    caller.played(first, PlaybackEvent::Finished, 720).await;
    caller.speak(&question[samples(2_000)..]).await;
    let answer = caller.until_audio().await;
    assert_eq!(Some(answer.turn), first.next());
    let heard = cascade.ears.recorded().audio();
    let voiced = &question[samples(560)..samples(3_800)];
    assert!(
        heard[before..]
            .windows(voiced.len())
            .any(|window| window == voiced),
        "what was recorded and what came after it follow each other"
    );
    let asked = cascade.model.asked();
    let messages = &asked.last().expect("it was asked").request.messages;
    let texts: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["Hello.", "Hello there.", "Hello."]);
}

/// The mode heard only the first moments of it, and must not answer those.
#[tokio::test(start_paused = true)]
async fn what_could_not_be_recorded_meanwhile_is_said_to_be_lost() {
    let bench = Bench::new(Detector::Session);
    let mut caller = without_barge_in(&bench).await;
    let started = caller.started().await;
    let question = speech("question-en");
    let answer = || Answer::new().started().audio(samples(8_000)).done();
    bench.voice.answer(answer());
    caller.speak(&question).await;
    let first = plays(&mut caller).await;
    bench.audio_spool.faults().fail(SpoolErrorKind::Full);
    caller.speak(&question).await;
    caller.played(first, PlaybackEvent::Finished, 8_000).await;
    let lost = caller.until(|event| matches!(event, Event::Failure { .. })).await;
    assert!(
        matches!(&lost, Event::Failure { failure, recoverable: true } if failure.message.contains("say it again")),
        "{lost:?}"
    );
    bench.audio_spool.faults().recover();
    bench.voice.answer(answer());
    bench.voice.answer(answer());
    caller.speak(&question).await;
    let answered = caller.until_audio().await.turn;
    assert_eq!(answered.get(), 3);
    caller.hears_all(answered, 8_000).await;
    caller.say(SessionInput::End).await;
    caller.rest().await;
    let (_, turns) = bench.stored(&started).await;
    let failed: Vec<bool> = turns.iter().map(|turn| turn.failure.is_some()).collect();
    assert_eq!(failed, [false, true, false]);
}

#[tokio::test(start_paused = true)]
async fn who_still_speaks_when_the_beginning_is_lost_is_heard_from_there() {
    let bench = Bench::new(Detector::Session);
    let mut caller = without_barge_in(&bench).await;
    let question = speech("question-en");
    let answer = || Answer::new().started().audio(samples(8_000)).done();
    bench.voice.answer(answer());
    caller.speak(&question).await;
    let first = plays(&mut caller).await;
    bench.audio_spool.faults().fail(SpoolErrorKind::Full);
    let before = bench.voice.recorded();
    caller.speak(&question[..samples(2_000)]).await;
    caller.played(first, PlaybackEvent::Finished, 8_000).await;
    bench.voice.answer(answer());
    caller.speak(&question[samples(2_000)..]).await;
    let answered = caller.until_audio().await.turn;
    assert_eq!(Some(answered), first.next());
    let told = bench.voice.recorded();
    let begun = RealtimeCommand::SpeechBegan { ago: Duration::ZERO };
    assert_eq!(told.control()[before.control().len()], begun);
    let rest = &question[samples(2_100)..samples(3_800)];
    let heard = &told.audio()[before.audio().len()..];
    assert!(heard.windows(rest.len()).any(|window| window == rest));
}

/// The client stops the answer that plays while the ears find the end of the next turn: so many hops of that news later.
async fn stops_the_answer_after(hops: usize) {
    let cascade = Cascade::detecting(Detector::Provider);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    cascade.model.reply(Reply::written("It is a long story."));
    cascade
        .mouth
        .when("It is a long story.", Speech::of(Duration::from_secs(8)));
    let start = StartSession {
        interaction: Cascade::wanted(),
        barge_in: BargeIn::Disabled,
        ..request()
    };
    let mut caller = bench.try_start(start).await.expect("the session starts");
    let says = |text: &str| cascade.ears.say(SpeechToTextEventKind::Final(text.to_owned()));
    cascade.ears.say(SpeechToTextEventKind::SpeechStarted);
    says("One.");
    let first = loop {
        let frame = caller.until_audio().await;
        if frame.is_last {
            break frame.turn;
        }
    };
    caller.played(first, PlaybackEvent::Started, 0).await;
    cascade.ears.say(SpeechToTextEventKind::SpeechStarted);
    caller
        .until(|event| matches!(event, Event::SpeechStarted { .. }))
        .await;
    says("Two.");
    for _ in 0..hops {
        // Whoever is due has one turn meanwhile; who yields waits until nobody is.
        let _ = TaskTracker::new().spawn(async {}).await;
    }
    let played = Some(Duration::from_secs(1));
    caller.say(SessionInput::Interrupt { played }).await;
    let answered = caller.until(|event| matches!(event, Event::ResponseEnded { turn, .. } if *turn > first));
    let answered = timeout(Duration::from_secs(5), answered).await;
    assert!(answered.is_ok(), "nobody is answered after {hops}");

    cascade.ears.say(SpeechToTextEventKind::SpeechStarted);
    says("Three.");
    caller
        .until(|event| matches!(event, Event::ResponseStarted { .. }))
        .await;
    let asked = cascade.model.asked();
    let messages = &asked.last().expect("the model is asked").request.messages;
    let texts: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(
        texts,
        ["One.", "It", "Two.", "Hello there.", "Three."],
        "after {hops}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_answer_that_plays_is_stopped_and_not_the_next_one_whatever_news_are_on_their_way() {
    for hops in 0..8 {
        // Of what is there at the same time, a session takes anything first.
        for _ in 0..8 {
            stops_the_answer_after(hops).await;
        }
    }
}
