//! What every [`SpeechToText`] must do.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use viva_domain::ports::{
    ProviderErrorKind, SpeechToText, SpeechToTextCapabilities, SpeechToTextCommand, SpeechToTextEvent,
    SpeechToTextEventKind, SpeechToTextSession,
};
use viva_domain::sessions::ProviderConfig;
use viva_domain::turns::Limits;

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig))`, where the
/// configuration names the provider and nothing else that it would not take. A second of sound must be understood as
/// something, silence as nothing.
#[macro_export]
macro_rules! speech_to_text_contract {
    ($factory:ident) => {
        $crate::contract_cases!(speech_to_text, $factory:
            resolving_again_changes_nothing,
            the_session_waits_longer_than_the_ears_may_take,
            unknown_options_are_refused,
            an_utterance_is_written_down,
            every_utterance_is_answered_once,
            nothing_said_is_an_empty_text,
            orders_in_a_row_are_all_answered,
            every_answer_names_its_order,
            a_turn_in_one_piece_is_written_down,
            audio_alone_ends_no_utterance,
            a_burst_of_audio_waits,
            a_detected_turn_begins_before_it_ends,
            the_session_ends_with_its_commands,
            sessions_do_not_mix,
        );
    };
}

/// Longer than any provider thinks in a test. Only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);
/// Portions of audio, 20 ms each.
const PORTIONS_PER_SECOND: usize = 50;
/// So many a client may send at once: 5 s.
const BURST: usize = 5 * PORTIONS_PER_SECOND;
/// How much of the speech has passed when it is told that it began.
const NOTICED_AFTER: usize = 5;

pub async fn resolving_again_changes_nothing(ears: &dyn SpeechToText, config: ProviderConfig) {
    let resolved = ears.resolve(&config).unwrap();
    assert_eq!(resolved.provider, config.provider);
    assert_eq!(ears.resolve(&resolved).unwrap(), resolved);
}

pub async fn the_session_waits_longer_than_the_ears_may_take(
    ears: &dyn SpeechToText,
    config: ProviderConfig,
) {
    let within = ears.capabilities(&config).answers_within;
    assert!(within < Limits::default().response, "{within:?}");
}

pub async fn unknown_options_are_refused(ears: &dyn SpeechToText, mut config: ProviderConfig) {
    config
        .options
        .insert("no_such_option".to_owned(), "true".to_owned());
    let err = ears.resolve(&config).unwrap_err();
    match err.kind {
        ProviderErrorKind::InvalidConfig(message) => {
            assert!(message.contains("no_such_option"), "{message}");
        }
        other => panic!("expected an invalid configuration, got {other:?}"),
    }
}

pub async fn an_utterance_is_written_down(ears: &dyn SpeechToText, config: ProviderConfig) {
    let mut talk = Talk::open(ears, &config).await;
    talk.speak().await;
    talk.finalize().await;
    let text = talk.text().await;
    assert!(!text.is_empty(), "nothing was understood");
    assert_eq!(text.trim(), text);
}

pub async fn every_utterance_is_answered_once(ears: &dyn SpeechToText, config: ProviderConfig) {
    let mut talk = Talk::open(ears, &config).await;
    for _ in 0..3 {
        talk.speak().await;
        talk.finalize().await;
        assert!(!talk.text().await.is_empty(), "nothing was understood");
    }
    for event in talk.close().await {
        assert!(!is_final(&event.kind), "{event:?} was not asked for");
    }
}

pub async fn nothing_said_is_an_empty_text(ears: &dyn SpeechToText, config: ProviderConfig) {
    let mut talk = Talk::open(ears, &config).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "", "without audio");
    talk.stay_silent().await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "", "in silence");
    talk.speak().await;
    talk.finalize().await;
    assert!(!talk.text().await.is_empty(), "it no longer listens");
}

pub async fn orders_in_a_row_are_all_answered(ears: &dyn SpeechToText, config: ProviderConfig) {
    let mut talk = Talk::open(ears, &config).await;
    talk.speak().await;
    for _ in 0..3 {
        talk.finalize().await;
    }
    let texts = [talk.text().await, talk.text().await, talk.text().await];
    assert!(!texts[0].is_empty(), "{texts:?} is out of order");
    assert_eq!([&texts[1], &texts[2]], ["", ""]);
}

/// The numbers are the session's: they grow, and leave some out.
pub async fn every_answer_names_its_order(ears: &dyn SpeechToText, config: ProviderConfig) {
    let mut talk = Talk::open(ears, &config).await;
    for numbers in [[7, 8, 100], [101, 4_000, u64::MAX]] {
        talk.speak().await;
        for number in numbers {
            talk.order(number).await;
        }
        for number in numbers {
            assert_eq!(talk.answer().await, Some(number));
        }
    }
    for event in talk.close().await {
        assert_eq!(event.answers, None, "{event:?}");
    }
}

/// As it is told to a provider that takes another one's place in the middle of a turn; where that begins may be told
/// before the audio or after it.
pub async fn a_turn_in_one_piece_is_written_down(ears: &dyn SpeechToText, config: ProviderConfig) {
    for told_before in [true, false] {
        let mut talk = Talk::open(ears, &config).await;
        let piece = talk.wave().repeat(30);
        if told_before {
            talk.began(Duration::ZERO).await;
        }
        talk.send(SpeechToTextCommand::Audio(piece.into())).await;
        if !told_before {
            talk.began(Duration::from_secs(30)).await;
        }
        talk.finalize().await;
        assert!(!talk.text().await.is_empty(), "nothing was understood");
    }
}

/// Says nothing about a provider that detects turns.
pub async fn audio_alone_ends_no_utterance(ears: &dyn SpeechToText, config: ProviderConfig) {
    let mut talk = Talk::open(ears, &config).await;
    if talk.capabilities.detects_turns {
        return;
    }
    talk.speak().await;
    for event in talk.close().await {
        assert!(
            matches!(event.kind, SpeechToTextEventKind::Partial(_)),
            "{event:?} was not asked for"
        );
    }
}

/// Says nothing about a provider that leaves finding turns to the session.
pub async fn a_burst_of_audio_waits(ears: &dyn SpeechToText, config: ProviderConfig) {
    let mut talk = Talk::open(ears, &config).await;
    let portion = vec![0; talk.capabilities.input_rate as usize / PORTIONS_PER_SECOND];
    // Nobody has taken any of it yet.
    for number in 1..=BURST {
        let audio = SpeechToTextCommand::Audio(portion.clone().into());
        let sent = talk.session.commands.try_send(audio);
        assert!(sent.is_ok(), "portion {number} of {BURST} was lost");
    }
    talk.close().await;
}

pub async fn a_detected_turn_begins_before_it_ends(ears: &dyn SpeechToText, config: ProviderConfig) {
    let mut talk = Talk::open(ears, &config).await;
    if !talk.capabilities.detects_turns {
        return;
    }
    for _ in 0..2 {
        talk.speak().await;
        let first = talk.next().await;
        assert_eq!(first.kind, SpeechToTextEventKind::SpeechStarted);
        talk.finalize().await;
        assert!(!talk.text().await.is_empty(), "nothing was understood");
    }
}

pub async fn the_session_ends_with_its_commands(ears: &dyn SpeechToText, config: ProviderConfig) {
    let mut unused = Talk::open(ears, &config).await;
    unused.stay_silent().await;
    unused.close().await;
    let mut used = Talk::open(ears, &config).await;
    used.speak().await;
    used.finalize().await;
    used.close().await;
}

pub async fn sessions_do_not_mix(ears: &dyn SpeechToText, config: ProviderConfig) {
    let mut speaking = Talk::open(ears, &config).await;
    let mut silent = Talk::open(ears, &config).await;
    speaking.speak().await;
    silent.stay_silent().await;
    speaking.finalize().await;
    silent.finalize().await;
    let (said, nothing) = tokio::join!(speaking.text(), silent.text());
    assert!(!said.is_empty(), "nothing was understood");
    assert_eq!(nothing, "");
}

/// An open session.
struct Talk {
    capabilities: SpeechToTextCapabilities,
    session: SpeechToTextSession,
    /// Orders to write down so far.
    ordered: u64,
}

impl Talk {
    async fn open(ears: &dyn SpeechToText, config: &ProviderConfig) -> Self {
        let config = ears.resolve(config).unwrap();
        Self {
            capabilities: ears.capabilities(&config),
            session: ears.connect(config).await.unwrap(),
            ordered: 0,
        }
    }

    async fn send(&mut self, command: SpeechToTextCommand) {
        patiently(self.session.commands.send(command)).await.unwrap();
    }

    async fn finalize(&mut self) {
        self.ordered += 1;
        self.order(self.ordered).await;
    }

    async fn order(&mut self, number: u64) {
        self.send(SpeechToTextCommand::Finalize { number }).await;
    }

    async fn began(&mut self, ago: Duration) {
        self.send(SpeechToTextCommand::SpeechBegan { ago }).await;
    }

    /// A second of a 200 Hz triangle wave.
    fn wave(&self) -> Vec<i16> {
        let rate = i32::try_from(self.capabilities.input_rate).unwrap();
        let period = rate / 200;
        (0..rate)
            .map(|at| i16::try_from(((at % period) * 2 - period).abs() * 16_000 / period - 8_000).unwrap())
            .collect()
    }

    /// A second of speech in portions of 20 ms; that it began is told as a voice detector would.
    async fn speak(&mut self) {
        let wave = self.wave();
        for (number, portion) in wave.chunks(wave.len() / PORTIONS_PER_SECOND).enumerate() {
            if number == NOTICED_AFTER {
                let ago = Duration::from_millis(20 * NOTICED_AFTER as u64);
                self.began(ago).await;
            }
            self.send(SpeechToTextCommand::Audio(portion.into())).await;
        }
    }

    /// Half a second of silence.
    async fn stay_silent(&mut self) {
        let portion = vec![0; self.capabilities.input_rate as usize / PORTIONS_PER_SECOND];
        for _ in 0..PORTIONS_PER_SECOND / 2 {
            self.send(SpeechToTextCommand::Audio(portion.clone().into()))
                .await;
        }
    }

    async fn next(&mut self) -> SpeechToTextEvent {
        let event = patiently(self.session.events.next()).await;
        let event = event.expect("the session ended");
        if let SpeechToTextEventKind::FinalFailed(err) | SpeechToTextEventKind::Failed(err) = &event.kind {
            panic!("the provider failed: {err}");
        }
        assert!(event.answers.is_none() || is_final(&event.kind), "{event:?}");
        event
    }

    /// Which order the next final text answers.
    async fn answer(&mut self) -> Option<u64> {
        loop {
            let event = self.next().await;
            if is_final(&event.kind) {
                return event.answers;
            }
        }
    }

    /// The next final text.
    async fn text(&mut self) -> String {
        loop {
            if let SpeechToTextEventKind::Final(text) = self.next().await.kind {
                return text;
            }
        }
    }

    /// Drops the commands and reads what is left, which must end.
    async fn close(self) -> Vec<SpeechToTextEvent> {
        drop(self.session.commands);
        patiently(self.session.events.collect()).await
    }
}

fn is_final(kind: &SpeechToTextEventKind) -> bool {
    matches!(
        kind,
        SpeechToTextEventKind::Final(_) | SpeechToTextEventKind::FinalFailed(_)
    )
}

async fn patiently<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("nothing happened")
}
