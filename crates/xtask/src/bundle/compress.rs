//! Writes files together with a brotli version that the server sends as it is, and sees that the pages stay small.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use brotli::enc::BrotliEncoderParams;

use crate::report;
use crate::workspace::Build;

/// Formats that are compressed already are left alone.
const COMPRESSIBLE: [&str; 8] = ["css", "html", "js", "json", "svg", "txt", "wasm", "webmanifest"];

/// The programs of the pages, as wasm-bindgen calls them.
const PAGE_PROGRAMS: [&str; 5] = [
    "/talk_bg.wasm",
    "/history_bg.wasm",
    "/compare_bg.wasm",
    "/providers_bg.wasm",
    "/conversation_bg.wasm",
];
/// Most bytes of each that go over the wire. A page is required to stay under 350 kB, since nothing on it works before they
/// are there; what was done for that is in docs/adr/0013-the-audio-worker-is-a-program-of-its-own.md and
/// docs/adr/0017-each-page-is-a-program-of-its-own.md.
const MOST_SENT: usize = 350_000;

/// What a browser has to load for one file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Size {
    path: String,
    raw: usize,
    brotli: Option<usize>,
}

impl Size {
    /// Bytes that go over the wire.
    fn sent(&self) -> usize {
        self.brotli.unwrap_or(self.raw)
    }
}

/// Writes `site/path`, and `site/path.br` in a release where that is smaller.
pub(super) fn write(site: &Path, path: &str, bytes: &[u8], build: Build) -> Result<Size> {
    let file = site.join(path);
    fs::create_dir_all(file.parent().context("a file of the page has no folder")?)?;
    fs::write(&file, bytes).with_context(|| format!("writing {}", file.display()))?;

    let extension = Path::new(path)
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    let mut brotli = None;
    if build == Build::Release && COMPRESSIBLE.contains(&extension) {
        let small = compressed(bytes)?;
        if small.len() < bytes.len() {
            fs::write(site.join(format!("{path}.br")), &small)?;
            brotli = Some(small.len());
        }
    }
    Ok(Size {
        path: path.to_owned(),
        raw: bytes.len(),
        brotli,
    })
}

/// One line per file and the sum of what goes over the wire.
pub(super) fn table(sizes: &[Size]) -> Vec<String> {
    let line = |raw, sent, path: &str| {
        format!(
            "{} raw {} sent  {path}",
            report::kilobytes(raw),
            report::kilobytes(sent)
        )
    };
    let mut lines: Vec<String> = sizes
        .iter()
        .map(|size| line(size.raw, size.sent(), &size.path))
        .collect();
    lines.push(line(
        sizes.iter().map(|size| size.raw).sum(),
        sizes.iter().map(Size::sent).sum(),
        "in total",
    ));
    lines
}

/// Refuses a release in which the program of a page is too large. Debug builds are not limited.
pub(super) fn check(sizes: &[Size], build: Build) -> Result<()> {
    if build == Build::Debug {
        return Ok(());
    }
    for name in PAGE_PROGRAMS {
        let program = sizes
            .iter()
            .find(|size| size.path.ends_with(name))
            .with_context(|| format!("there is no {name}"))?;
        let sent = program.sent();
        ensure!(
            sent <= MOST_SENT,
            "the page's program {name} is {sent} bytes over the wire (brotli), more than the {MOST_SENT} that it may \
             be: do without what the last changes brought into it (often a dependency), move what another page \
             shows there, or what is not needed before a conversation to frontend/audio-worker, as \
             docs/adr/0017-each-page-is-a-program-of-its-own.md and \
             docs/adr/0013-the-audio-worker-is-a-program-of-its-own.md did"
        );
    }
    Ok(())
}

fn compressed(mut bytes: &[u8]) -> Result<Vec<u8>> {
    // A window of 16 MiB sees the whole module at once.
    let params = BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut bytes, &mut small, &params)?;
    Ok(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compressed_file_holds_the_same_bytes() {
        let site = tempfile::tempdir().unwrap();
        let text = "listening ".repeat(200);
        let written = write(site.path(), "pkg/1/talk.js", text.as_bytes(), Build::Release).unwrap();

        let small = fs::read(site.path().join("pkg/1/talk.js.br")).unwrap();
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut small.as_slice(), &mut unpacked).unwrap();
        assert_eq!(unpacked, text.as_bytes());
        assert_eq!(
            written,
            Size {
                path: "pkg/1/talk.js".into(),
                raw: 2000,
                brotli: Some(small.len())
            }
        );
    }

    #[test]
    fn nothing_is_compressed_in_vain() {
        let site = tempfile::tempdir().unwrap();
        let text = "a".repeat(500);
        for (path, bytes, build) in [
            ("tiny.css", "a", Build::Release),
            ("icon.png", text.as_str(), Build::Release),
            ("debug.js", text.as_str(), Build::Debug),
        ] {
            let written = write(site.path(), path, bytes.as_bytes(), build).unwrap();
            assert_eq!(written.brotli, None, "{path}");
            assert!(!site.path().join(format!("{path}.br")).exists(), "{path}");
        }
    }

    #[test]
    fn the_table_ends_with_what_is_sent_in_total() {
        let sizes = [
            Size {
                path: "a.js".into(),
                raw: 2000,
                brotli: Some(500),
            },
            Size {
                path: "b.png".into(),
                raw: 1000,
                brotli: None,
            },
        ];
        let last = table(&sizes).pop().unwrap();
        assert_eq!(last, "     3.0 kB raw      1.5 kB sent  in total");
    }

    #[test]
    fn a_page_that_is_too_large_is_refused() {
        let size = |path: &str, brotli| Size {
            path: path.into(),
            raw: 1_000_000,
            brotli,
        };
        let built = |sent| {
            let worker = size("pkg/1/worker_bg.wasm", Some(400_000));
            let pages = ["history", "compare", "conversation", "providers"];
            let others = pages.map(|page| size(&format!("pkg/3/{page}_bg.wasm"), Some(1)));
            let own = [worker, size("pkg/2/talk_bg.wasm", sent)];
            own.into_iter().chain(others).collect::<Vec<_>>()
        };
        check(&built(Some(350_000)), Build::Release).unwrap();
        let err = check(&built(Some(350_001)), Build::Release).unwrap_err();
        assert!(err.to_string().contains("350001 bytes"), "{err}");
        assert!(err.to_string().contains("frontend/audio-worker"), "{err}");
        check(&built(None), Build::Debug).unwrap();
        let mut built = built(Some(1));
        let providers = built.pop().unwrap();
        assert!(check(&built, Build::Release).is_err(), "a page is missing");
        let large = Size {
            brotli: Some(350_001),
            ..providers
        };
        built.push(large);
        let err = check(&built, Build::Release).unwrap_err();
        assert!(err.to_string().contains("providers_bg.wasm"), "{err}");
    }
}
