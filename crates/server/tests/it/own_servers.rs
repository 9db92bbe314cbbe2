//! Whole conversations with servers of one's own, each with an entry in the catalogue, and without a key.

use std::path::PathBuf;

use serde_json::Value;
use viva_fakes::vendors::compatible::CompatibleVendor::{Kokoro, Ollama, Speaches, WhisperCpp};
use viva_fakes::vendors::compatible::{CompatibleScript, CompatibleServer, CompatibleVendor};

use crate::bench::{Folder, Server};
use crate::vendors::talk;

async fn start(vendor: CompatibleVendor) -> CompatibleServer {
    start_with(vendor, "my-model").await
}

async fn start_with(vendor: CompatibleVendor, model: &str) -> CompatibleServer {
    let script = CompatibleScript {
        model: model.to_owned(),
        inference_path: "/v1/audio/transcriptions".to_owned(),
        ..CompatibleScript::default()
    };
    CompatibleServer::start(vendor, script).await.expect("it starts")
}

/// A server whose catalogue has these entries too.
async fn serve(folder: &Folder, entries: &str) -> Server {
    let file: PathBuf = folder.path().join("my-providers.toml");
    std::fs::write(&file, entries).expect("the folder can be written");
    let file = file.display().to_string();
    folder.serve_with(&[("VIVA__CATALOGUE__FILE", file)]).await
}

fn entry(id: &str, server: &CompatibleServer, role: &str, more: &str) -> String {
    format!(
        "[[providers]]\nid = \"{id}\"\nname = \"{id}\"\nbase_url = \"{}\"\n[providers.{role}]\nadapter = \"openai\"\n{more}\n",
        server.base_url()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn three_of_them_make_a_cascade() {
    let (ears, model, voice) = (start(WhisperCpp).await, start(Ollama).await, start(Kokoro).await);
    let models = "models = [{ id = \"my-model\" }]";
    let kokoro = "models = [{ id = \"kokoro\" }]\nvoices = [{ id = \"af_heart\", language = \"en-US\" }]";
    let entries = [
        entry("whisper", &ears, "stt", models),
        entry("ollama", &model, "llm", models),
        entry("kokoro", &voice, "tts", kokoro),
    ];
    let folder = Folder::new();
    let server = serve(&folder, &entries.concat()).await;
    let args = [
        "--mode", "cascade", "--stt", "whisper", "--llm", "ollama", "--tts", "kokoro",
    ];
    talk(&folder, &server, &args).await;
    let asked = model.requests().remove(0);
    let messages = asked.json["messages"].as_array().expect("there are messages");
    let said: Vec<&Value> = messages.iter().map(|message| &message["content"]).collect();
    assert_eq!(said.last(), Some(&&Value::from("Hello world.")));
    assert_eq!(voice.requests()[0].json["input"], "I am fine, thanks.");
    for server in [&ears, &model, &voice] {
        assert!(server.requests().iter().all(|request| !request.has_key));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_them_hears_and_speaks_in_the_words_of_the_beta() {
    let speaches = start(Speaches).await;
    let more = "models = [{ id = \"my-model\" }]\nvoices = [{ id = \"af_heart\" }]\ntranscription_model = \"my-model\"";
    let folder = Folder::new();
    let server = serve(&folder, &entry("speaches", &speaches, "realtime", more)).await;
    talk(&folder, &server, &["--provider", "speaches"]).await;
    assert_eq!(speaches.prompts()[0], ["user: Hello world."]);
    let line = speaches.lines().remove(0);
    assert_eq!(line.texts[0]["session"]["voice"], "af_heart");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_stack_of_the_readme_holds_a_conversation() {
    let readme = include_str!("../../../../README.md");
    let (_, section) = readme
        .split_once("## With a local stack")
        .expect("it has the section");
    let block = |language: &str| {
        let (_, rest) = section
            .split_once(&format!("```{language}\n"))
            .expect("it has the block");
        rest.split_once("```").expect("the block ends").0.to_owned()
    };
    let (model, ears) = (
        start_with(Ollama, "llama3.2").await,
        start_with(Speaches, "Systran/faster-whisper-small").await,
    );
    let voice = start_with(Kokoro, "kokoro").await;
    let mut entries = block("toml");
    for (server, port) in [(&model, 11_434), (&ears, 8_000), (&voice, 8_880)] {
        let address = format!("http://127.0.0.1:{port}/v1");
        assert!(entries.contains(&address), "{address}");
        entries = entries.replace(&address, &server.base_url());
    }
    let folder = Folder::new();
    let server = serve(&folder, &entries).await;
    let commands = block("sh");
    let (_, args) = commands
        .split_once("question-en.wav ")
        .expect("a recording is played");
    talk(&folder, &server, &args.split_whitespace().collect::<Vec<_>>()).await;
    for server in [&ears, &model, &voice] {
        let requests = server.requests();
        assert!(!requests.is_empty());
        assert!(
            requests
                .iter()
                .all(|request| !request.has_key && request.status == 200)
        );
    }
}
