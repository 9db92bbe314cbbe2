use std::time::Duration;

use futures_util::StreamExt;
use rstest::rstest;
use tempfile::TempDir;
use tokio_util::task::TaskTracker;
use viva_audio::{Clip, SampleRate};
use viva_domain::ports::{ProviderErrorKind, RealtimeEventKind, RealtimeVoice};

use super::super::OfflineRealtimeVoice;
use super::talk::{SHORT, Talk, config, request, voice};
use crate::providers::speech::SpeechSynthesizer;
use crate::providers::speech::fake_program::{pipe, program};

#[rstest]
#[case("unavailable", ProviderErrorKind::Unavailable, None)]
#[case("credential_invalid", ProviderErrorKind::CredentialInvalid, None)]
#[case("rate_limited", ProviderErrorKind::RateLimited, Some(Duration::from_secs(1)))]
#[case("quota_exceeded", ProviderErrorKind::QuotaExceeded, None)]
#[tokio::test(start_paused = true)]
async fn connecting_fails_as_asked(
    #[case] name: &str,
    #[case] kind: ProviderErrorKind,
    #[case] retry_after: Option<Duration>,
) {
    let voice = voice();
    let config = config(&[("fail_connect", &format!("{name:?}"))]);
    let config = voice.resolve(&config).unwrap();
    let err = voice.connect(request(config)).await.unwrap_err();
    assert_eq!((err.kind, err.retry_after), (kind, retry_after));
    assert_eq!(err.provider, "offline");
    assert!(voice.tasks.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failed_answer_leaves_the_conversation() {
    let mut talk = Talk::open(&[SHORT, ("fail_after_chunks", "2"), ("fail_turn", "2")]).await;
    assert!(talk.answer().await.failure.is_none());
    let heard = talk.answer().await;
    assert!(matches!(
        heard.failure.unwrap().kind,
        ProviderErrorKind::Failed(_)
    ));
    assert_eq!(heard.chunks.len(), 2);
    talk.stays_silent().await;
    assert!(talk.answer().await.failure.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_fault_without_a_turn_befalls_every_answer_but_not_the_greeting() {
    let mut talk = Talk::open(&[SHORT, ("fail_after_chunks", "0")]).await;
    talk.greet().await;
    assert!(talk.listen().await.failure.is_none());
    for _ in 0..2 {
        let heard = talk.answer().await;
        assert!(heard.failure.is_some() && heard.chunks.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_hangs_can_be_interrupted() {
    let mut talk = Talk::open(&[SHORT, ("hang_after_chunks", "3"), ("fail_turn", "1")]).await;
    talk.commit().await;
    let mut chunks = 0;
    while chunks < 3 {
        chunks += usize::from(matches!(talk.next().await.kind, RealtimeEventKind::Audio(_)));
    }
    talk.stays_silent().await;
    talk.interrupt().await;
    talk.stays_silent().await;
    assert!(talk.answer().await.failure.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_conversation_says_so_and_ends() {
    let mut talk = Talk::open(&[SHORT, ("drop_after_chunks", "1")]).await;
    talk.commit().await;
    let mut last = None;
    while let Some(event) = talk.session.events.next().await {
        last = Some(event.kind);
    }
    assert!(matches!(last, Some(RealtimeEventKind::Failed(_))), "{last:?}");
}

/// Speaks with a program of the test's own.
async fn speaking_with(folder: &TempDir, speak: &str) -> OfflineRealtimeVoice {
    let script = format!(
        "if [ \"$1\" = --voices ]; then printf 'Pty Language\\n 5 en-us\\n'; exit; fi\ntext=$(cat)\n{speak}"
    );
    let speech = SpeechSynthesizer::find(program(folder, &script)).await;
    OfflineRealtimeVoice::new(speech, TaskTracker::new())
}

#[tokio::test]
async fn an_answer_that_cannot_be_spoken_fails() {
    let folder = TempDir::new().unwrap();
    let voice = speaking_with(&folder, "exit 1").await;
    let mut talk = Talk::with(&voice, request(config(&[("delay_ms", "0")]))).await;
    for _ in 0..2 {
        let failure = talk.answer().await.failure.unwrap();
        assert_eq!(
            failure.kind,
            ProviderErrorKind::Failed("the answer could not be spoken".to_owned())
        );
        assert!(failure.source.is_some());
    }
}

/// The program speaks when somebody opened and closed the pipe.
#[tokio::test]
async fn an_answer_that_is_not_ready_in_time_comes_as_soon_as_it_is() {
    let folder = TempDir::new().unwrap();
    let clip = Clip {
        rate: SampleRate::HZ_24K,
        samples: vec![5_000; 2_400],
    };
    std::fs::write(folder.path().join("wav"), clip.to_wav_bytes()).unwrap();
    let gate = pipe(&folder, "gate");
    let script = format!(
        "if [ \"$text\" = One ]; then cat '{}'; fi; cat '{}'",
        gate.display(),
        folder.path().join("wav").display()
    );
    let voice = speaking_with(&folder, &script).await;
    let options = [("delay_ms", "0"), ("answers", r#"["One"]"#)];
    let mut talk = Talk::with(&voice, request(config(&options))).await;
    talk.commit().await;
    let first = talk.next().await;
    assert!(
        matches!(first.kind, RealtimeEventKind::UserTranscript { .. }),
        "{first:?}"
    );
    // Opening the pipe waits for the program, which goes on when the pipe is closed.
    tokio::fs::write(gate, "").await.unwrap();
    let heard = talk.listen().await;
    assert!(heard.samples() == clip.samples, "{:?}", heard.failure);
}
