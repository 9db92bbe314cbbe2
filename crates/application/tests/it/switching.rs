//! A user who goes on in another mode, and can turn back.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use viva_application::sessions::{SessionInput, SessionMessage, StartSession};
use viva_domain::ports::{
    MessageRole, ProviderErrorKind, RealtimeCommand, RealtimeEventKind, SpeechToTextCommand,
    SpeechToTextEventKind, StoreErrorKind,
};
use viva_domain::sessions::{EndStatus, Interaction, ProviderConfig};
use viva_domain::turns::{Event, InterruptReason, PlaybackEvent, TurnNumber};
use viva_fakes::{Answer, AnswerEnd, Reply, ScriptedRealtimeVoice, Transcript};

use crate::bench::{Bench, Caller, Cascade, Detector, PROVIDER, failure, request, speech};

fn realtime() -> SessionInput {
    SessionInput::SwitchMode(Box::new(Interaction::Realtime(ProviderConfig::of(PROVIDER))))
}

fn to_cascade() -> SessionInput {
    SessionInput::SwitchMode(Box::new(Cascade::wanted()))
}

fn is_cascade(interaction: &Interaction) -> bool {
    matches!(interaction, Interaction::Cascade(_))
}

/// Samples of so many ms.
fn samples(ms: usize) -> usize {
    ms * 24
}

async fn in_cascade(bench: &Bench) -> Caller {
    let start = StartSession {
        interaction: Cascade::wanted(),
        ..request()
    };
    bench.try_start(start).await.expect("the session starts")
}

/// What the newest conversation of the realtime provider was told of.
fn told(bench: &Bench) -> Vec<String> {
    let recorded = bench.voice.recorded();
    let request = recorded.requests.last().expect("it was opened");
    let line = |message: &viva_domain::ports::Message| match message.role {
        MessageRole::User => format!("user: {}", message.text),
        MessageRole::Assistant => format!("ai: {}", message.text),
    };
    request.history.iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn a_conversation_goes_through_both_modes_and_back() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    let mut caller = in_cascade(&bench).await;
    let started = caller.started().await;
    let question = speech("question-en");
    let answer = || {
        Answer::new()
            .transcript("And you?")
            .started()
            .text("Me too.")
            .audio(2_400)
            .done()
    };
    bench.voice.answer(answer());

    caller.speak(&question).await;
    let turn = caller.until_audio().await.turn;
    caller.hears_all(turn, 720).await;
    caller.say(realtime()).await;
    assert!(!is_cascade(&caller.until_switched().await));
    assert_eq!(told(&bench), ["user: Hello.", "ai: Hello there."]);
    cascade.until_closed().await;

    caller.speak(&question).await;
    let turn = caller.until_audio().await.turn;
    caller.hears_all(turn, 100).await;
    bench.session_store.faults().fail(StoreErrorKind::Unavailable);
    caller.say(to_cascade()).await;
    assert!(is_cascade(&caller.until_switched().await));
    bench.voice.until_closed().await;

    caller.speak(&question).await;
    let turn = caller.until_audio().await.turn;
    caller.hears_all(turn, 720).await;
    let asked = cascade.model.asked();
    let messages = &asked.last().unwrap().request.messages;
    let texts: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["Hello.", "Hello there.", "And you?", "Me too.", "Hello."]);
    bench.session_store.faults().recover();
    caller.say(SessionInput::End).await;
    caller.rest().await;
    sleep(Duration::from_secs(20)).await;
    let (session, turns) = bench.stored(&started).await;
    assert!(is_cascade(&session.interaction));
    assert_eq!(turns.len(), 3);
    for turn in &turns {
        assert!(
            bench.user_recording(turn).await.len() > samples(3_379),
            "{}",
            turn.number
        );
        assert!(turn.ai_audio.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_speaking_is_heard_whole_by_the_next_provider() {
    for detector in [Detector::Session, Detector::Provider] {
        let cascade = Cascade::new(|ears| ears);
        let bench = Bench::with_cascade(detector, |voice| voice, &cascade);
        let mut caller = in_cascade(&bench).await;
        let started = caller.started().await;
        let question = speech("question-en");
        caller.speak(&question[..samples(2_000)]).await;
        caller.say(realtime()).await;
        caller.until_switched().await;
        caller.speak(&question[samples(2_000)..]).await;
        if detector == Detector::Provider {
            bench.voice.say(RealtimeEventKind::SpeechEnded);
            bench.voice.say(RealtimeEventKind::ResponseStarted);
            bench.voice.say(RealtimeEventKind::Audio(vec![5; 2_400]));
        }
        assert_eq!(caller.until_audio().await.turn, TurnNumber::FIRST);
        let recorded = bench.voice.recorded();
        caller.say(SessionInput::End).await;
        caller.rest().await;
        let (_, turns) = bench.stored(&started).await;
        let recording = bench.user_recording(&turns[0]).await;
        let heard = recorded.audio();
        assert!(heard.len() >= recording.len());
        assert!(
            heard[..recording.len()] == recording[..],
            "from the beginning, nothing twice"
        );
        let began = recorded
            .control()
            .iter()
            .filter(|command| matches!(command, RealtimeCommand::SpeechBegan { .. }))
            .count();
        assert_eq!(began, usize::from(detector == Detector::Session));
        assert_eq!(recorded.requests[0].history, []);
    }
}

/// Providers keep little of what came before they were told that speech began.
#[tokio::test(start_paused = true)]
async fn the_next_provider_is_told_that_speech_began_before_it_hears_it() {
    let question = speech("question-en");
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    let mut caller = in_cascade(&bench).await;
    caller.speak(&question[..samples(2_000)]).await;
    caller.say(realtime()).await;
    caller.until_switched().await;
    caller.speak(&question[samples(2_000)..samples(2_500)]).await;
    let ago = Duration::ZERO;
    let length = |command: &RealtimeCommand| match command {
        RealtimeCommand::Audio(audio) => audio.len(),
        _ => 0,
    };
    let told = bench.voice.recorded().commands;
    assert_eq!(told[1], RealtimeCommand::SpeechBegan { ago }, "{told:?}");
    assert!(
        length(&told[0]) <= samples(301) && length(&told[2]) > samples(1_000),
        "{told:?}"
    );

    let before = cascade.ears.recorded().commands.len();
    caller.say(to_cascade()).await;
    caller.until_switched().await;
    caller.speak(&question[samples(2_500)..samples(2_600)]).await;
    let length = |command: &SpeechToTextCommand| match command {
        SpeechToTextCommand::Audio(audio) => audio.len(),
        _ => 0,
    };
    let told = &cascade.ears.recorded().commands[before..];
    assert_eq!(told[1], SpeechToTextCommand::SpeechBegan { ago }, "{told:?}");
    assert!(
        length(&told[0]) <= samples(301) && length(&told[2]) > samples(1_500),
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_an_answer_gets_it_from_the_next_provider() {
    for detector in [Detector::Session, Detector::Provider] {
        let cascade = Cascade::new(|ears| ears);
        let bench = Bench::with_cascade(detector, |voice| voice, &cascade);
        cascade.model.reply(Reply::new().hangs());
        let mut caller = in_cascade(&bench).await;
        caller.speak(&speech("question-en")).await;
        caller.say(realtime()).await;
        caller.until_switched().await;
        let asked = |command: &RealtimeCommand| match detector {
            Detector::Session => matches!(command, RealtimeCommand::Commit(_)),
            Detector::Provider => matches!(command, RealtimeCommand::EndTurn),
        };
        let recorded = bench
            .voice
            .until(|recorded| recorded.commands.iter().any(asked))
            .await;
        assert!(recorded.audio().len() > samples(3_379));
        assert_eq!(recorded.requests[0].history, [], "it hears the turn itself");
        cascade.model.until_idle().await;
        assert_eq!(cascade.model.asked()[0].end, Some(AnswerEnd::Dropped));
        if detector == Detector::Session {
            assert_eq!(caller.until_audio().await.turn, TurnNumber::FIRST);
        }
    }
}

/// The client played more than could be known when the answer was cut: its report changes what was heard.
#[tokio::test(start_paused = true)]
async fn an_answer_is_cut_and_known_as_far_as_it_was_heard() {
    for (played, heard) in [(300, "One,"), (540, "One, two.")] {
        let cascade = Cascade::new(|ears| ears);
        let slow = |voice: ScriptedRealtimeVoice| voice.connecting_for(Duration::from_millis(700));
        let bench = Bench::with_cascade(Detector::Session, slow, &cascade);
        let mut caller = switching_while_it_speaks(&bench, &cascade).await;
        sleep(Duration::from_millis(100)).await;
        caller
            .played(TurnNumber::FIRST, PlaybackEvent::Stopped, played)
            .await;
        let said = caller
            .until_message(|message| match message {
                SessionMessage::Event(Event::AiTranscript { text, .. }) => Some(text),
                SessionMessage::ModeSwitched(_) => panic!("connecting takes 700 ms"),
                _ => None,
            })
            .await;
        assert_eq!(said, heard);
        caller.until_switched().await;
        assert_eq!(told(&bench), ["user: Hello.".to_owned(), format!("ai: {heard}")]);
        assert_eq!(bench.voice.recorded().requests.len(), 1, "it is connected once");
    }
}

/// A client that does not tell what it played does not keep the user from the other mode.
#[tokio::test(start_paused = true)]
async fn a_client_that_tells_nothing_is_waited_for_a_second() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    let mut caller = switching_while_it_speaks(&bench, &cascade).await;
    let cut = Instant::now();
    caller.until_switched().await;
    assert_eq!(cut.elapsed().as_secs(), 1);
    assert_eq!(told(&bench), ["user: Hello.", "ai: One,"]);
    assert_eq!(bench.voice.recorded().requests.len(), 1);
}

/// Somebody who heard 300 ms of an answer that grows, and wants the realtime provider now.
async fn switching_while_it_speaks(bench: &Bench, cascade: &Cascade) -> Caller {
    cascade
        .model
        .reply(Reply::new().text("One, two. Three, four.").hangs());
    let mut caller = in_cascade(bench).await;
    caller.speak(&speech("question-en")).await;
    caller.until_audio().await;
    sleep(Duration::from_millis(300)).await;
    caller.say(realtime()).await;
    let by_client = |event: &Event| {
        matches!(
            event,
            Event::Interrupted {
                reason: InterruptReason::Client,
                ..
            }
        )
    };
    caller.until(by_client).await;
    caller
}

#[tokio::test(start_paused = true)]
async fn what_is_said_while_another_mode_opens_is_told_to_it() {
    let cascade = Cascade::new(|ears| ears);
    let slow = |voice: ScriptedRealtimeVoice| voice.connecting_for(Duration::from_millis(4_900));
    let bench = Bench::with_cascade(Detector::Session, slow, &cascade);
    let mut caller = in_cascade(&bench).await;
    caller.started().await;
    caller.say(realtime()).await;
    // The turn is over after 4.4 s, and answered at once.
    caller.speak(&speech("question-en")[..samples(4_600)]).await;
    let turn = caller.until_audio().await.turn;
    caller.hears_all(turn, 720).await;
    caller.until_switched().await;
    assert_eq!(told(&bench), ["user: Hello.", "ai: Hello there."]);
}

#[tokio::test(start_paused = true)]
async fn of_two_wishes_the_newer_one_counts() {
    let cascade = Cascade::new(|ears| ears);
    let slow = |voice: ScriptedRealtimeVoice| voice.connecting_for(Duration::from_secs(1));
    let bench = Bench::with_cascade(Detector::Session, slow, &cascade);
    let mut caller = in_cascade(&bench).await;
    caller.say(realtime()).await;
    caller.say(to_cascade()).await;
    assert!(is_cascade(&caller.until_switched().await));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(bench.voice.recorded().requests.len(), 0);
    caller.say(SessionInput::End).await;
    let mut others = 0;
    while let Some(message) = caller.next_message().await {
        others += usize::from(matches!(message, SessionMessage::ModeSwitched(_)));
    }
    assert_eq!(others, 0);
    cascade.until_closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_while_another_mode_opens_is_not_missed() {
    let slow = Cascade::new(|ears| ears.connecting_for(Duration::from_secs(1)));
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &slow);
    let mut caller = bench.start().await;
    caller.say(to_cascade()).await;
    caller.speak(&vec![0; samples(200)]).await;
    bench
        .voice
        .say(RealtimeEventKind::Failed(failure(ProviderErrorKind::Unavailable)));
    let switched = caller
        .until_message(|message| match message {
            SessionMessage::ModeSwitched(switched) => Some(is_cascade(&switched.interaction)),
            SessionMessage::FallbackOffered(_) => panic!("there is one already"),
            _ => None,
        })
        .await;
    assert!(switched);
    assert_eq!(slow.ears.recorded().requests.len(), 1);
    // What the old one still says is not heard any more.
    bench.voice.until_closed().await;
    caller.speak(&speech("question-en")).await;
    caller.until_audio().await;
}

#[tokio::test(start_paused = true)]
async fn a_mode_that_cannot_be_opened_changes_nothing() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    let mut caller = in_cascade(&bench).await;
    bench.voice.faults().fail_next(1, ProviderErrorKind::Unavailable);
    caller.say(realtime()).await;
    let told = caller.until(|event| matches!(event, Event::Failure { .. })).await;
    assert!(
        matches!(
            told,
            Event::Failure {
                recoverable: true,
                ..
            }
        ),
        "{told:?}"
    );
    cascade.ears.hear(Transcript::of("Still there?"));
    caller.speak(&speech("question-en")).await;
    caller.until_audio().await;
    assert_eq!(cascade.model.asked()[0].request.messages[0].text, "Still there?");
}

/// A cascade whose ears fail while a realtime provider is being connected, which takes a second.
async fn failing_while_switching(bench: &Bench, cascade: &Cascade) -> Caller {
    let mut caller = in_cascade(bench).await;
    caller.started().await;
    caller.say(realtime()).await;
    caller.speak(&speech("question-en")[..samples(600)]).await;
    cascade.ears.say(SpeechToTextEventKind::Failed(failure(
        ProviderErrorKind::Unavailable,
    )));
    caller
}

#[tokio::test(start_paused = true)]
async fn a_cascade_that_fails_while_another_mode_opens_does_not_end_the_session() {
    let cascade = Cascade::new(|ears| ears);
    let slow = |voice: ScriptedRealtimeVoice| voice.connecting_for(Duration::from_secs(1));
    let bench = Bench::with_cascade(Detector::Session, slow, &cascade);
    let mut caller = failing_while_switching(&bench, &cascade).await;
    caller.speak(&speech("question-en")[samples(600)..]).await;
    assert!(!is_cascade(&caller.until_switched().await));
    assert_eq!(caller.until_audio().await.turn, TurnNumber::FIRST);
    assert!(
        bench.voice.recorded().audio().len() > samples(3_379),
        "it heard all of it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_mode_failed_ends_when_the_other_one_cannot_be_opened() {
    let cascade = Cascade::new(|ears| ears);
    let slow = |voice: ScriptedRealtimeVoice| voice.connecting_for(Duration::from_secs(1));
    let bench = Bench::with_cascade(Detector::Session, slow, &cascade);
    bench.voice.faults().fail_next(1, ProviderErrorKind::Unavailable);
    let mut caller = failing_while_switching(&bench, &cascade).await;
    let rest = caller.rest().await;
    let failed = rest.iter().any(|event| {
        matches!(
            event,
            Event::Failure {
                recoverable: false,
                ..
            }
        )
    });
    let ended = matches!(
        rest.last(),
        Some(Event::SessionEnded {
            status: EndStatus::Error,
            ..
        })
    );
    assert!(failed && ended, "{rest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cascade_that_fails_after_a_mode_could_not_be_opened_ends_the_session() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Session, |voice| voice, &cascade);
    bench.voice.faults().fail_next(1, ProviderErrorKind::Unavailable);
    let mut caller = in_cascade(&bench).await;
    caller.say(realtime()).await;
    caller
        .until(|event| {
            matches!(
                event,
                Event::Failure {
                    recoverable: true,
                    ..
                }
            )
        })
        .await;
    cascade.ears.say(SpeechToTextEventKind::Failed(failure(
        ProviderErrorKind::Unavailable,
    )));
    let rest = caller.rest().await;
    assert!(
        matches!(
            rest.last(),
            Some(Event::SessionEnded {
                status: EndStatus::Error,
                ..
            })
        ),
        "{rest:?}"
    );
}
