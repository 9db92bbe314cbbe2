use std::collections::HashSet;

use chrono::NaiveDate;
use rstest::rstest;
use viva_domain::providers::{CredentialStatus, VoiceGender};

use super::*;

/// The day for which the built-in calendar was written.
const WRITTEN: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();

fn built_in() -> Catalogue {
    Catalogue::load(None).unwrap()
}

fn changed_by(text: &str) -> Result<Catalogue, String> {
    let mut catalogue = built_in();
    let read = catalogue.read("mine.toml", text);
    read.map(|()| catalogue).map_err(|err| err.to_string())
}

fn find<'a>(catalogue: &'a Catalogue, id: &str) -> &'a CatalogueProvider {
    let mut providers = catalogue.providers().iter();
    providers.find(|provider| provider.id == id).unwrap()
}

fn model_ids<A>(role: Option<&Role<A>>) -> Vec<&str> {
    let models = &role.unwrap().models;
    models.iter().map(|model| model.id.as_str()).collect()
}

/// Every list of models with where it stands.
fn all_models(catalogue: &Catalogue) -> Vec<(String, &[viva_domain::providers::Model])> {
    let of = |id: &str, role: &str| format!("{id} {role}");
    let lists = catalogue.providers().iter().flat_map(|provider| {
        let id = &provider.id;
        [
            provider
                .realtime
                .as_ref()
                .map(|role| (of(id, "realtime"), role.models.as_slice())),
            provider
                .stt
                .as_ref()
                .map(|role| (of(id, "stt"), role.models.as_slice())),
            provider
                .llm
                .as_ref()
                .map(|role| (of(id, "llm"), role.models.as_slice())),
            provider
                .tts
                .as_ref()
                .map(|role| (of(id, "tts"), role.models.as_slice())),
        ]
    });
    lists.flatten().collect()
}

#[test]
fn every_built_in_provider_is_there_with_its_key() {
    let catalogue = built_in();
    let keys: Vec<(&str, Vec<&str>)> = catalogue
        .providers()
        .iter()
        .map(|provider| {
            let names = provider.key_variables.iter().map(String::as_str);
            (provider.id.as_str(), names.collect())
        })
        .collect();
    assert_eq!(
        keys,
        [
            ("openai", vec!["OPENAI_API_KEY"]),
            ("azure-openai", vec!["AZURE_OPENAI_API_KEY"]),
            ("gemini", vec!["GEMINI_API_KEY", "GOOGLE_API_KEY"]),
            ("anthropic", vec!["ANTHROPIC_API_KEY"]),
            ("deepgram", vec!["DEEPGRAM_API_KEY"]),
            ("elevenlabs", vec!["ELEVENLABS_API_KEY"]),
            ("assemblyai", vec!["ASSEMBLYAI_API_KEY"]),
            ("speechmatics", vec!["SPEECHMATICS_API_KEY"]),
            ("azure-speech", vec!["AZURE_SPEECH_KEY"]),
            ("google-cloud", vec!["GOOGLE_CLOUD_API_KEY"]),
            ("cartesia", vec!["CARTESIA_API_KEY"]),
            ("voai", vec!["VOAI_API_KEY"]),
        ]
    );
}

#[test]
fn every_role_has_a_default_model_and_every_voice_a_default() {
    let catalogue = built_in();
    for (place, models) in all_models(&catalogue) {
        // Its voices have models of their own.
        assert_eq!(models.is_empty(), place == "azure-speech tts", "{place}");
    }
    for provider in catalogue.providers() {
        let voices = [
            provider.realtime.as_ref().map(|role| role.defaults().voice),
            provider.tts.as_ref().map(|role| role.defaults().voice),
        ];
        assert!(
            voices.into_iter().flatten().all(|voice| voice.is_some()),
            "{}",
            provider.id
        );
    }
}

#[test]
fn a_model_that_is_about_to_stop_is_a_default_only_where_nothing_follows_it() {
    for (place, models) in all_models(&built_in()) {
        let Some(first) = models.first() else { continue };
        let lasts = models.iter().any(|model| model.retires.is_none());
        assert_eq!(first.retires.is_none(), lasts, "{place}: {}", first.id);
        assert!(models.iter().all(|model| !model.is_retired(WRITTEN)), "{place}");
        let ids: HashSet<&str> = models.iter().map(|model| model.id.as_str()).collect();
        assert_eq!(ids.len(), models.len(), "{place}");
    }
}

#[test]
fn the_calendar_says_when_openai_stops_to_speak() {
    let catalogue = built_in();
    let speech = &find(&catalogue, "openai").tts.as_ref().unwrap().models;
    let end = NaiveDate::from_ymd_opt(2027, 1, 6);
    assert!(speech.iter().all(|model| model.retires == end));
}

#[test]
fn a_file_changes_what_it_names_and_nothing_else() {
    let catalogue = changed_by(
        r#"
        [[providers]]
        id = "openai"
        [providers.llm]
        default_model = "mine"
        models = [{ id = "gpt-6-luna", retires = 2028-02-29 }, { id = "mine" }]
        "#,
    )
    .unwrap();
    let before = built_in();
    let (before, after) = (find(&before, "openai"), find(&catalogue, "openai"));
    let (old, new) = (before.llm.as_ref().unwrap(), after.llm.as_ref().unwrap());
    let old_ids = model_ids(Some(old)).into_iter();
    assert_eq!(
        model_ids(Some(new)),
        std::iter::once("mine").chain(old_ids).collect::<Vec<_>>()
    );
    assert_eq!(new.models[1].name, old.models[0].name);
    assert_eq!(new.models[1].retires, NaiveDate::from_ymd_opt(2028, 2, 29));
    assert_eq!(new.models[0].name, "mine");
    assert_eq!(
        (
            &after.name,
            &after.base_url,
            after.key,
            &after.realtime,
            &after.stt,
            &after.tts
        ),
        (
            &before.name,
            &before.base_url,
            before.key,
            &before.realtime,
            &before.stt,
            &before.tts
        )
    );
    assert_eq!(catalogue.providers().len(), built_in().providers().len());
}

#[test]
fn a_file_adds_a_server_of_ones_own() {
    let catalogue = changed_by(
        r#"
        [[providers]]
        id = "kokoro"
        name = "Kokoro"
        base_url = "http://localhost:8880/v1"
        [providers.tts]
        adapter = "openai"
        models = [{ id = "kokoro" }]
        voices = [{ id = "af_heart", name = "Heart", language = "en-US", gender = "female" }]
        languages = [{ tag = "en", name = "English" }]
        "#,
    )
    .unwrap();
    let provider = catalogue.providers().last().unwrap();
    let role = provider.tts.as_ref().unwrap();
    assert_eq!(role.adapter, TextToSpeechAdapter::OpenAi);
    assert_eq!(role.defaults().voice.as_deref(), Some("af_heart"));
    let voice = &role.voices[0];
    let sounds = (voice.language.as_deref(), voice.gender);
    assert_eq!(sounds, (Some("en-US"), Some(VoiceGender::Female)));
    assert!(provider.works_without_key());
    let info = role.info(provider, CredentialStatus::NotNeeded, &[]);
    assert_eq!(
        (info.id.as_str(), info.languages[0].tag.as_str()),
        ("kokoro", "en")
    );
}

#[test]
fn a_provider_that_is_moved_may_do_without_a_key() {
    let moved = |id: &str| format!("[[providers]]\nid = {id:?}\nbase_url = \"http://localhost:1\"");
    for provider in built_in().providers() {
        assert!(!provider.works_without_key(), "{}", provider.id);
        let catalogue = changed_by(&moved(&provider.id)).unwrap();
        let works = find(&catalogue, &provider.id).works_without_key();
        // A resource of Azure is an address of one's own, and wants its key.
        let is_azure = ["azure-openai", "azure-speech"].contains(&provider.id.as_str());
        assert_eq!(works, !is_azure, "{}", provider.id);
    }
}

#[test]
fn a_provider_that_leaves_its_site_has_the_default_of_elsewhere_unless_one_is_named() {
    let moved = |rest: &str| {
        let text = format!("[[providers]]\nid = \"openai\"\nbase_url = \"http://localhost:1\"\n{rest}");
        let catalogue = changed_by(&text).unwrap();
        let models = &find(&catalogue, "openai").stt.as_ref().unwrap().models;
        (models[0].id.clone(), models[0].retires)
    };
    assert_eq!(moved(""), ("whisper-1".to_owned(), None));
    let named = "[providers.stt]\ndefault_model = \"gpt-transcribe\"";
    assert_eq!(moved(named), ("gpt-transcribe".to_owned(), None));

    // So it is where only the setting moves it.
    let file = format!("[[providers]]\nid = \"openai\"\n{named}");
    let mut provider = find(&changed_by(&file).unwrap(), "openai").clone();
    provider.move_to("http://localhost:1".parse().unwrap());
    assert_eq!(model_ids(provider.stt.as_ref())[0], "gpt-transcribe");
    let file = format!("{file}\ndefault_model_elsewhere = \"whisper-1\"");
    let mut provider = find(&changed_by(&file).unwrap(), "openai").clone();
    assert_eq!(model_ids(provider.stt.as_ref())[0], "gpt-transcribe");
    provider.move_to("http://localhost:1".parse().unwrap());
    assert_eq!(model_ids(provider.stt.as_ref())[0], "whisper-1");
}

#[test]
fn every_vendor_says_where_keys_are_made_and_nobody_elses_server_does() {
    for provider in built_in().providers() {
        let page = provider.key_url.as_deref().unwrap_or_default();
        assert!(page.starts_with("https://"), "{}: {page:?}", provider.id);
    }
    let moved = |base_url: &str| {
        let mut provider = find(&built_in(), "openai").clone();
        provider.move_to(base_url.parse().unwrap());
        provider.key_url
    };
    assert!(moved("https://eu.api.openai.com/v1").is_some(), "the same vendor");
    assert_eq!(moved("http://localhost:1"), None);
    let text = "base_url = \"http://localhost:1\"\nkey_url = \"http://localhost:1/keys\"";
    let catalogue = changed_by(&format!("{OPENAI}{text}")).unwrap();
    let page = find(&catalogue, "openai").key_url.as_deref();
    assert_eq!(page, Some("http://localhost:1/keys"));
}

const OPENAI: &str = "\n[[providers]]\nid = \"openai\"\n";
const NEW: &str = "\n[[providers]]\nid = \"a\"\nname = \"A\"\nbase_url = \"http://a.example\"\n";

#[rstest]
#[case::syntax("", "providers = [", 1, "")]
#[case::section("", "[[provider]]\nid = 1", 1, "unknown field `provider`")]
#[case::field(OPENAI, "url = 1", 4, "unknown field `url`")]
#[case::kind(OPENAI, "name = 1", 4, "expected a string")]
#[case::adapter(OPENAI, "[providers.llm]\nadapter = \"other\"", 5, "unknown variant `other`")]
#[case::key(OPENAI, "key = \"some\"", 4, "unknown variant `some`")]
#[case::base_url(OPENAI, "base_url = \"x\"", 3, "\"openai\": base_url must be an address")]
#[case::name(OPENAI, "name = \" \"", 3, "name \" \" is no text")]
#[case::model_name(
    OPENAI,
    "[providers.llm]\nmodels = [{id = \"m\", name = \"a\\nb\"}]",
    3,
    "llm.models \"m\": name \"a\\nb\" is no text"
)]
#[case::voice_name(
    OPENAI,
    "[providers.tts]\nvoices = [{id = \"v\", name = \"\"}]",
    3,
    "tts.voices \"v\": name \"\" is no text"
)]
#[case::transcription_model(
    OPENAI,
    "[providers.realtime]\ntranscription_model = \"\"",
    3,
    "realtime.transcription_model \"\" is no text"
)]
#[case::variable(OPENAI, "key_variables = [\"a b\"]", 3, "key_variables")]
#[case::key_url(OPENAI, "key_url = \"javascript:alert(1)\"", 3, "key_url must be an address")]
#[case::time(
    OPENAI,
    "[providers.llm]\nmodels = [{id = \"m\", retires = 2027-01-01T00:00:00Z}]",
    3,
    "retires must be a day"
)]
#[case::no_day(OPENAI, "[providers.llm]\nmodels = [{id = \"m\", retires = \"soon\"}]", 5, "")]
#[case::twice(
    OPENAI,
    "[providers.llm]\nmodels = [{id = \"m\"}, {id = \"m\"}]",
    3,
    "llm.models has \"m\" twice"
)]
#[case::default_model(
    OPENAI,
    "[providers.llm]\ndefault_model = \"m\"",
    3,
    "llm.default_model \"m\" is none"
)]
#[case::default_model_elsewhere(
    OPENAI,
    "[providers.llm]\ndefault_model_elsewhere = \"m\"",
    3,
    "llm.default_model_elsewhere \"m\" is none"
)]
#[case::default_voice(
    OPENAI,
    "[providers.tts]\ndefault_voice = \"v\"",
    3,
    "tts.default_voice \"v\" is none"
)]
#[case::voices(
    OPENAI,
    "[providers.stt]\nvoices = [{id = \"v\"}]",
    3,
    "stt.voices is of no use"
)]
#[case::transcription(
    OPENAI,
    "[providers.tts]\ntranscription_model = \"m\"",
    3,
    "tts.transcription_model"
)]
#[case::provider_twice(OPENAI, OPENAI, 6, "it is there twice")]
#[case::no_role(NEW, "", 3, "\"a\": it has no role")]
#[case::no_adapter(NEW, "[providers.llm]\nmodels = []", 3, "llm.adapter is missing")]
#[case::no_name(
    "",
    "[[providers]]\nid = \"a\"\nbase_url = \"http://a.example\"",
    2,
    "name is missing"
)]
#[case::no_base_url("", "[[providers]]\nid = \"a\"\nname = \"A\"", 2, "base_url is missing")]
#[case::id(
    "",
    "[[providers]]\nid = \"a_b\"\nname = \"A\"\nbase_url = \"http://a.example\"",
    2,
    "id must be lower case"
)]
#[case::id_that_no_variable_can_name(
    "",
    "[[providers]]\nid = \"a--b\"\nname = \"A\"\nbase_url = \"http://a.example\"",
    2,
    "single \"-\" between them"
)]
#[case::offline(
    "",
    "[[providers]]\nid = \"offline\"\nname = \"A\"\nbase_url = \"http://a.example\"",
    2,
    "built-in"
)]
fn what_is_wrong_is_said_with_its_line(
    #[case] head: &str,
    #[case] rest: &str,
    #[case] line: usize,
    #[case] says: &str,
) {
    let message = changed_by(&format!("{head}{rest}")).unwrap_err();
    assert!(
        message.starts_with(&format!("mine.toml, line {line}: ")),
        "{message}"
    );
    assert!(message.contains(says) && !message.contains('\n'), "{message}");
}

#[test]
fn what_is_too_long_for_a_session_to_name_is_refused_and_space_around_names_is_not_part_of_them() {
    let with = |id: &str| changed_by(&format!("{OPENAI}[providers.llm]\nmodels = [{{id = {id:?}}}]"));
    assert!(with(&"m".repeat(201)).is_err());
    let catalogue = with(&format!(" {} ", "m".repeat(200))).unwrap();
    let models = model_ids(find(&catalogue, "openai").llm.as_ref());
    assert_eq!(models.last().map(|id| id.len()), Some(200));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let err = Catalogue::load(Some(Path::new("not/there.toml"))).unwrap_err();
    assert_eq!(err.to_string(), "cannot read the catalogue not/there.toml");
}
