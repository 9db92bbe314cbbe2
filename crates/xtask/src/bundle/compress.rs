//! Writes files together with a brotli version that the server sends as it is.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;

use crate::report;
use crate::workspace::Build;

/// Formats that are compressed already are left alone.
const COMPRESSIBLE: [&str; 8] = ["css", "html", "js", "json", "svg", "txt", "wasm", "webmanifest"];

/// What a browser has to load for one file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Size {
    path: String,
    raw: usize,
    brotli: Option<usize>,
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
    let sent = |size: &Size| size.brotli.unwrap_or(size.raw);
    let mut lines: Vec<String> = sizes
        .iter()
        .map(|size| line(size.raw, sent(size), &size.path))
        .collect();
    lines.push(line(
        sizes.iter().map(|size| size.raw).sum(),
        sizes.iter().map(sent).sum(),
        "in total",
    ));
    lines
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
        let written = write(site.path(), "pkg/1/viva.js", text.as_bytes(), Build::Release).unwrap();

        let small = fs::read(site.path().join("pkg/1/viva.js.br")).unwrap();
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut small.as_slice(), &mut unpacked).unwrap();
        assert_eq!(unpacked, text.as_bytes());
        assert_eq!(
            written,
            Size {
                path: "pkg/1/viva.js".into(),
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
}
