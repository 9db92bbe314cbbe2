use rstest::rstest;
use tokio_util::task::TaskTracker;
use viva_domain::ports::{ProviderErrorKind, RealtimeVoice};
use viva_domain::providers::CredentialStatus;
use viva_domain::sessions::ProviderConfig;

use super::super::OfflineRealtimeVoice;
use super::talk::{SHORT, Talk, config, request, voice};
use crate::providers::speech::{Speaker, SpeechSynthesizer};

#[test]
fn defaults_are_filled_in() {
    let given = config(&[("delay_ms", "0")]);
    let resolved = voice().resolve(&given).unwrap();
    let expected = ProviderConfig {
        voice: Some("synthetic".to_owned()),
        language: Some("en".to_owned()),
        ..given
    };
    assert_eq!(resolved, expected);
}

#[rstest]
#[case(ProviderConfig { model: Some("big".to_owned()), ..config(&[]) }, "model \"big\" is unknown; the offline provider has no models")]
#[case(ProviderConfig { voice: Some("espeak".to_owned()), ..config(&[]) }, "voice \"espeak\" does not speak en here; there are synthetic")]
#[case(ProviderConfig { language: Some("tlh".to_owned()), ..config(&[]) }, "language \"tlh\" is not spoken; use one of en, zh-TW, de, fr, es")]
#[case(config(&[("chunk_ms", "1")]), "options.chunk_ms must be a whole number from 20 to 100")]
#[tokio::test]
async fn what_is_not_there_is_refused_by_name(#[case] config: ProviderConfig, #[case] message: &str) {
    let voice = voice();
    let expected = ProviderErrorKind::InvalidConfig(message.to_owned());
    assert_eq!(voice.resolve(&config).unwrap_err().kind, expected);
    assert_eq!(voice.connect(request(config)).await.unwrap_err().kind, expected);
}

#[test]
fn without_a_synthesizer_it_offers_what_its_own_voice_can() {
    let info = voice().info();
    assert_eq!(
        (info.id.as_str(), info.credential),
        ("offline", CredentialStatus::NotNeeded)
    );
    let voices: Vec<&str> = info.voices.iter().map(|voice| voice.id.as_str()).collect();
    assert_eq!(voices, ["synthetic"]);
    let languages: Vec<&str> = info
        .languages
        .iter()
        .map(|language| language.tag.as_str())
        .collect();
    assert_eq!(languages, ["en", "zh-TW"]);
}

#[tokio::test(start_paused = true)]
async fn without_a_model_it_says_how_much_it_heard() {
    let mut talk = Talk::open(&[SHORT]).await;
    talk.speak(10, 700).await;
    talk.speak(3_000, 3_400).await;
    talk.speak(10, 500).await;
    assert_eq!(
        talk.answer().await.transcript.as_deref(),
        Some("[3.4 s of speech]")
    );
    assert_eq!(
        talk.answer().await.transcript.as_deref(),
        Some("[0.0 s of speech]")
    );
}

#[tokio::test(start_paused = true)]
async fn scripted_transcripts_and_answers_are_used_in_turns() {
    let mut talk = Talk::open(&[SHORT, ("transcripts", r#"["What is the time?"]"#)]).await;
    let first = talk.answer().await;
    assert_eq!(first.transcript.as_deref(), Some("What is the time?"));
    assert_eq!(first.text, "Hi you.");
    let second = talk.answer().await;
    assert_eq!(second.transcript.as_deref(), Some("[0.0 s of speech]"));
    assert_eq!(second.text, "Go on.");
    assert_eq!(talk.answer().await.text, "Hi you.");
}

#[tokio::test(start_paused = true)]
async fn the_role_is_acknowledged_with_the_first_words() {
    let mut role = request(config(&[]));
    role.ai_role = Some("teacher".to_owned());
    role.config.language = Some("zh-TW".to_owned());
    let mut talk = Talk::with(&voice(), role).await;
    talk.greet().await;
    let greeting = talk.listen().await;
    assert!(greeting.text.contains("我的角色是teacher。"), "{}", greeting.text);
    assert_eq!(greeting.transcript, None);
    let answer = talk.answer().await;
    assert!(
        !answer.text.contains("teacher") && !answer.chunks.is_empty(),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn the_installed_synthesizer_is_preferred() {
    let speech = SpeechSynthesizer::find("espeak-ng").await;
    if !speech.speaks(Speaker::Espeak, "en") {
        #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
        {
            eprintln!("the_installed_synthesizer_is_preferred did not run: no espeak-ng here");
        }
        return;
    }
    let voice = OfflineRealtimeVoice::new(speech, TaskTracker::new());
    let info = voice.info();
    assert_eq!(info.voices[0].id, "espeak");
    assert_eq!(
        voice.resolve(&config(&[])).unwrap().voice.as_deref(),
        Some("espeak")
    );
    for language in info.languages {
        let mut spoken = request(config(&[("delay_ms", "0")]));
        spoken.config.language = Some(language.tag);
        let mut talk = Talk::with(&voice, spoken).await;
        for _ in 0..5 {
            let heard = talk.answer().await;
            let seconds = heard.samples().len() as f64 / 24_000.0;
            assert!((2.0..7.0).contains(&seconds), "{} takes {seconds} s", heard.text);
        }
    }
}
