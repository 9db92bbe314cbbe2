use rstest::rstest;
use viva_infrastructure::catalogue::Catalogue;

use super::*;

/// The section with these lines of a file.
fn settings(file: &str) -> Result<ProvidersSettings> {
    let file = config::File::from_str(file, config::FileFormat::Toml);
    let config = config::Config::builder().add_source(file).build()?;
    Ok(config.try_deserialize()?)
}

/// The built-in providers, with these lines of a file and these variables.
fn set_up_with(file: &str, environment: &[(&str, &str)]) -> Result<Vec<ProviderSetup>> {
    let settings = settings(file)?.by_id;
    let environment: Vec<(String, String)> = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    set_up(Catalogue::load(None)?.into_providers(), settings, &environment)
}

fn find(setups: &[ProviderSetup], id: &str) -> ProviderSetup {
    setups
        .iter()
        .find(|setup| setup.provider.id == id)
        .unwrap()
        .clone()
}

fn one(id: &str, file: &str, environment: &[(&str, &str)]) -> ProviderSetup {
    find(&set_up_with(file, environment).unwrap(), id)
}

fn key(setup: &ProviderSetup) -> Option<&str> {
    setup.account.api_key.as_ref().map(SecretString::expose_secret)
}

/// A folder with a key in a file of it.
fn key_file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

#[test]
fn without_settings_every_provider_says_what_it_needs() {
    let needs: Vec<(String, CredentialStatus, Vec<String>)> = set_up_with("", &[])
        .unwrap()
        .into_iter()
        .map(|setup| (setup.provider.id, setup.credential, setup.needs))
        .collect();
    let missing = |id: &str, needs: &[&str]| {
        let needs = needs.iter().map(|name| (*name).to_owned()).collect();
        (id.to_owned(), CredentialStatus::Missing, needs)
    };
    assert_eq!(
        needs,
        [
            missing("openai", &["OPENAI_API_KEY"]),
            missing(
                "azure-openai",
                &["VIVA__PROVIDERS__AZURE_OPENAI__BASE_URL", "AZURE_OPENAI_API_KEY"]
            ),
            missing("gemini", &["GEMINI_API_KEY"]),
            missing("anthropic", &["ANTHROPIC_API_KEY"]),
            missing("deepgram", &["DEEPGRAM_API_KEY"]),
            missing("elevenlabs", &["ELEVENLABS_API_KEY"]),
            missing("assemblyai", &["ASSEMBLYAI_API_KEY"]),
            missing("speechmatics", &["SPEECHMATICS_API_KEY"]),
            missing(
                "azure-speech",
                &["VIVA__PROVIDERS__AZURE_SPEECH__BASE_URL", "AZURE_SPEECH_KEY"]
            ),
            missing("google-cloud", &["GOOGLE_CLOUD_API_KEY"]),
            missing("cartesia", &["CARTESIA_API_KEY"]),
            missing("voai", &["VOAI_API_KEY"]),
        ]
    );
}

#[rstest]
#[case("openai", "OPENAI_API_KEY")]
#[case("azure-openai", "AZURE_OPENAI_API_KEY")]
#[case("gemini", "GEMINI_API_KEY")]
#[case("gemini", "GOOGLE_API_KEY")]
#[case("anthropic", "ANTHROPIC_API_KEY")]
#[case("deepgram", "DEEPGRAM_API_KEY")]
#[case("elevenlabs", "ELEVENLABS_API_KEY")]
#[case("assemblyai", "ASSEMBLYAI_API_KEY")]
#[case("speechmatics", "SPEECHMATICS_API_KEY")]
#[case("azure-speech", "AZURE_SPEECH_KEY")]
#[case("google-cloud", "GOOGLE_CLOUD_API_KEY")]
#[case("cartesia", "CARTESIA_API_KEY")]
#[case("voai", "VOAI_API_KEY")]
fn a_key_comes_from_the_vendors_variable_or_the_file_that_it_names(#[case] id: &str, #[case] name: &str) {
    assert_eq!(key(&one(id, "", &[(name, " secret ")])), Some("secret"));
    let (_folder, file) = key_file("from file\n".replace(' ', "-").as_str());
    let setup = one(id, "", &[(&format!("{name}_FILE"), &file)]);
    assert_eq!(key(&setup), Some("from-file"));
}

#[test]
fn the_first_source_of_a_key_wins() {
    let (_folder, file) = key_file("d");
    let (_other_folder, other_file) = key_file("b");
    let all = format!("[gemini]\napi_key = \"a\"\napi_key_file = {other_file:?}");
    let environment = [
        ("GEMINI_API_KEY", "c"),
        ("GEMINI_API_KEY_FILE", &file),
        ("GOOGLE_API_KEY", "e"),
    ];
    assert_eq!(key(&one("gemini", &all, &environment)), Some("a"));
    let without_first = all.replace("\"a\"", "\"\"");
    assert_eq!(key(&one("gemini", &without_first, &environment)), Some("b"));
    assert_eq!(key(&one("gemini", "", &environment)), Some("c"));
    assert_eq!(key(&one("gemini", "", &environment[1..])), Some("d"));
    assert_eq!(key(&one("gemini", "", &environment[2..])), Some("e"));
    assert_eq!(
        key(&one("gemini", "", &[("GEMINI_API_KEY", ""), environment[2]])),
        Some("e")
    );
}

#[test]
fn a_provider_that_was_moved_needs_no_key_and_uses_one() {
    let moved = "[openai]\nbase_url = \"http://127.0.0.1:11434/v1\"";
    let setup = one("openai", moved, &[]);
    assert_eq!(setup.account.base_url.as_str(), "http://127.0.0.1:11434/v1");
    assert_eq!(
        (setup.credential, setup.needs),
        (CredentialStatus::NotNeeded, vec![])
    );
    let setup = one("openai", moved, &[("OPENAI_API_KEY", "secret")]);
    assert_eq!(
        (setup.credential, key(&setup)),
        (CredentialStatus::Present, Some("secret"))
    );

    // Naming the address that it has anyway moves nothing, nor does another host of the vendor, or an empty one.
    for text in ["https://api.openai.com/v1", "https://eu.api.openai.com/v1", ""] {
        let setup = one("openai", &format!("[openai]\nbase_url = {text:?}"), &[]);
        assert_eq!(setup.credential, CredentialStatus::Missing, "{text}");
    }
}

#[test]
fn a_server_that_speaks_as_openai_does_is_sent_files() {
    let default = |setup: &ProviderSetup| {
        let model = &setup.info(setup.provider.stt.as_ref().unwrap()).models[0];
        (model.id.clone(), model.retires)
    };
    let moved = one("openai", "[openai]\nbase_url = \"http://127.0.0.1:8000/v1\"", &[]);
    // OpenAI's calendar is of no meaning there.
    assert_eq!(default(&moved), ("whisper-1".to_owned(), None));
    let speech = &moved.provider.tts.as_ref().unwrap().models;
    assert!(speech.iter().all(|model| model.retires.is_none()));
    let here = one(
        "openai",
        "[openai]\nbase_url = \"https://eu.api.openai.com/v1\"",
        &[],
    );
    assert_eq!(default(&here).0, "gpt-live-transcribe");
    assert!(here.provider.tts.as_ref().unwrap().models[0].retires.is_some());
}

#[test]
fn azure_needs_an_address_and_a_key() {
    let address = "[azure_openai]\nbase_url = \"https://mine.openai.azure.com\"";
    let with_key = [("AZURE_OPENAI_API_KEY", "secret")];
    let setup = one("azure-openai", "", &with_key);
    assert_eq!(setup.needs, ["VIVA__PROVIDERS__AZURE_OPENAI__BASE_URL"]);
    assert_eq!(setup.credential, CredentialStatus::Missing);
    assert_eq!(one("azure-openai", address, &[]).needs, ["AZURE_OPENAI_API_KEY"]);
    assert_eq!(
        one("azure-openai", address, &with_key).credential,
        CredentialStatus::Present
    );
}

#[test]
fn what_cannot_be_a_key_is_refused_without_being_shown() {
    let message = |file: &str, environment: &[(&str, &str)]| {
        let message = format!("{:#}", set_up_with(file, environment).unwrap_err());
        assert!(!message.contains("hidden"), "{message}");
        message
    };
    assert!(message("[openai]\napi_key = \"hidden key\"", &[]).starts_with("providers.openai.api_key holds"));
    assert!(message("", &[("OPENAI_API_KEY", "hidden\nkey")]).starts_with("OPENAI_API_KEY holds"));
    let (_folder, file) = key_file("hidden key");
    assert!(message("", &[("OPENAI_API_KEY_FILE", &file)]).starts_with("OPENAI_API_KEY_FILE holds"));
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_what_to_do() {
    let (folder, file) = key_file(" \n");
    let message = |name: &str, file: &str| set_up_with("", &[(name, file)]).unwrap_err().to_string();
    let gone = folder.path().join("gone");
    let said = message("OPENAI_API_KEY_FILE", gone.to_str().unwrap());
    assert!(
        said.starts_with("OPENAI_API_KEY_FILE names ")
            && said.contains("gone, which cannot be read")
            && said.contains("unset it"),
        "{said}"
    );
    let said = message("OPENAI_API_KEY_FILE", &file);
    assert!(said.contains("is empty; put the key into it"), "{said}");
    let said = set_up_with("[openai]\napi_key_file = \"not/there\"", &[])
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("providers.openai.api_key_file names not/there"),
        "{said}"
    );
}

#[rstest]
#[case("ftp://a.example", "begins with http:// or https://")]
#[case("127.0.0.1:11434", "begins with http:// or https://")]
#[case("https://me:hidden@a.example", "must not hold a name or password")]
#[case(
    "http://169.254.169.254/hidden",
    "must not lead to the metadata service of a cloud"
)]
#[case("http://[fe80::1]:8080", "must not lead to a link-local address")]
fn an_address_that_cannot_work_is_refused_by_name(#[case] text: &str, #[case] says: &str) {
    let err = set_up_with(&format!("[azure_openai]\nbase_url = {text:?}"), &[]).unwrap_err();
    let message = format!("{err:#}");
    assert!(
        message.starts_with("providers.azure_openai.base_url: ") && message.contains(says),
        "{message}"
    );
    assert!(!message.contains("hidden"), "{message}");
}

#[rstest]
#[case("127.0.0.1:8080", false, AddressPolicy::PrivateAllowed)]
#[case("[::1]:0", false, AddressPolicy::PrivateAllowed)]
#[case("127.0.0.1:8080", true, AddressPolicy::PublicOnly)]
#[case("0.0.0.0:8080", false, AddressPolicy::PublicOnly)]
#[case("[::]:8080", false, AddressPolicy::PublicOnly)]
#[case("192.168.1.2:8080", false, AddressPolicy::PublicOnly)]
fn users_may_name_private_addresses_where_only_this_machine_is_served(
    #[case] listen: &str,
    #[case] behind_proxy: bool,
    #[case] unless_set: AddressPolicy,
) {
    let server = ServerSettings {
        listen: listen.parse().unwrap(),
        behind_proxy,
    };
    let policy = |file: &str| settings(file).unwrap().user_addresses(server);
    let section = "[openai]\napi_key = \"k\"";
    assert_eq!(policy(section), unless_set);
    let allowed = policy(&format!("allow_private_addresses = true\n{section}"));
    assert_eq!(allowed, AddressPolicy::PrivateAllowed);
    let refused = policy("allow_private_addresses = false");
    assert_eq!(refused, AddressPolicy::PublicOnly);
}

#[test]
fn what_is_set_about_all_providers_is_no_provider() {
    let settings = settings("allow_private_addresses = true\n[openai]\napi_key = \"k\"").unwrap();
    assert_eq!(settings.by_id.keys().collect::<Vec<_>>(), ["openai"]);
}

#[test]
fn keys_are_in_no_debug_output() {
    let setups = set_up_with("[openai]\napi_key = \"hidden\"", &[("GEMINI_API_KEY", "hidden")]).unwrap();
    assert!(!format!("{setups:?}").contains("hidden"));
}
