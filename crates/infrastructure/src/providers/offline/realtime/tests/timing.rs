use std::time::Duration;

use rstest::rstest;
use tokio::time::Instant;
use viva_audio::Level;
use viva_domain::ports::RealtimeEventKind;

use super::talk::{SHORT, Talk, config, request, voice};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[rstest]
#[case("0")]
#[case("1")]
#[case("300")]
#[case("60000")]
#[tokio::test(start_paused = true)]
async fn the_first_audio_comes_exactly_after_the_delay(#[case] delay_ms: &str) {
    let mut talk = Talk::open(&[SHORT, ("delay_ms", delay_ms)]).await;
    for _ in 0..3 {
        let heard = talk.answer().await;
        assert_eq!(heard.first_audio, Some(ms(delay_ms.parse().unwrap())));
        assert_eq!(heard.end, heard.first_audio.unwrap(), "the rest follows at once");
    }
    talk.greet().await;
    let heard = talk.listen().await;
    assert_eq!(heard.first_audio, Some(ms(delay_ms.parse().unwrap())));
}

#[tokio::test(start_paused = true)]
async fn what_was_heard_is_told_without_delay() {
    let mut talk = Talk::open(&[SHORT]).await;
    talk.commit().await;
    let ordered = Instant::now();
    let first = talk.next().await;
    assert!(
        matches!(first.kind, RealtimeEventKind::UserTranscript { .. }),
        "{first:?}"
    );
    assert_eq!(first.at, ordered.into_std());
    let second = talk.next().await;
    assert_eq!(second.kind, RealtimeEventKind::ResponseStarted);
    assert_eq!(second.at, (ordered + ms(300)).into_std());
}

#[tokio::test(start_paused = true)]
async fn audio_of_the_user_does_not_move_the_delay() {
    let mut talk = Talk::open(&[SHORT, ("delay_ms", "200")]).await;
    talk.commit().await;
    let ordered = Instant::now();
    for _ in 0..5 {
        tokio::time::sleep(ms(20)).await;
        talk.speak(1_000, 20).await;
    }
    while !matches!(talk.next().await.kind, RealtimeEventKind::Audio(_)) {}
    assert_eq!(ordered.elapsed(), ms(200));
}

#[tokio::test(start_paused = true)]
async fn jitter_is_added_the_same_way_every_time() {
    let options = [SHORT, ("delay_ms", "100"), ("jitter_ms", "50"), ("seed", "7")];
    let mut delays = Vec::new();
    for _ in 0..2 {
        let mut talk = Talk::open(&options).await;
        for _ in 0..5 {
            delays.push(talk.answer().await.first_audio.unwrap());
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
async fn at_speaking_speed_every_piece_comes_in_its_time() {
    let mut talk = Talk::open(&[
        SHORT,
        ("delay_ms", "100"),
        ("pace", "\"realtime\""),
        ("chunk_ms", "20"),
    ])
    .await;
    talk.commit().await;
    let ordered = Instant::now();
    let mut spoken = Duration::ZERO;
    loop {
        let event = talk.next().await;
        let after = event.at.duration_since(ordered.into_std());
        match event.kind {
            RealtimeEventKind::Audio(samples) => {
                // Timers of a paused clock go in whole milliseconds, as the pieces but the last do.
                assert_eq!(after, ms(100) + spoken);
                spoken += Duration::from_secs_f64(samples.len() as f64 / 24_000.0);
            }
            RealtimeEventKind::ResponseDone { .. } => {
                assert!(after >= ms(100) + spoken && after < ms(101) + spoken, "{after:?}");
                break;
            }
            _ => {}
        }
    }
    assert!(spoken > ms(300), "{spoken:?}");
}

#[tokio::test(start_paused = true)]
async fn leading_silence_is_exact() {
    let mut talk = Talk::open(&[SHORT, ("lead_silence_ms", "250")]).await;
    let samples = talk.answer().await.samples();
    assert_eq!(samples.iter().position(|sample| *sample != 0), Some(250 * 24));
    assert!(Level::of(&samples[250 * 24..=250 * 24]).peak_dbfs > -60.0);
}

#[tokio::test(start_paused = true)]
async fn pieces_have_the_length_that_was_asked_for() {
    let mut talk = Talk::open(&[SHORT, ("chunk_ms", "60")]).await;
    let (last, others) = talk
        .answer()
        .await
        .chunks
        .split_last()
        .map(|(last, others)| (last.len(), others.len()))
        .unwrap();
    assert!(others > 3 && last <= 60 * 24);
    let chunks = talk.answer().await.chunks;
    assert!(
        chunks[..chunks.len() - 1]
            .iter()
            .all(|chunk| chunk.len() == 60 * 24)
    );
}

#[tokio::test(start_paused = true)]
async fn conversations_that_say_the_same_sound_the_same() {
    let voice = voice();
    let mut first = Talk::with(&voice, request(config(&[]))).await;
    let mut second = Talk::with(&voice, request(config(&[("pace", "\"realtime\"")]))).await;
    for _ in 0..2 {
        let (first, second) = (first.answer().await, second.answer().await);
        assert_eq!(first.text, second.text);
        assert_eq!(first.samples(), second.samples());
        let level = Level::of(&first.samples());
        assert!((-24.0..-17.0).contains(&level.rms_dbfs), "{level:?}");
    }
}
