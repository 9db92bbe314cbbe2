//! The files of the page that are not compiled.

use std::path::Path;

use anyhow::Result;

use super::tree::{self, File};

/// The style sheets that stand beside their components, as one.
const COMPONENTS: &str = "components.css";

/// What lies in `assets`, and `components.css` with every style sheet below `src` in the order of paths.
pub(super) fn collect(frontend: &Path) -> Result<Vec<File>> {
    let mut files = tree::read(&frontend.join("assets"))?;
    let mut sheets = tree::read(&frontend.join("src"))?;
    sheets.retain(|file| {
        Path::new(&file.name)
            .extension()
            .is_some_and(|extension| extension == "css")
    });
    if !sheets.is_empty() {
        files.push(File {
            name: COMPONENTS.into(),
            bytes: joined(&sheets),
        });
    }
    Ok(files)
}

fn joined(sheets: &[File]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for sheet in sheets {
        bytes.extend_from_slice(&sheet.bytes);
        bytes.push(b'\n');
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn style_sheets_of_components_become_one() {
        let frontend = tempfile::tempdir().unwrap();
        for folder in ["assets", "src/components", "src/pages"] {
            fs::create_dir_all(frontend.path().join(folder)).unwrap();
        }
        for (name, text) in [
            ("assets/app.css", ":root{}"),
            ("src/pages/talk.css", ".talk{}"),
            ("src/components/meter.css", ".meter{}"),
            ("src/components/meter.rs", "//!"),
        ] {
            fs::write(frontend.path().join(name), text).unwrap();
        }
        let files = collect(frontend.path()).unwrap();
        let expected = [
            File {
                name: "app.css".into(),
                bytes: b":root{}".into(),
            },
            File {
                name: "components.css".into(),
                bytes: b".meter{}\n.talk{}\n".into(),
            },
        ];
        assert_eq!(files, expected);
    }

    #[test]
    fn a_frontend_without_assets_has_none() {
        assert_eq!(collect(tempfile::tempdir().unwrap().path()).unwrap(), []);
    }
}
