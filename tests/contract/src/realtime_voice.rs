//! What every [`RealtimeVoice`] must do: one suite for those that leave finding turns to the session, one for those that
//! find turns themselves.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use viva_domain::ports::{
    Heard, ProviderErrorKind, RealtimeCommand, RealtimeEvent, RealtimeEventKind, RealtimeRequest,
    RealtimeSession, RealtimeVoice,
};
use viva_domain::sessions::ProviderConfig;
use viva_domain::turns::Generation;

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn RealtimeVoice, ProviderConfig))`, where the
/// configuration names the provider and nothing else that it would not take.
#[macro_export]
macro_rules! realtime_voice_contract {
    ($factory:ident) => {
        $crate::contract_cases!(realtime_voice, $factory:
            resolving_again_changes_nothing,
            unknown_options_are_refused,
            a_commit_is_answered,
            every_commit_is_answered,
            a_turn_in_one_piece_is_answered,
            an_interruption_ends_the_answer,
            a_greeting_is_spoken,
            audio_alone_is_not_answered,
            a_burst_of_audio_waits,
            the_conversation_ends_with_its_commands,
            conversations_do_not_mix,
        );
    };
}

/// Runs the suite for a configuration with which the provider finds turns itself; the factory is as above.
#[macro_export]
macro_rules! realtime_voice_with_turns_contract {
    ($factory:ident) => {
        $crate::contract_cases!(realtime_voice, $factory:
            resolving_again_changes_nothing,
            unknown_options_are_refused,
            it_says_that_it_finds_turns,
            a_turn_is_found_and_answered,
            every_turn_is_found,
            a_turn_can_be_ended,
            a_turn_in_one_piece_can_be_ended,
            speaking_over_an_answer_ends_it,
            a_greeting_is_spoken,
            silence_is_not_answered,
            the_conversation_ends_with_its_commands_whoever_finds_turns,
        );
    };
}

/// Longer than any provider thinks in a test. Only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);
/// So many portions of 20 ms a client may send at once.
const BURST: usize = 250;

pub async fn resolving_again_changes_nothing(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let resolved = voice.resolve(&config).unwrap();
    assert_eq!(resolved.provider, config.provider);
    assert_eq!(voice.resolve(&resolved).unwrap(), resolved);
}

pub async fn unknown_options_are_refused(voice: &dyn RealtimeVoice, mut config: ProviderConfig) {
    config
        .options
        .insert("no_such_option".to_owned(), "true".to_owned());
    let err = voice.resolve(&config).unwrap_err();
    match err.kind {
        ProviderErrorKind::InvalidConfig(message) => {
            assert!(message.contains("no_such_option"), "{message}");
        }
        other => panic!("expected an invalid configuration, got {other:?}"),
    }
}

pub async fn a_commit_is_answered(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    let generation = Generation::FIRST.next();
    talk.speak().await;
    talk.send(RealtimeCommand::Commit(generation)).await;
    let answer = talk.answer(generation).await;
    assert!(answer.samples.iter().any(|sample| *sample != 0), "it is silent");
    assert!(!answer.text.trim().is_empty(), "there is no text");
}

pub async fn every_commit_is_answered(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    let mut generation = Generation::FIRST;
    for _ in 0..3 {
        generation = generation.next();
        talk.speak().await;
        talk.send(RealtimeCommand::Commit(generation)).await;
        assert!(!talk.answer(generation).await.samples.is_empty());
    }
}

/// As it is told to a provider that takes another one's place in the middle of a turn; where that begins may be told
/// before the audio or after it.
pub async fn a_turn_in_one_piece_is_answered(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    for told_before in [true, false] {
        let mut talk = Talk::open(voice, &config).await;
        let generation = Generation::FIRST.next();
        let piece = RealtimeCommand::Audio(talk.wave().repeat(30).into());
        let began = |ago| RealtimeCommand::SpeechBegan { ago };
        if told_before {
            talk.send(began(Duration::ZERO)).await;
            talk.send(piece).await;
        } else {
            talk.send(piece).await;
            talk.send(began(Duration::from_secs(30))).await;
        }
        talk.send(RealtimeCommand::Commit(generation)).await;
        assert!(!talk.answer(generation).await.samples.is_empty());
    }
}

pub async fn an_interruption_ends_the_answer(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    let first = Generation::FIRST.next();
    talk.speak().await;
    talk.send(RealtimeCommand::Commit(first)).await;
    talk.until(|kind| matches!(kind, RealtimeEventKind::Audio(_)))
        .await;

    let stopped = first.next();
    let heard = Some(Heard {
        audio: Duration::from_millis(20),
        chars: 1,
    });
    talk.send(RealtimeCommand::Interrupt {
        generation: stopped,
        heard,
        taken: talk.taken,
    })
    .await;
    let less = Heard {
        audio: Duration::from_millis(10),
        chars: 0,
    };
    talk.send(RealtimeCommand::Heard(less)).await;
    talk.speak().await;
    let second = stopped.next();
    talk.send(RealtimeCommand::Commit(second)).await;

    // What was on its way still says that it is old; once something new was said, nothing old follows.
    // Words of the user say to which turn they belong, however late they come.
    let mut newest = first;
    loop {
        let event = talk.next().await;
        if matches!(event.kind, RealtimeEventKind::UserTranscript { .. }) {
            continue;
        }
        assert!(
            event.generation >= newest,
            "{:?} of {:?} came after {newest:?}",
            event.kind,
            event.generation
        );
        newest = event.generation;
        let is_done = matches!(event.kind, RealtimeEventKind::ResponseDone { .. });
        assert!(
            event.generation != stopped || !is_response(&event.kind),
            "the interruption was answered with {:?}",
            event.kind
        );
        if is_done && event.generation == second {
            return;
        }
    }
}

/// Says nothing about a provider that does not greet.
pub async fn a_greeting_is_spoken(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    if !voice.capabilities(&config).greets {
        return;
    }
    let mut talk = Talk::open(voice, &config).await;
    let generation = Generation::FIRST.next();
    talk.send(RealtimeCommand::Greet(generation)).await;
    assert!(!talk.answer(generation).await.samples.is_empty());
}

pub async fn audio_alone_is_not_answered(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    talk.speak().await;
    for event in talk.close().await {
        assert!(!is_response(&event.kind), "{:?} was not asked for", event.kind);
        assert_eq!(event.generation, Generation::FIRST);
    }
}

pub async fn a_burst_of_audio_waits(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    let portion = vec![0; talk.input_rate as usize / 50];
    // Nobody has taken any of it yet.
    for number in 1..=BURST {
        let audio = RealtimeCommand::Audio(portion.clone().into());
        let sent = talk.session.commands.try_send(audio);
        assert!(sent.is_ok(), "portion {number} of {BURST} was lost");
    }
    talk.close().await;
}

pub async fn the_conversation_ends_with_its_commands(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    talk.speak().await;
    talk.send(RealtimeCommand::Commit(Generation::FIRST.next())).await;
    talk.until(is_response).await;
    talk.close().await;
}

pub async fn conversations_do_not_mix(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut one = Talk::open(voice, &config).await;
    let mut two = Talk::open(voice, &config).await;
    let first = Generation::FIRST.next();
    let later = first.next().next();
    for (talk, generation) in [(&mut one, first), (&mut two, later)] {
        talk.speak().await;
        talk.send(RealtimeCommand::Commit(generation)).await;
    }
    let (one_answer, two_answer) = tokio::join!(one.answer(first), two.answer(later));
    assert!(!one_answer.samples.is_empty() && !two_answer.samples.is_empty());
}

pub async fn it_says_that_it_finds_turns(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let resolved = voice.resolve(&config).unwrap();
    assert!(voice.capabilities(&config).detects_turns);
    assert_eq!(voice.capabilities(&resolved), voice.capabilities(&config));
}

pub async fn a_turn_is_found_and_answered(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    talk.say_something().await;
    talk.turn(Generation::FIRST).await;
    let answer = talk.answer(Generation::FIRST).await;
    assert!(answer.samples.iter().any(|sample| *sample != 0), "it is silent");
    assert!(!answer.text.trim().is_empty(), "there is no text");
}

pub async fn every_turn_is_found(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    for _ in 0..3 {
        talk.say_something().await;
        talk.turn(Generation::FIRST).await;
        assert!(!talk.answer(Generation::FIRST).await.samples.is_empty());
    }
}

/// By a button, without silence.
pub async fn a_turn_can_be_ended(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    talk.speak().await;
    talk.until(|kind| matches!(kind, RealtimeEventKind::SpeechStarted))
        .await;
    talk.send(RealtimeCommand::EndTurn).await;
    assert!(!talk.answer(Generation::FIRST).await.samples.is_empty());
}

/// As the user may end it who began it with another provider: at once.
pub async fn a_turn_in_one_piece_can_be_ended(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    let piece = talk.wave().repeat(30);
    talk.send(RealtimeCommand::Audio(piece.into())).await;
    talk.send(RealtimeCommand::EndTurn).await;
    assert!(!talk.answer(Generation::FIRST).await.samples.is_empty());
}

pub async fn speaking_over_an_answer_ends_it(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    talk.say_something().await;
    talk.until(|kind| matches!(kind, RealtimeEventKind::Audio(_)))
        .await;
    talk.speak().await;
    talk.until(|kind| matches!(kind, RealtimeEventKind::SpeechStarted))
        .await;
    let generation = Generation::FIRST.next();
    let heard = Some(Heard {
        audio: Duration::from_millis(20),
        chars: 1,
    });
    let taken = talk.taken;
    talk.send(RealtimeCommand::Interrupt {
        generation,
        heard,
        taken,
    })
    .await;
    talk.pause().await;
    loop {
        let event = talk.next().await;
        match event.kind {
            RealtimeEventKind::ResponseDone { .. } if event.generation == generation => return,
            _ => {}
        }
    }
}

pub async fn silence_is_not_answered(voice: &dyn RealtimeVoice, config: ProviderConfig) {
    let mut talk = Talk::open(voice, &config).await;
    talk.pause().await;
    for event in talk.close().await {
        assert!(!is_response(&event.kind), "{:?} was not asked for", event.kind);
    }
}

pub async fn the_conversation_ends_with_its_commands_whoever_finds_turns(
    voice: &dyn RealtimeVoice,
    config: ProviderConfig,
) {
    let mut talk = Talk::open(voice, &config).await;
    talk.say_something().await;
    talk.until(is_response).await;
    talk.close().await;
}

/// An open conversation.
struct Talk {
    input_rate: u32,
    session: RealtimeSession,
    /// Events that were taken.
    taken: u64,
}

#[derive(Default)]
struct Spoken {
    text: String,
    samples: Vec<i16>,
}

impl Talk {
    async fn open(voice: &dyn RealtimeVoice, config: &ProviderConfig) -> Self {
        let request = RealtimeRequest {
            config: voice.resolve(config).unwrap(),
            instructions: "Be brief.".to_owned(),
            ai_role: None,
            history: Vec::new(),
        };
        Self {
            input_rate: voice.capabilities(&request.config).input_rate,
            session: voice.connect(request).await.unwrap(),
            taken: 0,
        }
    }

    async fn send(&mut self, command: RealtimeCommand) {
        patiently(self.session.commands.send(command)).await.unwrap();
    }

    /// A second of a 200 Hz triangle wave.
    fn wave(&self) -> Vec<i16> {
        let rate = i32::try_from(self.input_rate).unwrap();
        let period = rate / 200;
        (0..rate)
            .map(|at| i16::try_from(((at % period) * 2 - period).abs() * 16_000 / period - 8_000).unwrap())
            .collect()
    }

    /// A second of speech in portions of 20 ms.
    async fn speak(&mut self) {
        let wave = self.wave();
        for portion in wave.chunks(wave.len() / 50) {
            self.send(RealtimeCommand::Audio(portion.into())).await;
        }
    }

    /// A second of silence, after which every turn is over.
    async fn pause(&mut self) {
        let portion = usize::try_from(self.input_rate / 50).unwrap();
        for _ in 0..50 {
            self.send(RealtimeCommand::Audio(vec![0; portion].into())).await;
        }
    }

    async fn say_something(&mut self) {
        self.speak().await;
        self.pause().await;
    }

    /// Reads that speech began and ended.
    async fn turn(&mut self, generation: Generation) {
        for expected in [RealtimeEventKind::SpeechStarted, RealtimeEventKind::SpeechEnded] {
            let event = self.next().await;
            assert_eq!((event.generation, event.kind), (generation, expected));
        }
    }

    async fn next(&mut self) -> RealtimeEvent {
        let event = patiently(self.session.events.next()).await;
        let event = event.expect("the conversation ended");
        self.taken += 1;
        if let RealtimeEventKind::ResponseFailed(err) | RealtimeEventKind::Failed(err) = &event.kind {
            panic!("the provider failed: {err}");
        }
        event
    }

    async fn until(&mut self, mut condition: impl FnMut(&RealtimeEventKind) -> bool) {
        while !condition(&self.next().await.kind) {}
    }

    /// Reads one complete answer and checks its order.
    async fn answer(&mut self, generation: Generation) -> Spoken {
        let mut spoken = Spoken::default();
        let mut started = false;
        loop {
            let event = self.next().await;
            if !is_response(&event.kind) {
                continue;
            }
            assert_eq!(event.generation, generation, "{:?}", event.kind);
            let begins = matches!(event.kind, RealtimeEventKind::ResponseStarted);
            assert_ne!(started, begins, "{:?} is out of order", event.kind);
            started = true;
            match event.kind {
                RealtimeEventKind::TextDelta(delta) => spoken.text.push_str(&delta),
                RealtimeEventKind::Audio(samples) => spoken.samples.extend(samples),
                RealtimeEventKind::ResponseDone { .. } => return spoken,
                _ => {}
            }
        }
    }

    /// Drops the commands and reads what is left, which must end.
    async fn close(self) -> Vec<RealtimeEvent> {
        drop(self.session.commands);
        patiently(self.session.events.collect()).await
    }
}

fn is_response(kind: &RealtimeEventKind) -> bool {
    matches!(
        kind,
        RealtimeEventKind::ResponseStarted
            | RealtimeEventKind::TextDelta(_)
            | RealtimeEventKind::Audio(_)
            | RealtimeEventKind::ResponseDone { .. }
    )
}

async fn patiently<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("nothing happened")
}
