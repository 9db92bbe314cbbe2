//! What the AI is told: the composed prompt, whoever plays it, and the texts that are kept of it.

use viva_application::sessions::{SessionInput, StartSession};
use viva_domain::sessions::{Interaction, Prompt, WrittenPrompt};
use viva_domain::turns::Greeting;

use crate::bench::{Bench, Cascade, Detector, request};

/// The texts of [`prompt`] in one.
const COMPOSED: &str = "Be brief.\n\nYou play this role: 服務生.\n\nThe person you talk to plays this role: guest.\n\n\
                        The situation: In a café.\nIt rains.";

fn prompt() -> Prompt {
    Prompt::parse(
        Some("Be brief."),
        Some("guest"),
        Some("服務生"),
        Some("In a café.\nIt rains."),
    )
    .expect("the texts are good")
}

/// Nobody said in which language.
fn written() -> WrittenPrompt {
    WrittenPrompt {
        prompt: prompt(),
        language: None,
    }
}

/// What each conversation of the realtime provider was told.
fn told(bench: &Bench) -> Vec<String> {
    let requests = bench.voice.recorded().requests;
    requests.into_iter().map(|request| request.instructions).collect()
}

#[tokio::test(start_paused = true)]
async fn a_realtime_provider_is_told_what_is_kept() {
    let bench = Bench::new(Detector::Provider);
    let start = StartSession {
        written: written(),
        ..request()
    };
    let mut caller = bench.try_start(start).await.expect("the session starts");
    let started = caller.started().await;
    assert_eq!(told(&bench), [COMPOSED]);
    let (session, _) = bench.stored(&started).await;
    assert_eq!(
        (session.prompt, session.instructions.as_str()),
        (prompt(), COMPOSED)
    );
}

#[tokio::test(start_paused = true)]
async fn a_language_model_is_told_the_same_and_so_is_who_comes_after_it() {
    let cascade = Cascade::new(|ears| ears);
    let bench = Bench::with_cascade(Detector::Provider, |voice| voice, &cascade);
    let start = StartSession {
        interaction: Cascade::wanted(),
        written: written(),
        greeting: Greeting::WhenReady,
        ..request()
    };
    let mut caller = bench.try_start(start).await.expect("the session starts");
    let started = caller.started().await;
    caller.say(SessionInput::Ready).await;
    let asked = cascade.model.until(|asked| !asked.is_empty()).await;
    assert_eq!(asked[0].request.instructions, COMPOSED);
    caller
        .say(SessionInput::SwitchMode(Box::new(request().interaction)))
        .await;
    caller.until_switched().await;
    assert_eq!(told(&bench), [COMPOSED]);
    let (session, _) = bench.stored(&started).await;
    assert_eq!(
        (session.prompt, session.instructions.as_str()),
        (prompt(), COMPOSED)
    );
}

/// What is sent to the next provider is what was sent to the one before, whatever language that one speaks.
#[tokio::test(start_paused = true)]
async fn what_stands_between_the_texts_is_in_the_language_in_which_the_session_began() {
    let bench = Bench::new(Detector::Provider);
    let speaking = |language: &str| {
        let Interaction::Realtime(mut config) = request().interaction else {
            unreachable!("the bench has a realtime provider")
        };
        config.language = Some(language.to_owned());
        Interaction::Realtime(config)
    };
    let start = StartSession {
        interaction: speaking("zh-TW"),
        written: written(),
        ..request()
    };
    let mut caller = bench.try_start(start).await.expect("the session starts");
    let started = caller.started().await;
    caller
        .say(SessionInput::SwitchMode(Box::new(speaking("en"))))
        .await;
    caller.until_switched().await;
    let composed = "Be brief.\n\n你扮演的角色：服務生。\n\n與你交談的人扮演的角色：guest。\n\n\
                    情境：In a café.\nIt rains.";
    assert_eq!(told(&bench), [composed; 2]);
    let (session, _) = bench.stored(&started).await;
    assert_eq!(session.instructions, composed);
}
