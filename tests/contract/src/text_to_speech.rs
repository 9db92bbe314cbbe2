//! What every [`TextToSpeech`] must do.

use std::time::Duration;

use futures_util::StreamExt;
use viva_domain::ports::{
    ProviderErrorKind, SpeechMark, SpeechPart, SpeechStream, TextToSpeech, TextToSpeechRequest,
};
use viva_domain::sessions::ProviderConfig;

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig))`, where the
/// configuration names the provider and nothing else that it would not take.
#[macro_export]
macro_rules! text_to_speech_contract {
    ($factory:ident) => {
        $crate::contract_cases!(text_to_speech, $factory:
            resolving_again_changes_nothing,
            unknown_options_are_refused,
            the_rate_is_the_same_before_and_after_resolving,
            a_text_is_spoken,
            an_answer_is_spoken_piece_by_piece,
            what_is_said_of_words_is_of_this_text,
            any_writing_is_taken,
            texts_are_spoken_at_the_same_time,
            speech_that_is_dropped_disturbs_nothing,
            what_it_lists_can_be_chosen,
        );
    };
}

/// Longer than any provider takes in a test. Only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);

pub async fn resolving_again_changes_nothing(tts: &dyn TextToSpeech, config: ProviderConfig) {
    let resolved = tts.resolve(&config).unwrap();
    assert_eq!(resolved.provider, config.provider);
    assert_eq!(resolved.options, config.options);
    assert_eq!(tts.resolve(&resolved).unwrap(), resolved);
}

pub async fn unknown_options_are_refused(tts: &dyn TextToSpeech, mut config: ProviderConfig) {
    config
        .options
        .insert("no_such_option".to_owned(), "true".to_owned());
    let err = tts.resolve(&config).unwrap_err();
    match err.kind {
        ProviderErrorKind::InvalidConfig(message) => {
            assert!(message.contains("no_such_option"), "{message}");
        }
        other => panic!("expected an invalid configuration, got {other:?}"),
    }
}

pub async fn the_rate_is_the_same_before_and_after_resolving(tts: &dyn TextToSpeech, config: ProviderConfig) {
    let resolved = tts.resolve(&config).unwrap();
    assert_eq!(tts.capabilities(&config), tts.capabilities(&resolved));
    let rate = tts.capabilities(&resolved).output_rate;
    assert!((8_000..=48_000).contains(&rate), "{rate} Hz");
}

pub async fn a_text_is_spoken(tts: &dyn TextToSpeech, config: ProviderConfig) {
    let samples = spoken(tts, &config, "Hello there.", "").await;
    assert!(samples.iter().any(|sample| *sample != 0), "it is silent");
}

pub async fn an_answer_is_spoken_piece_by_piece(tts: &dyn TextToSpeech, config: ProviderConfig) {
    let pieces = ["Well, ", "this is a sentence.", "And one more?"];
    let mut previous_text = String::new();
    for text in pieces {
        assert!(!spoken(tts, &config, text, &previous_text).await.is_empty());
        previous_text.push_str(text);
    }
}

pub async fn what_is_said_of_words_is_of_this_text(tts: &dyn TextToSpeech, config: ProviderConfig) {
    let text = "Hello there, 你好。";
    let mut stream = speak(tts, &config, text, "Before.").await;
    let (mut samples, mut last) = (0, None::<SpeechMark>);
    while let Some(part) = part(&mut stream).await {
        match part {
            SpeechPart::Audio(piece) => samples += piece.len(),
            SpeechPart::Mark(mark) => {
                let goes_on = last.is_none_or(|last| last.at <= mark.at && last.chars <= mark.chars);
                assert!(
                    goes_on && mark.chars <= text.chars().count(),
                    "{mark:?} after {last:?}"
                );
                last = Some(mark);
            }
        }
    }
    let rate = f64::from(tts.capabilities(&tts.resolve(&config).unwrap()).output_rate);
    let length = Duration::from_secs_f64(samples as f64 / rate);
    // Vendors round to milliseconds.
    let is_of_audio = last.is_none_or(|last| last.at <= length + Duration::from_millis(1));
    assert!(is_of_audio, "{last:?} in {length:?} of audio");
}

pub async fn any_writing_is_taken(tts: &dyn TextToSpeech, config: ProviderConfig) {
    for text in [
        "你好，我是 Viva。",
        "Quotes \" and \\ and <tags> & 3.14 %",
        "Größe: 5 €\nzweite Zeile",
    ] {
        assert!(!spoken(tts, &config, text, "Before \"that\".").await.is_empty());
    }
}

pub async fn texts_are_spoken_at_the_same_time(tts: &dyn TextToSpeech, config: ProviderConfig) {
    let mut first = speak(tts, &config, "The first text.", "").await;
    let mut second = speak(tts, &config, "The second text.", "The first text.").await;
    // The second one comes although nobody reads the first one, whose rest then is still there.
    assert!(!piece(&mut second).await.expect("it ended at once").is_empty());
    assert!(!rest(&mut first).await.is_empty());
    rest(&mut second).await;
}

pub async fn speech_that_is_dropped_disturbs_nothing(tts: &dyn TextToSpeech, config: ProviderConfig) {
    // Before anything came, and in the middle.
    drop(speak(tts, &config, "Not heard.", "").await);
    let mut cut = speak(tts, &config, "Cut off.", "").await;
    assert!(piece(&mut cut).await.is_some());
    drop(cut);
    assert!(!spoken(tts, &config, "Heard.", "").await.is_empty());
}

pub async fn what_it_lists_can_be_chosen(tts: &dyn TextToSpeech, config: ProviderConfig) {
    let Some(voices) = tts.voices().await.unwrap() else {
        return;
    };
    assert!(!voices.is_empty(), "it lists none, and should say so");
    for voice in &voices {
        assert!(!voice.name.is_empty(), "{voice:?}");
        let chosen = ProviderConfig {
            model: None,
            voice: Some(voice.id.clone()),
            ..config.clone()
        };
        assert_eq!(tts.resolve(&chosen).unwrap().voice.as_ref(), Some(&voice.id));
    }
}

async fn speak(
    tts: &dyn TextToSpeech,
    config: &ProviderConfig,
    text: &str,
    previous_text: &str,
) -> SpeechStream {
    let request = TextToSpeechRequest {
        config: tts.resolve(config).unwrap(),
        text: text.to_owned(),
        previous_text: previous_text.to_owned(),
    };
    patiently(tts.speak(request))
        .await
        .unwrap_or_else(|err| panic!("the provider refused: {err}"))
}

/// All of it.
async fn spoken(
    tts: &dyn TextToSpeech,
    config: &ProviderConfig,
    text: &str,
    previous_text: &str,
) -> Vec<i16> {
    rest(&mut speak(tts, config, text, previous_text).await).await
}

async fn rest(stream: &mut SpeechStream) -> Vec<i16> {
    let mut samples = Vec::new();
    while let Some(piece) = piece(stream).await {
        samples.extend(piece);
    }
    samples
}

/// The next audio.
async fn piece(stream: &mut SpeechStream) -> Option<Vec<i16>> {
    loop {
        if let SpeechPart::Audio(samples) = part(stream).await? {
            return Some(samples);
        }
    }
}

async fn part(stream: &mut SpeechStream) -> Option<SpeechPart> {
    let part = patiently(stream.next()).await?;
    let part = part.unwrap_or_else(|err| panic!("the provider failed: {err}"));
    assert_ne!(part, SpeechPart::Audio(Vec::new()), "an empty piece");
    Some(part)
}

async fn patiently<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("nothing happened")
}
