//! `viva selftest` as a script runs it: the certificate, where it is kept, the exit code.

use std::process::Output;

use viva_protocol::rest::Certificate;
use viva_protocol::ws::Mode;

use crate::bench::{Folder, output};

const REALTIME: [&str; 6] = [
    "total_ms",
    "endpointing_ms",
    "provider_ms",
    "overhead_ms",
    "leading_silence_ms",
    "unexplained_ms",
];
const CASCADE: [&str; 9] = [
    "total_ms",
    "endpointing_ms",
    "stt_ms",
    "llm_ttft_ms",
    "llm_text_ms",
    "tts_ttfb_ms",
    "overhead_ms",
    "leading_silence_ms",
    "unexplained_ms",
];

fn printed(output: &Output) -> Certificate {
    serde_json::from_slice(&output.stdout).expect("it prints a certificate as JSON and nothing else")
}

/// The parts of a mode that are always measured.
fn parts(certificate: &Certificate, mode: Mode) -> Vec<&str> {
    let of_mode = certificate.parts.iter().filter(|part| part.mode == mode);
    let names = of_mode.map(|part| part.part.as_str());
    names.filter(|name| *name != "network_playout_ms").collect()
}

#[tokio::test]
async fn a_certificate_is_printed_and_kept() {
    let folder = Folder::new();
    let output = output(&mut folder.viva(&["selftest", "--turns", "4", "--json"])).await;
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{complaints}");
    let certificate = printed(&output);
    assert_eq!(
        (certificate.turns, certificate.failed, certificate.concurrency),
        (4, 0, 20)
    );
    assert_eq!(certificate.version, env!("CARGO_PKG_VERSION"));
    assert!(certificate.duration_ms > 1_000, "it speaks in real time");
    assert_eq!(parts(&certificate, Mode::Realtime), REALTIME);
    assert_eq!(parts(&certificate, Mode::Cascade), CASCADE);
    for part in &certificate.parts {
        assert!(part.count == 2 || part.part == "network_playout_ms", "{part:?}");
        // The machine may be busy with other tests; a figure of something else is further off.
        let best_ms = part.best_ms.expect("it is of this version");
        assert!(best_ms <= part.worst_ms && best_ms < 300.0, "{part:?}");
    }

    let kept = std::fs::read(folder.storage().join("selftest.json")).expect("it is kept");
    let kept: Certificate = serde_json::from_slice(&kept).expect("it is a certificate");
    assert_eq!(kept, certificate);
    let server = folder.serve().await;
    let shown = server.client().self_test().await.expect("the server answers");
    assert_eq!(shown.newest, Some(certificate), "the page shows it");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_kept_is_printed_all_the_same() {
    let folder = Folder::new();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").expect("the folder can be written");
    let mut command = folder.viva(&["selftest", "--turns", "1", "--json"]);
    let output = output(command.env("VIVA__STORAGE__URL", file.join("storage"))).await;
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(73), "{complaints}");
    assert!(complaints.contains("cannot keep the certificate"), "{complaints}");
    assert_eq!(printed(&output).turns, 1);
}

#[tokio::test]
async fn a_test_of_nothing_is_refused() {
    let folder = Folder::new();
    let output = output(&mut folder.viva(&["selftest", "--turns", "0"])).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}
