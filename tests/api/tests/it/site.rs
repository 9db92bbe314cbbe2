//! The page and its files.

use std::fs;
use std::path::Path;

use axum::http::HeaderMap;
use serde_json::json;
use viva_presentation::{EmbeddedFile, Site};

use crate::bench::Server;

/// A site as the bundle step lays it out.
pub(crate) fn bundle(folder: &Path) -> Site {
    fs::create_dir_all(folder.join("pkg/3f2a91c0")).unwrap();
    fs::create_dir_all(folder.join("pkg/91b2c7d4")).unwrap();
    fs::create_dir_all(folder.join("assets")).unwrap();
    for (path, content) in [
        ("pkg/3f2a91c0/talk.js", "export default 1;"),
        ("pkg/3f2a91c0/talk.js.br", "small"),
        ("pkg/3f2a91c0/talk_bg.wasm", "\0asm"),
        ("pkg/91b2c7d4/providers_bg.wasm", "\0asm"),
        ("assets/base-1234.css", "body{}"),
        ("assets/icon-1234.svg", "<svg/>"),
    ] {
        fs::write(folder.join(path), content).unwrap();
    }
    let manifest = json!({
        "talk.js": "/pkg/3f2a91c0/talk.js", "talk.wasm": "/pkg/3f2a91c0/talk_bg.wasm",
        "history.js": "/pkg/5c0de1a2/history.js", "history.wasm": "/pkg/5c0de1a2/history_bg.wasm",
        "compare.js": "/pkg/5d1e80aa/compare.js", "compare.wasm": "/pkg/5d1e80aa/compare_bg.wasm",
        "providers.js": "/pkg/91b2c7d4/providers.js", "providers.wasm": "/pkg/91b2c7d4/providers_bg.wasm",
        "conversation.js": "/pkg/a03f77e9/conversation.js", "conversation.wasm": "/pkg/a03f77e9/conversation_bg.wasm",
        "base.css": "/assets/base-1234.css", "components.css": "/assets/components-1234.css",
        "boot.js": "/assets/boot-1234.js", "icon.svg": "/assets/icon-1234.svg",
        "audio-worker.js": "/assets/audio-worker-1234.js", "capture-worklet.js": "/assets/capture-worklet-1234.js",
        "playback-worklet.js": "/assets/playback-worklet-1234.js", "worker.js": "/pkg/77d0e4b1/worker.js",
        "worker.wasm": "/pkg/77d0e4b1/worker_bg.wasm",
    });
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    Site::open(folder).unwrap()
}

/// The same site in a folder, and as a part of the program.
fn in_both_places(folder: &Path) -> [Site; 2] {
    let in_folder = bundle(folder);
    let mut files = Vec::new();
    embed(folder, "", &mut files);
    [in_folder, Site::embedded(files.leak()).unwrap()]
}

fn embed(folder: &Path, prefix: &str, files: &mut Vec<EmbeddedFile>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            embed(&path, &format!("{name}/"), files);
        } else {
            files.push((name.leak(), fs::read(path).unwrap().leak()));
        }
    }
}

fn directive<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let policy = headers["content-security-policy"].to_str().unwrap();
    policy
        .split(';')
        .map(str::trim)
        .find(|directive| directive.starts_with(name))
        .unwrap_or_default()
}

#[tokio::test]
async fn the_document_names_its_files_and_allows_only_its_own_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with_site(bundle(folder.path())).await;
    let page = server.get("/").await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(page.header("cache-control"), "no-cache");
    for file in [
        "/pkg/3f2a91c0/talk.js",
        "/pkg/3f2a91c0/talk_bg.wasm",
        "/assets/base-1234.css",
        "/assets/boot-1234.js",
    ] {
        assert!(page.text().contains(file), "{file}");
    }
    let scripts = directive(&page.headers, "script-src");
    assert!(
        scripts.starts_with("script-src 'self' 'wasm-unsafe-eval' 'nonce-"),
        "{scripts}"
    );
    let nonce = scripts.split_once("'nonce-").unwrap().1.trim_end_matches('\'');
    for script in page.text().split("<script").skip(1) {
        let tag = script.split_once('>').unwrap().0;
        assert!(
            tag.contains("src=") || tag.contains(&format!("nonce=\"{nonce}\"")),
            "<script{tag}>"
        );
    }
    assert_ne!(
        scripts,
        directive(&server.get("/").await.headers, "script-src"),
        "a nonce is used once"
    );
}

#[tokio::test]
async fn each_page_is_a_document_that_loads_its_own_program() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with_site(bundle(folder.path())).await;
    let pages = [
        ("/", "Talk", "talk"),
        ("/history", "History", "history"),
        ("/compare", "Compare", "compare"),
        ("/providers", "Providers", "providers"),
        (
            "/sessions/0197a3c2-5b1e-7c40-9d7e-3f0a1b2c3d4e",
            "Conversation",
            "conversation",
        ),
    ];
    for (path, name, program) in pages {
        let page = server.get(path).await;
        let text = page.text();
        assert_eq!(page.status, 200, "{path}: {text}");
        assert!(
            text.contains(&format!("<title>{name} – Viva</title>")),
            "{path}: {text}"
        );
        assert_eq!(text.contains("/worker.js"), program == "talk", "{path}");
        assert!(!directive(&page.headers, "script-src").is_empty());
        for (other, _, others) in pages {
            for file in [format!("/{others}.js"), format!("/{others}_bg.wasm")] {
                assert_eq!(text.contains(&file), other == path, "{path} has {file}");
            }
            let current = format!("<a href=\"{other}\" aria-current=\"page\"");
            let is_current = other == path && others != "conversation";
            assert_eq!(text.contains(&current), is_current, "{path} has {current}");
        }
    }
    for path in ["/nowhere", "/sessions", "/sessions/a/b"] {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_page_speaks_the_language_of_its_reader() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with_site(bundle(folder.path())).await;
    let language = async |accepted: &str| {
        let page = server.request("GET", "/", &[("accept-language", accepted)]).await;
        page.text()
            .split_once("<html lang=\"")
            .unwrap()
            .1
            .split_once('"')
            .unwrap()
            .0
            .to_owned()
    };
    assert_eq!(language("zh-TW,zh;q=0.9,en;q=0.5").await, "zh-TW");
    assert_eq!(language("en-GB,en;q=0.9").await, "en");
}

#[tokio::test]
async fn files_are_kept_for_good_and_sent_small() {
    let folder = tempfile::tempdir().unwrap();
    for site in in_both_places(folder.path()) {
        let server = Server::with_site(site).await;
        let script = server
            .request("GET", "/pkg/3f2a91c0/talk.js", &[("accept-encoding", "gzip, br")])
            .await;
        assert_eq!(
            (script.header("content-encoding"), script.text()),
            ("br", "small")
        );
        assert_eq!(script.header("content-type"), "text/javascript");
        assert_eq!(script.header("content-length"), "5");
        assert_eq!(script.header("vary"), "accept-encoding");
        assert_eq!(
            script.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        let plain = server.get("/pkg/3f2a91c0/talk.js").await;
        assert_eq!(
            (plain.header("content-encoding"), plain.text()),
            ("", "export default 1;")
        );
        let wasm = server
            .request("GET", "/pkg/3f2a91c0/talk_bg.wasm", &[("accept-encoding", "br")])
            .await;
        assert_eq!(
            (wasm.header("content-type"), wasm.header("content-encoding")),
            ("application/wasm", "")
        );
        assert_eq!(
            server.get("/assets/icon-1234.svg").await.header("content-type"),
            "image/svg+xml"
        );
        assert!(
            !script.headers.contains_key("content-security-policy"),
            "it would rule the audio worker"
        );
    }
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    for site in in_both_places(folder.path()) {
        let server = Server::with_site(site).await;
        let ask =
            async |headers: &[(&str, &str)]| server.request("GET", "/pkg/3f2a91c0/talk.js", headers).await;
        let (plain, small) = (ask(&[]).await, ask(&[("accept-encoding", "br")]).await);
        assert_ne!(plain.header("etag"), small.header("etag"), "they are other bytes");
        let again = ask(&[("if-none-match", plain.header("etag"))]).await;
        assert_eq!((again.status.as_u16(), again.text()), (304, ""));
        for header in ["etag", "cache-control", "vary"] {
            assert_eq!(again.header(header), plain.header(header), "{header}");
        }
        let other = ask(&[("if-none-match", plain.header("etag")), ("accept-encoding", "br")]).await;
        assert_eq!(other.status, 200);
        let head = server.request("HEAD", "/pkg/3f2a91c0/talk.js", &[]).await;
        assert_eq!((head.header("content-length"), head.text()), ("17", ""));
        let wrong = server.request("POST", "/pkg/3f2a91c0/talk.js", &[]).await;
        assert_eq!(wrong.problem(), (405, "method-not-allowed".to_owned()));
    }
}

#[tokio::test]
async fn nothing_but_the_files_of_the_page_is_served() {
    let folder = tempfile::tempdir().unwrap();
    for site in in_both_places(folder.path()) {
        fs::write(folder.path().join("assets/later-1234.css"), "a{}").unwrap();
        let server = Server::with_site(site).await;
        for path in [
            "/manifest.json",
            "/pkg/../manifest.json",
            "/pkg/%2e%2e/manifest.json",
            "/assets/",
            "/assets/gone.css",
            "/assets/later-1234.css",
            "/pkg/3f2a91c0/talk.js.br",
        ] {
            let answer = server.get(path).await;
            assert_eq!(answer.problem(), (404, "not-found".to_owned()), "{path}");
            assert!(!answer.header("cache-control").contains("immutable"), "{path}");
        }
    }
}

#[tokio::test]
async fn without_the_page_its_address_says_how_to_build_it() {
    let server = Server::start().await;
    for path in ["/", "/compare", "/providers"] {
        let page = server.get(path).await;
        assert!(page.text().contains("cargo xtask run"), "{}", page.text());
    }
    assert_eq!(server.get("/api/v1/interaction/providers").await.status, 200);
}
