//! What every [`LanguageModel`] must do.

use std::time::Duration;

use futures_util::StreamExt;
use viva_domain::ports::{
    LanguageModel, LanguageModelEvent, LanguageModelRequest, LanguageModelStream, Message, MessageRole,
    ProviderErrorKind,
};
use viva_domain::sessions::ProviderConfig;

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn LanguageModel, ProviderConfig))`, where the
/// configuration names the provider and nothing else that it would not take.
#[macro_export]
macro_rules! language_model_contract {
    ($factory:ident) => {
        $crate::contract_cases!(language_model, $factory:
            resolving_again_changes_nothing,
            unknown_options_are_refused,
            wrong_values_of_options_are_refused,
            a_question_is_answered,
            a_conversation_goes_on,
            it_begins_by_itself,
            it_goes_on_by_itself,
            sides_that_speak_twice_are_answered,
            instructions_may_be_missing,
            an_answer_can_be_dropped,
            answers_do_not_mix,
        );
    };
}

/// Longer than any provider thinks in a test. Only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);

pub async fn resolving_again_changes_nothing(model: &dyn LanguageModel, config: ProviderConfig) {
    let resolved = model.resolve(&config).unwrap();
    assert_eq!(resolved.provider, config.provider);
    assert_eq!(model.resolve(&resolved).unwrap(), resolved);
}

pub async fn unknown_options_are_refused(model: &dyn LanguageModel, config: ProviderConfig) {
    assert_refused(model, config, "no_such_option", "true");
}

/// No option of any provider is an empty list.
pub async fn wrong_values_of_options_are_refused(model: &dyn LanguageModel, config: ProviderConfig) {
    for name in ["max_tokens", "temperature"] {
        assert_refused(model, config.clone(), name, "[]");
    }
}

pub async fn a_question_is_answered(model: &dyn LanguageModel, config: ProviderConfig) {
    let text = answer(model, &config, "Be brief.", &[user("How are you?")]).await;
    assert!(!text.trim().is_empty(), "there is no text");
}

pub async fn a_conversation_goes_on(model: &dyn LanguageModel, config: ProviderConfig) {
    let mut said = vec![user("How are you?")];
    for _ in 0..3 {
        let text = answer(model, &config, "Be brief.", &said).await;
        assert!(!text.trim().is_empty(), "there is no text");
        said.extend([assistant(&text), user("And then?")]);
    }
}

pub async fn it_begins_by_itself(model: &dyn LanguageModel, config: ProviderConfig) {
    assert!(!answer(model, &config, "Be brief.", &[]).await.is_empty());
}

pub async fn it_goes_on_by_itself(model: &dyn LanguageModel, config: ProviderConfig) {
    let said = [assistant("Hello."), user("Hi."), assistant("Well,")];
    assert!(!answer(model, &config, "Be brief.", &said).await.is_empty());
}

pub async fn sides_that_speak_twice_are_answered(model: &dyn LanguageModel, config: ProviderConfig) {
    let said = [
        assistant("Hello."),
        user("Wait."),
        user("Who are you?"),
        assistant("I"),
        assistant(""),
        assistant("am"),
        user("Yes?"),
    ];
    assert!(!answer(model, &config, "Be brief.", &said).await.is_empty());
}

pub async fn instructions_may_be_missing(model: &dyn LanguageModel, config: ProviderConfig) {
    for said in [vec![user("How are you?")], Vec::new()] {
        assert!(!answer(model, &config, "", &said).await.is_empty());
    }
}

pub async fn an_answer_can_be_dropped(model: &dyn LanguageModel, config: ProviderConfig) {
    let mut stream = ask(model, &config, "Be brief.", &[user("How are you?")]).await;
    patiently(stream.next()).await.unwrap().unwrap();
    drop(stream);
    let text = answer(model, &config, "Be brief.", &[user("Still there?")]).await;
    assert!(!text.is_empty());
}

pub async fn answers_do_not_mix(model: &dyn LanguageModel, config: ProviderConfig) {
    let said = [user("How are you?")];
    let alone = answer(model, &config, "Be brief.", &said).await;
    let (one, two) = tokio::join!(
        answer(model, &config, "Be brief.", &said),
        answer(model, &config, "Be brief.", &said)
    );
    assert_eq!([&one, &two], [&alone, &alone]);
}

fn assert_refused(model: &dyn LanguageModel, mut config: ProviderConfig, name: &str, json: &str) {
    config.options.insert(name.to_owned(), json.to_owned());
    match model.resolve(&config).unwrap_err().kind {
        ProviderErrorKind::InvalidConfig(message) => assert!(message.contains(name), "{message}"),
        other => panic!("expected an invalid configuration, got {other:?}"),
    }
}

fn user(text: &str) -> Message {
    let (role, text) = (MessageRole::User, text.to_owned());
    Message { role, text }
}

fn assistant(text: &str) -> Message {
    let (role, text) = (MessageRole::Assistant, text.to_owned());
    Message { role, text }
}

async fn ask(
    model: &dyn LanguageModel,
    config: &ProviderConfig,
    instructions: &str,
    messages: &[Message],
) -> LanguageModelStream {
    let request = LanguageModelRequest {
        config: model.resolve(config).unwrap(),
        instructions: instructions.to_owned(),
        messages: messages.to_vec(),
    };
    patiently(model.respond(request)).await.unwrap()
}

/// The text of one complete answer, whose order is checked.
async fn answer(
    model: &dyn LanguageModel,
    config: &ProviderConfig,
    instructions: &str,
    messages: &[Message],
) -> String {
    let stream = ask(model, config, instructions, messages).await;
    let events: Vec<_> = patiently(stream.collect()).await;
    let mut text = String::new();
    let mut is_done = false;
    for event in events {
        let event = event.unwrap_or_else(|err| panic!("the provider failed: {err}"));
        assert!(!is_done, "{event:?} came after the end");
        match event {
            LanguageModelEvent::Delta(delta) => {
                assert!(!delta.is_empty(), "an empty delta");
                text.push_str(&delta);
            }
            LanguageModelEvent::Done { .. } => is_done = true,
        }
    }
    assert!(is_done, "it was cut off");
    text
}

async fn patiently<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("nothing happened")
}
