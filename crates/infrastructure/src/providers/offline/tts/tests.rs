//! Texts as a session has them spoken, on a paused clock.

use std::time::Duration;

use futures_util::StreamExt;
use rstest::rstest;
use tempfile::TempDir;
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;
use viva_contract::text_to_speech_contract;
use viva_domain::ports::{ProviderError, ProviderErrorKind, SpeechPart, TextToSpeech, TextToSpeechRequest};
use viva_domain::sessions::ProviderConfig;

use super::OfflineTextToSpeech;
use crate::providers::speech::fake_program::{pipe, program};
use crate::providers::speech::{Speaker, SpeechSynthesizer};
use crate::providers::testing;

/// Longer than anything that happens.
const HOUR: Duration = Duration::from_hours(1);

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn tts() -> OfflineTextToSpeech {
    OfflineTextToSpeech::new(SpeechSynthesizer::synthetic(), TaskTracker::new())
}

fn config(options: &[(&str, &str)]) -> ProviderConfig {
    ProviderConfig {
        options: testing::options(options),
        ..ProviderConfig::of("offline")
    }
}

fn request(tts: &OfflineTextToSpeech, config: &ProviderConfig) -> TextToSpeechRequest {
    TextToSpeechRequest {
        config: tts.resolve(config).unwrap(),
        text: "Hi you.".to_owned(),
        previous_text: String::new(),
    }
}

/// What came of a request, and when.
#[derive(Debug, Default)]
struct Spoken {
    pieces: Vec<(Duration, Vec<i16>)>,
    failure: Option<ProviderError>,
    /// Nothing came for an hour.
    hangs: bool,
    end: Duration,
}

impl Spoken {
    fn samples(&self) -> Vec<i16> {
        self.pieces.iter().flat_map(|(_, piece)| piece).copied().collect()
    }
}

async fn spoken(options: &[(&str, &str)]) -> Spoken {
    let tts = tts();
    let spoken = listen(&tts, request(&tts, &config(options))).await;
    nothing_runs(&tts).await;
    spoken
}

async fn listen(tts: &OfflineTextToSpeech, request: TextToSpeechRequest) -> Spoken {
    let asked = Instant::now();
    let mut stream = tts.speak(request).await.unwrap();
    let mut spoken = Spoken::default();
    loop {
        match timeout(HOUR, stream.next()).await {
            Ok(Some(Ok(SpeechPart::Audio(piece)))) => spoken.pieces.push((asked.elapsed(), piece)),
            Ok(Some(Ok(SpeechPart::Mark(mark)))) => panic!("it knows nothing of words: {mark:?}"),
            Ok(Some(Err(err))) => spoken.failure = Some(err),
            Ok(None) => break,
            Err(_) => {
                spoken.hangs = true;
                break;
            }
        }
    }
    spoken.end = asked.elapsed();
    spoken
}

async fn nothing_runs(tts: &OfflineTextToSpeech) {
    tts.tasks.close();
    timeout(HOUR, tts.tasks.wait())
        .await
        .expect("something still runs");
}

async fn offline(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
    let tts = tts();
    case(&tts, config(&[("delay_ms", "0")])).await;
    nothing_runs(&tts).await;
}

async fn offline_at_speaking_speed(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
    tokio::time::pause();
    let tts = tts();
    case(&tts, config(&[("pace", "\"realtime\"")])).await;
    nothing_runs(&tts).await;
}

text_to_speech_contract!(offline);
text_to_speech_contract!(offline_at_speaking_speed);

#[rstest]
#[case("0")]
#[case("1")]
#[case("120")]
#[case("60000")]
#[tokio::test(start_paused = true)]
async fn the_first_piece_comes_exactly_after_the_delay(#[case] delay_ms: &str) {
    let spoken = spoken(&[("delay_ms", delay_ms)]).await;
    assert_eq!(spoken.pieces[0].0, ms(delay_ms.parse().unwrap()));
    assert_eq!(spoken.end, spoken.pieces[0].0, "the rest follows at once");
}

#[tokio::test(start_paused = true)]
async fn without_a_delay_of_its_own_it_takes_50_ms() {
    assert_eq!(spoken(&[]).await.pieces[0].0, ms(50));
}

#[tokio::test(start_paused = true)]
async fn at_speaking_speed_every_piece_comes_in_its_time() {
    let options = [("delay_ms", "100"), ("pace", "\"realtime\""), ("chunk_ms", "20")];
    let spoken = spoken(&options).await;
    assert!(spoken.pieces.len() > 10);
    for (nth, (after, _)) in (0..).zip(&spoken.pieces) {
        assert_eq!(*after, ms(100 + 20 * nth));
    }
    let length = Duration::from_secs_f64(spoken.samples().len() as f64 / 24_000.0);
    assert!(
        spoken.end >= ms(100) + length && spoken.end < ms(101) + length,
        "{spoken:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn leading_silence_is_exact() {
    let with = spoken(&[("lead_silence_ms", "250")]).await;
    let samples = with.samples();
    assert_eq!(samples.iter().position(|sample| *sample != 0), Some(250 * 24));
    assert_eq!(samples[250 * 24..], spoken(&[]).await.samples());
    assert_eq!(with.pieces[0].0, ms(50));
}

#[tokio::test(start_paused = true)]
async fn speech_that_nobody_reads_yet_is_made_meanwhile() {
    let tts = tts();
    let mut stream = tts.speak(request(&tts, &config(&[]))).await.unwrap();
    nothing_runs(&tts).await;
    tokio::time::sleep(ms(60)).await;
    let read = Instant::now();
    assert!(stream.next().await.unwrap().is_ok());
    assert_eq!(read.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn speech_fails_hangs_or_is_lost_as_asked() {
    let fails = spoken(&[("fail_after_chunks", "2")]).await;
    assert_eq!(fails.pieces.len(), 2);
    assert!(matches!(
        fails.failure.unwrap().kind,
        ProviderErrorKind::Failed(_)
    ));
    let hangs = spoken(&[("hang_after_chunks", "1")]).await;
    assert!(hangs.hangs && hangs.pieces.len() == 1);
    let lost = spoken(&[("drop_after_chunks", "0")]).await;
    assert!(lost.pieces.is_empty());
    assert_eq!(lost.failure.unwrap().kind, ProviderErrorKind::Unavailable);
    let short = spoken(&[("fail_after_chunks", "100000")]).await;
    assert!(short.failure.is_none() && !short.hangs);
}

#[rstest]
#[case("credential_invalid", ProviderErrorKind::CredentialInvalid, None)]
#[case("rate_limited", ProviderErrorKind::RateLimited, Some(Duration::from_secs(1)))]
#[tokio::test]
async fn the_request_fails_as_asked(
    #[case] name: &str,
    #[case] kind: ProviderErrorKind,
    #[case] retry_after: Option<Duration>,
) {
    let tts = tts();
    let config = config(&[("fail_connect", &format!("{name:?}"))]);
    let err = tts.speak(request(&tts, &config)).await.err().unwrap();
    assert_eq!((err.kind, err.retry_after), (kind, retry_after));
    assert!(tts.tasks.is_empty());
}

#[test]
fn a_voice_that_speaks_the_language_is_filled_in() {
    let swahili = ProviderConfig {
        language: Some("sw".to_owned()),
        ..config(&[])
    };
    let resolved = tts().resolve(&swahili).unwrap();
    assert_eq!(resolved.voice.as_deref(), Some("synthetic"));
    assert_eq!(resolved.language.as_deref(), Some("sw"));
    assert_eq!(
        tts().resolve(&config(&[])).unwrap().language.as_deref(),
        Some("en")
    );
    assert_eq!(tts().info().voices.len(), 1);
    assert_eq!(tts().capabilities(&resolved).output_rate, 24_000);
}

#[rstest]
#[case(ProviderConfig { model: Some("big".to_owned()), ..config(&[]) }, "model \"big\" is unknown; the offline provider has no models")]
#[case(ProviderConfig { voice: Some("espeak".to_owned()), ..config(&[]) }, "voice \"espeak\" does not speak en here; there are synthetic")]
fn what_is_not_there_is_refused_by_name(#[case] config: ProviderConfig, #[case] message: &str) {
    let err = tts().resolve(&config).unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message.to_owned()));
}

/// Speaks with a program of the test's own.
async fn speaking_with(folder: &TempDir, speak: &str) -> OfflineTextToSpeech {
    let script = format!(
        "if [ \"$1\" = --voices ]; then printf 'Pty Language\\n 5 en-us\\n'; exit; fi\ntext=$(cat)\n{speak}"
    );
    let speech = SpeechSynthesizer::find(program(folder, &script)).await;
    assert!(speech.speaks(Speaker::Espeak, "en"));
    OfflineTextToSpeech::new(speech, TaskTracker::new())
}

#[tokio::test]
async fn a_text_that_cannot_be_spoken_fails() {
    let folder = TempDir::new().unwrap();
    let tts = speaking_with(&folder, "exit 1").await;
    let failure = listen(&tts, request(&tts, &config(&[("delay_ms", "0")])))
        .await
        .failure
        .unwrap();
    assert_eq!(
        failure.kind,
        ProviderErrorKind::Failed("the answer could not be spoken".to_owned())
    );
    assert!(failure.source.is_some());
}

/// The program would wait for ever for somebody who opens the pipe.
#[tokio::test]
async fn dropping_the_stream_stops_the_work() {
    let folder = TempDir::new().unwrap();
    let gate = pipe(&folder, "gate");
    let tts = speaking_with(&folder, &format!("cat '{}'", gate.display())).await;
    let stream = tts.speak(request(&tts, &config(&[]))).await.unwrap();
    assert_eq!(tts.tasks.len(), 1);
    drop(stream);
    nothing_runs(&tts).await;
}
