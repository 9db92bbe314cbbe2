//! Sample rates: those of the client, and others of the provider.

use std::time::Duration;

use viva_application::sessions::{AudioRates, SessionInput, SessionSettings, StartSession};
use viva_audio::{SampleRate, resample};
use viva_domain::ports::RealtimeCapabilities;
use viva_domain::turns::{Event, PlaybackEvent, TurnNumber};
use viva_fakes::{Answer, ScriptedRealtimeVoice};

use crate::bench::{Bench, Detector, request, speech};

#[tokio::test(start_paused = true)]
async fn a_client_at_48_khz_talks_to_a_provider_at_16_and_24_khz() {
    let capabilities = RealtimeCapabilities {
        detects_turns: false,
        greets: true,
        input_rate: 16_000,
        output_rate: 24_000,
    };
    let bench = Bench::with(Detector::Session, SessionSettings::default(), |_| {
        ScriptedRealtimeVoice::with_capabilities(capabilities)
    });
    bench.voice.answer(Answer::spoken("Noon.", 24_000));
    let request = StartSession {
        audio: AudioRates {
            input: 48_000,
            output: 48_000,
        },
        ..request()
    };
    let mut caller = bench.try_start(request).await.unwrap();
    let started = caller.started().await;
    let mut question = resample(&speech("question-en"), SampleRate::HZ_24K, SampleRate::HZ_48K);
    question.truncate(48 * 4_450);
    caller.speak_in_frames_of(960, &question).await;

    let mut position = 0;
    loop {
        let frame = caller.until_audio().await;
        assert_eq!(frame.position, position, "nothing is missing or double");
        position += frame.pcm.len() as u64 / 2;
        if frame.is_last {
            break;
        }
    }
    assert!((48_000..48_200).contains(&position), "one second, got {position}");
    caller
        .played(TurnNumber::FIRST, PlaybackEvent::Finished, 1_000)
        .await;
    caller
        .until(|event| matches!(event, Event::ResponseEnded { .. }))
        .await;
    caller.say(SessionInput::End).await;
    caller.rest().await;

    let to_provider = bench.voice.recorded().audio().len();
    assert!(to_provider.abs_diff(16 * 4_450) <= 80, "{to_provider}");
    let (_, turns) = bench.stored(&started).await;
    let ended = turns[0].marks.speech_ended.unwrap().elapsed();
    assert!(
        ended.abs_diff(Duration::from_millis(3_899)) <= Duration::from_millis(60),
        "3,879 ms and a frame, got {ended:?}"
    );
    let ai_audio = turns[0].ai_audio.as_ref().unwrap();
    assert_eq!((ai_audio.samples, ai_audio.sample_rate), (position, 48_000));
    let user_audio = turns[0].user_audio.as_ref().unwrap();
    assert_eq!(user_audio.sample_rate, 48_000);
    assert!(user_audio.duration() >= Duration::from_millis(300 + 3_379 + 500));
}
