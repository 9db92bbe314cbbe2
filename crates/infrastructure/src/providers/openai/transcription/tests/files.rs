use std::time::{Duration, Instant};

use viva_audio::SampleRate;
use viva_domain::ports::{ProviderErrorKind, SpeechToText, SpeechToTextCommand, SpeechToTextEventKind};
use viva_fakes::vendors::openai_transcription::{OpenAiTranscriptionScript, SpokenText};

use super::{FILES, OpenAiSpeechToText, Rig, Talk, config, patiently};
use crate::providers::openai::transcription::wire::{ServerEvent, Transcription};
use crate::providers::transport::{HttpLimits, hanging_up};

fn partial(text: &str) -> SpeechToTextEventKind {
    SpeechToTextEventKind::Partial(text.to_owned())
}

/// Waits until the server has so many files: they may be sent at the same time.
async fn until_sent(rig: &Rig, files: usize) {
    patiently(rig.server.until_uploads(|uploads| uploads.len() == files)).await;
}

#[tokio::test]
async fn a_transcript_comes_in_pieces() {
    let rig = Rig::start().await;
    rig.server.hear(SpokenText::of("Tell me 故事 – now."));
    let mut talk = rig.talk(FILES, &[]).await;
    talk.speak().await;
    talk.finalize().await;
    for expected in [
        "Tell",
        "Tell me",
        "Tell me 故事",
        "Tell me 故事 –",
        "Tell me 故事 – now.",
    ] {
        assert_eq!(talk.next().await, partial(expected));
    }
    let whole = SpeechToTextEventKind::Final("Tell me 故事 – now.".to_owned());
    assert_eq!(talk.next().await, whole);
}

#[tokio::test]
async fn only_the_utterance_is_sent() {
    let rig = Rig::start().await;
    let options = [
        ("prompt", "\"A talk.\""),
        ("keywords", "[\"Viva\",\"Kokoro\"]"),
        ("temperature", "0.5"),
    ];
    let mut request = config("openai", FILES, &options);
    request.language = Some("zh-TW".to_owned());
    let mut talk = Talk::open(&rig.ears, &request).await;
    talk.audio(0, 3_000).await;
    talk.speak().await;
    talk.audio(0, 200).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "hello world");
    let upload = rig.server.uploads().remove(0);
    assert_eq!(upload.audio.rate, SampleRate::HZ_16K);
    // 300 ms of run-up, 400 ms of sound, 200 ms of silence.
    let loud: Vec<bool> = upload.audio.samples.iter().map(|sample| *sample != 0).collect();
    let runs: Vec<(bool, usize)> = loud
        .chunk_by(|a, b| a == b)
        .map(|run| (run[0], run.len()))
        .collect();
    assert_eq!(runs, [(false, 4_800), (true, 6_400), (false, 3_200)]);
    let text = |name| upload.field(name);
    assert_eq!(
        [
            text("model"),
            text("language"),
            text("prompt"),
            text("stream"),
            text("temperature")
        ],
        [
            Some(FILES),
            Some("zh"),
            Some("A talk."),
            Some("true"),
            Some("0.5")
        ]
    );
    assert_eq!(
        upload
            .fields
            .iter()
            .filter(|(name, _)| name == "keywords[]")
            .count(),
        2
    );
    assert!(upload.has_key);
}

#[tokio::test]
async fn a_turn_in_one_piece_is_sent_whole() {
    for (told_before, heard) in [(true, 30), (false, 10)] {
        let rig = Rig::start().await;
        let mut talk = rig.talk(FILES, &[]).await;
        let samples = talk.samples(30_000);
        if told_before {
            talk.began(0).await;
        }
        let piece = vec![8_000; samples].into();
        talk.send(SpeechToTextCommand::Audio(piece)).await;
        if !told_before {
            talk.began(30_000).await;
        }
        talk.finalize().await;
        assert_eq!(talk.text().await, "hello world");
        let upload = rig.server.uploads().remove(0);
        assert!(upload.audio.samples.len() >= talk.samples(heard * 1_000));
    }
}

#[tokio::test]
async fn silence_is_not_sent() {
    let rig = Rig::start().await;
    let mut talk = rig.talk(FILES, &[]).await;
    talk.audio(0, 500).await;
    talk.finalize().await;
    assert_eq!(talk.text().await, "");
    assert_eq!(rig.server.uploads().len(), 0);
}

#[tokio::test]
async fn what_nobody_understood_is_an_empty_text() {
    for streams in [true, false] {
        let rig = Rig::with(OpenAiTranscriptionScript {
            streams,
            ..OpenAiTranscriptionScript::default()
        })
        .await;
        rig.server.hear(SpokenText::of(""));
        let mut talk = rig.talk(FILES, &[]).await;
        talk.speak().await;
        talk.finalize().await;
        assert_eq!(talk.text().await, "");
        assert_eq!(rig.server.uploads().len(), 1);
    }
}

#[test]
fn a_transcript_of_nothing_may_be_null() {
    for json in [r#"{"text":null}"#, "{}", r#"{"text":"","usage":null}"#] {
        let transcription: Transcription = serde_json::from_str(json).unwrap();
        assert_eq!(transcription.text.unwrap_or_default(), "", "{json}");
    }
    let item =
        r#"{"type":"conversation.item.input_audio_transcription.completed","item_id":"i","transcript":null}"#;
    let completed = serde_json::from_str(item).unwrap();
    assert!(matches!(
        completed,
        ServerEvent::Completed { transcript: None, .. }
    ));
}

#[tokio::test]
async fn a_plain_server_needs_neither_key_nor_streams() {
    let rig = Rig::with(OpenAiTranscriptionScript {
        api_key: None,
        streams: false,
        ..OpenAiTranscriptionScript::default()
    })
    .await;
    let mut talk = rig.talk("whisper-tiny", &[("stream", "false")]).await;
    talk.speak().await;
    talk.finalize().await;
    assert_eq!(
        talk.next().await,
        SpeechToTextEventKind::Final("hello world".to_owned())
    );
    let upload = rig.server.uploads().remove(0);
    assert_eq!((upload.has_key, upload.field("stream")), (false, None));
}

#[tokio::test]
async fn answers_keep_their_order_and_the_user_may_go_on() {
    let rig = Rig::start().await;
    let slow = Duration::from_millis(150);
    rig.server.hear(SpokenText::of("one").after(slow));
    rig.server.hear(SpokenText::of("two"));
    let mut talk = rig.talk(FILES, &[]).await;
    let began = Instant::now();
    for sent in 1..3 {
        talk.speak().await;
        talk.finalize().await;
        until_sent(&rig, sent).await;
    }
    talk.finalize().await;
    assert_eq!(
        [talk.text().await, talk.text().await, talk.text().await],
        ["one", "two", ""]
    );
    assert!(began.elapsed() >= slow, "it was earlier than the vendor");
}

#[tokio::test]
async fn hanging_up_closes_the_connection_at_once() {
    hanging_up::is_noticed_at_once(async || {
        let rig = Rig::start().await;
        rig.server.hear(SpokenText::of("").hangs());
        let mut talk = rig.talk(FILES, &[]).await;
        talk.speak().await;
        talk.finalize().await;
        patiently(rig.server.until_uploads(|uploads| uploads.len() == 1)).await;
        let hung_up = Instant::now();
        drop(talk);
        let uploads = patiently(rig.server.until_uploads(|uploads| uploads[0].cancelled.is_some())).await;
        rig.ends().await;
        uploads[0].cancelled.unwrap() - hung_up
    })
    .await;
}

#[tokio::test]
async fn too_many_utterances_do_not_pile_up() {
    let rig = Rig::start().await;
    rig.server
        .hear(SpokenText::of("slow").after(Duration::from_secs(1)));
    let mut talk = rig.talk(FILES, &[]).await;
    for number in 0..6 {
        talk.speak().await;
        talk.finalize().await;
        if number == 0 {
            until_sent(&rig, 1).await;
        }
    }
    assert_eq!(talk.text().await, "slow");
    for _ in 0..4 {
        assert_eq!(talk.text().await, "hello world");
    }
    assert_eq!(talk.failure().await, ProviderErrorKind::Unavailable);
}

#[tokio::test]
async fn a_file_that_hangs_does_not_hold_up_what_is_said_after_it() {
    let rig = Rig::start().await.impatient();
    rig.server.hear(SpokenText::of("").hangs());
    rig.server.hear(SpokenText::of("two"));
    let mut talk = rig.talk(FILES, &[]).await;
    let began = Instant::now();
    for sent in 1..3 {
        talk.speak().await;
        talk.finalize().await;
        until_sent(&rig, sent).await;
    }
    assert_eq!(talk.failure().await, ProviderErrorKind::Unavailable);
    assert_eq!(talk.text().await, "two");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    patiently(rig.server.until_uploads(|uploads| uploads[0].cancelled.is_some())).await;
}

#[tokio::test]
async fn a_file_that_hangs_fails_when_the_ears_said_that_it_would() {
    let mut rig = Rig::start().await;
    let limits = HttpLimits {
        answer: Duration::from_millis(300),
        ..rig.ears.http.limits()
    };
    let answers_within = |ears: &OpenAiSpeechToText| {
        let config = config("openai", FILES, &[]);
        ears.capabilities(&config).answers_within
    };
    rig.ears.http = rig.ears.http.with_limits(limits);
    // It answers at once, and says nothing more.
    rig.server.hear(SpokenText::of("one two").stops());
    let mut talk = rig.talk(FILES, &[]).await;
    talk.speak().await;
    let asked = Instant::now();
    talk.finalize().await;
    assert_eq!(talk.failure().await, ProviderErrorKind::Unavailable);
    assert!(asked.elapsed() < answers_within(&rig.ears));
}

#[tokio::test]
async fn what_is_not_written_down_yet_is_not_kept_beyond_all_bounds() {
    let rig = Rig::start().await;
    rig.server
        .hear(SpokenText::of("slow").after(Duration::from_millis(500)));
    let mut talk = rig.talk(FILES, &[]).await;
    for number in 0..3 {
        talk.began(0).await;
        let samples = vec![8_000; talk.samples(65_000)];
        talk.send(SpeechToTextCommand::Audio(samples.into())).await;
        talk.finalize().await;
        if number == 0 {
            until_sent(&rig, 1).await;
        }
    }
    assert_eq!(talk.text().await, "slow");
    assert_eq!(talk.text().await, "hello world");
    assert_eq!(talk.failure().await, ProviderErrorKind::Unavailable);
}
