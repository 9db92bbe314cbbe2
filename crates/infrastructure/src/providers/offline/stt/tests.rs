//! Conversations as a session has them, on a paused clock.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use rstest::rstest;
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;
use viva_contract::speech_to_text_contract;
use viva_domain::ports::{
    ProviderErrorKind, SpeechToText, SpeechToTextCommand, SpeechToTextEvent, SpeechToTextEventKind,
    SpeechToTextSession,
};
use viva_domain::sessions::ProviderConfig;

use super::OfflineSpeechToText;
use crate::providers::testing;

/// Longer than anything that happens.
const HOUR: Duration = Duration::from_hours(1);

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn stt() -> OfflineSpeechToText {
    OfflineSpeechToText::new(TaskTracker::new())
}

fn config(options: &[(&str, &str)]) -> ProviderConfig {
    ProviderConfig {
        options: testing::options(options),
        ..ProviderConfig::of("offline")
    }
}

/// An open pair of ears.
struct Talk {
    session: SpeechToTextSession,
    /// Orders to write down so far.
    ordered: u64,
}

impl Talk {
    async fn open(options: &[(&str, &str)]) -> Self {
        Self::with(&stt(), config(options)).await
    }

    async fn with(stt: &OfflineSpeechToText, config: ProviderConfig) -> Self {
        let config = stt.resolve(&config).unwrap();
        Self {
            session: stt.connect(config).await.unwrap(),
            ordered: 0,
        }
    }

    async fn send(&mut self, command: SpeechToTextCommand) {
        self.session.commands.send(command).await.unwrap();
    }

    async fn speak(&mut self, loudness: i16, ms: usize) {
        for portion in vec![loudness; ms * 16].chunks(320) {
            self.send(SpeechToTextCommand::Audio(portion.into())).await;
        }
    }

    async fn finalize(&mut self) -> Instant {
        self.ordered += 1;
        let number = self.ordered;
        self.send(SpeechToTextCommand::Finalize { number }).await;
        Instant::now()
    }

    async fn next(&mut self) -> SpeechToTextEvent {
        let event = timeout(HOUR, self.session.events.next()).await;
        event.expect("nothing is said").expect("the conversation is over")
    }

    async fn text(&mut self) -> String {
        match self.next().await.kind {
            SpeechToTextEventKind::Final(text) => text,
            other => panic!("unexpected {other:?}"),
        }
    }

    async fn stays_silent(&mut self) {
        if let Ok(event) = timeout(HOUR, self.session.events.next()).await {
            panic!("nobody asked for {event:?}");
        }
    }
}

async fn offline(case: impl AsyncFnOnce(&dyn SpeechToText, ProviderConfig)) {
    tokio::time::pause();
    let stt = stt();
    case(&stt, config(&[])).await;
    nothing_runs(&stt).await;
}

speech_to_text_contract!(offline);

async fn nothing_runs(stt: &OfflineSpeechToText) {
    stt.tasks.close();
    timeout(HOUR, stt.tasks.wait())
        .await
        .expect("something still runs");
}

#[test]
fn what_it_can_do_and_needs_is_told() {
    let config = config(&[("delay_ms", "0")]);
    let capabilities = stt().capabilities(&config);
    assert!(capabilities.streams && !capabilities.detects_turns);
    assert_eq!(capabilities.input_rate, 16_000);
    let resolved = stt().resolve(&config).unwrap();
    assert_eq!(resolved.language.as_deref(), Some("en"));
    assert_eq!((resolved.model, resolved.voice), (None, None));
    let info = stt().info();
    let tags: Vec<&str> = info
        .languages
        .iter()
        .map(|language| language.tag.as_str())
        .collect();
    assert_eq!((info.id.as_str(), tags.len()), ("offline", 5));
    assert!(info.models.is_empty() && info.voices.is_empty());
}

#[rstest]
#[case(ProviderConfig { model: Some("big".to_owned()), ..config(&[]) }, "model \"big\" is unknown; the offline provider has no models")]
#[case(ProviderConfig { voice: Some("anna".to_owned()), ..config(&[]) }, "voice \"anna\" is of no use here; only speech has a voice")]
#[case(ProviderConfig { language: Some("tlh".to_owned()), ..config(&[]) }, "language \"tlh\" is not spoken; use one of en, zh-TW, de, fr, es")]
#[case(config(&[("delay_ms", "x")]), "options.delay_ms must be a whole number from 0 to 60000")]
#[tokio::test]
async fn what_is_not_there_is_refused_by_name(#[case] config: ProviderConfig, #[case] message: &str) {
    let expected = ProviderErrorKind::InvalidConfig(message.to_owned());
    assert_eq!(stt().resolve(&config).unwrap_err().kind, expected);
    assert_eq!(stt().connect(config).await.unwrap_err().kind, expected);
}

#[rstest]
#[case("0")]
#[case("1")]
#[case("100")]
#[case("60000")]
#[tokio::test(start_paused = true)]
async fn the_text_comes_exactly_after_the_delay(#[case] delay_ms: &str) {
    let mut talk = Talk::open(&[("delay_ms", delay_ms)]).await;
    for _ in 0..3 {
        talk.speak(3_000, 500).await;
        let ordered = talk.finalize().await;
        let event = talk.next().await;
        assert_eq!(event.at - ordered.into_std(), ms(delay_ms.parse().unwrap()));
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_delay_of_its_own_it_takes_100_ms() {
    let mut talk = Talk::open(&[]).await;
    let ordered = talk.finalize().await;
    assert_eq!(talk.next().await.at - ordered.into_std(), ms(100));
}

#[tokio::test(start_paused = true)]
async fn audio_that_goes_on_does_not_move_the_text() {
    let mut talk = Talk::open(&[("delay_ms", "90")]).await;
    talk.speak(3_000, 400).await;
    let ordered = talk.finalize().await;
    for _ in 0..4 {
        tokio::time::sleep(ms(20)).await;
        talk.speak(3_000, 20).await;
    }
    let event = talk.next().await;
    assert_eq!(event.at - ordered.into_std(), ms(90));
    assert_eq!(
        event.kind,
        SpeechToTextEventKind::Final("[0.4 s of speech]".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn jitter_is_added_the_same_way_every_time() {
    let options = [("delay_ms", "100"), ("jitter_ms", "50"), ("seed", "7")];
    let mut delays = Vec::new();
    for _ in 0..2 {
        let mut talk = Talk::open(&options).await;
        for _ in 0..5 {
            let ordered = talk.finalize().await;
            delays.push(talk.next().await.at - ordered.into_std());
        }
    }
    assert_eq!(delays[..5], delays[5..]);
    assert!(
        delays.iter().all(|delay| (ms(100)..=ms(151)).contains(delay)),
        "{delays:?}"
    );
    assert!(delays.iter().any(|delay| *delay != delays[0]), "{delays:?}");
}

#[tokio::test(start_paused = true)]
async fn it_says_how_much_it_heard_in_its_language() {
    let german = ProviderConfig {
        language: Some("de-AT".to_owned()),
        ..config(&[("transcripts", r#"["Wie spät ist es?"]"#)])
    };
    let mut talk = Talk::with(&stt(), german).await;
    talk.speak(3_000, 3_400).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "Wie spät ist es?");
    talk.speak(10, 700).await;
    talk.send(SpeechToTextCommand::SpeechBegan { ago: Duration::ZERO })
        .await;
    talk.speak(3_000, 3_400).await;
    talk.speak(10, 500).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "[3,4 s Sprache]");
    talk.speak(10, 700).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "");
}

#[tokio::test(start_paused = true)]
async fn orders_that_come_together_are_answered_in_order() {
    let mut talk = Talk::open(&[("transcripts", r#"["one", "two", "three"]"#)]).await;
    for _ in 0..3 {
        talk.finalize().await;
    }
    for expected in ["one", "two", "three"] {
        assert_eq!(talk.text().await, expected);
    }
    talk.stays_silent().await;
}

#[tokio::test(start_paused = true)]
async fn orders_beyond_what_it_keeps_wait_and_are_answered_too() {
    let mut talk = Talk::open(&[("delay_ms", "1000")]).await;
    let (mut commands, events) = (talk.session.commands, talk.session.events);
    let order = async {
        for number in 0..200 {
            let order = SpeechToTextCommand::Finalize { number };
            commands.send(order).await.unwrap();
        }
        commands
    };
    let (_commands, texts) = tokio::join!(order, events.take(200).count());
    assert_eq!(texts, 200);
    talk = Talk::open(&[]).await;
    talk.stays_silent().await;
}

#[tokio::test(start_paused = true)]
async fn a_text_that_fails_leaves_the_conversation() {
    let mut talk = Talk::open(&[("fault", "\"fail\""), ("fail_turn", "1")]).await;
    let ordered = talk.finalize().await;
    let event = talk.next().await;
    assert_eq!(event.at - ordered.into_std(), ms(100));
    assert!(matches!(event.kind, SpeechToTextEventKind::FinalFailed(_)));
    talk.finalize().await;
    talk.text().await;
}

#[tokio::test(start_paused = true)]
async fn who_hangs_says_nothing_any_more() {
    let mut talk = Talk::open(&[("fault", "\"hang\""), ("fail_turn", "2")]).await;
    talk.finalize().await;
    talk.text().await;
    for _ in 0..3 {
        talk.finalize().await;
    }
    talk.stays_silent().await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_conversation_says_so_and_ends() {
    let mut talk = Talk::open(&[("fault", "\"drop\"")]).await;
    talk.finalize().await;
    assert!(matches!(talk.next().await.kind, SpeechToTextEventKind::Failed(_)));
    assert_eq!(talk.session.events.next().await, None);
}

#[rstest]
#[case("unavailable", ProviderErrorKind::Unavailable, None)]
#[case("rate_limited", ProviderErrorKind::RateLimited, Some(Duration::from_secs(1)))]
#[tokio::test]
async fn connecting_fails_as_asked(
    #[case] name: &str,
    #[case] kind: ProviderErrorKind,
    #[case] retry_after: Option<Duration>,
) {
    let stt = stt();
    let config = config(&[("fail_connect", &format!("{name:?}"))]);
    let err = stt.connect(stt.resolve(&config).unwrap()).await.unwrap_err();
    assert_eq!((err.kind, err.retry_after), (kind, retry_after));
    assert!(stt.tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_conversation_ends_with_either_channel() {
    let stt = stt();
    drop(Talk::with(&stt, config(&[])).await);
    let mut deaf = Talk::with(&stt, config(&[])).await;
    deaf.finalize().await;
    drop(deaf.session.events);
    let mut mute = Talk::with(&stt, config(&[])).await;
    mute.speak(3_000, 100).await;
    drop(mute.session.commands);
    assert_eq!(mute.session.events.next().await, None);
    nothing_runs(&stt).await;
}
