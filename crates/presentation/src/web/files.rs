//! The files of the page, wherever they lie: in a folder, or in the program. How they are sent does not depend on it.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::fs::File;
use tokio_util::io::ReaderStream;
use tracing::error;

use crate::entity_tag::is_known;
use crate::problem::Problem;

/// The folders of the site. What lies in them has its content's hash in its path, so it never changes.
pub(super) const FOLDERS: [&str; 2] = ["pkg", "assets"];
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Smaller versions that may lie beside a file: what the coding is called, and what its name ends with. The first that a
/// client takes is sent.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
/// Of a file in a folder so much is in memory at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// A file that is a part of the program: its path below the site, and what is in it.
pub type EmbeddedFile = (&'static str, &'static [u8]);

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
enum Place {
    Folder(PathBuf),
    Program(&'static [u8]),
}

#[derive(Debug)]
struct Kept {
    media_type: HeaderValue,
    place: Place,
    /// In the order of [`CODINGS`].
    smaller: Vec<(&'static str, Place)>,
}

/// Every file that is sent, by its path below the site: what was not there at the start is not looked for, so no request
/// decides what is read.
#[derive(Debug)]
pub(super) struct Files(HashMap<String, Kept>);

impl Files {
    /// What lies in the folders of a site.
    ///
    /// # Errors
    /// The folder that cannot be read.
    pub(super) fn of_folder(site: &Path) -> Result<Self, (PathBuf, io::Error)> {
        let mut found = Vec::new();
        for folder in FOLDERS {
            walk(&site.join(folder), folder, &mut found)?;
        }
        Ok(Self::new(found))
    }

    /// What is a part of the program.
    pub(super) fn of_program(files: &'static [EmbeddedFile]) -> Self {
        let is_sent = |path: &str| {
            let folder = path.split_once('/').map_or("", |(folder, _)| folder);
            FOLDERS.contains(&folder)
        };
        let sent = files.iter().filter(|(path, _)| is_sent(path));
        Self::new(sent.map(|(path, bytes)| ((*path).to_owned(), Place::Program(bytes))))
    }

    fn new(found: impl IntoIterator<Item = (String, Place)>) -> Self {
        let mut places: HashMap<String, Place> = found.into_iter().collect();
        let paths: BTreeSet<String> = places.keys().cloned().collect();
        let is_smaller = |path: &str| {
            let mut plain = CODINGS.iter().filter_map(|(_, end)| path.strip_suffix(end));
            plain.any(|plain| paths.contains(plain))
        };
        let plain: Vec<&String> = paths.iter().filter(|path| !is_smaller(path)).collect();
        let kept = plain.into_iter().filter_map(|path| {
            let place = places.remove(path)?;
            let smaller = CODINGS
                .iter()
                .filter_map(|(coding, end)| Some((*coding, places.remove(&format!("{path}{end}"))?)));
            let smaller = smaller.collect();
            let media_type = mime_guess::from_path(path).first_raw();
            let media_type = HeaderValue::from_static(media_type.unwrap_or("application/octet-stream"));
            let kept = Kept {
                media_type,
                place,
                smaller,
            };
            Some((path.clone(), kept))
        });
        Self(kept.collect())
    }

    /// Answers a request for this path, with the smallest version that the client takes.
    pub(super) async fn send(&self, path: &str, request: &HeaderMap) -> Response {
        let path = path.strip_prefix('/').unwrap_or(path);
        let Some(kept) = self.0.get(path) else {
            return gone();
        };
        let taken = kept.smaller.iter().find(|(coding, _)| takes(request, coding));
        let (coding, place) = taken.map_or((None, &kept.place), |(coding, place)| (Some(*coding), place));
        // What lies at a path does not change, so the path says which version it is.
        let tag = match coding {
            Some(coding) => format!("\"{path}.{coding}\""),
            None => format!("\"{path}\""),
        };
        let is_known = is_known(request, &tag);
        let Ok(tag) = HeaderValue::try_from(tag) else {
            return gone();
        };
        let always = [(CACHE_CONTROL, FOR_GOOD), (ETAG, tag)];
        let vary =
            (!kept.smaller.is_empty()).then_some([(VARY, HeaderValue::from_static("accept-encoding"))]);
        if is_known {
            return (StatusCode::NOT_MODIFIED, always, optional(vary)).into_response();
        }
        match place.open().await {
            Ok((bytes, body)) => {
                let about = [
                    (CONTENT_TYPE, kept.media_type.clone()),
                    (CONTENT_LENGTH, bytes.into()),
                ];
                let coding = coding.map(|coding| [(CONTENT_ENCODING, HeaderValue::from_static(coding))]);
                (always, about, optional(vary), optional(coding), body).into_response()
            }
            Err(err) if err.kind() == io::ErrorKind::NotFound => gone(),
            Err(err) => {
                error!(
                    event = "web.file_unreadable",
                    error = &err as &dyn std::error::Error,
                    "A file of the page cannot be read"
                );
                Problem::internal().into_response()
            }
        }
    }
}

fn gone() -> Response {
    Problem::not_found("not-found").into_response()
}

fn optional(header: Option<[(HeaderName, HeaderValue); 1]>) -> HeaderMap {
    header.into_iter().flatten().collect()
}

impl Place {
    async fn open(&self) -> io::Result<(u64, Body)> {
        match self {
            Self::Program(bytes) => Ok((bytes.len() as u64, Body::from(Bytes::from_static(bytes)))),
            Self::Folder(path) => {
                let file = File::open(path).await?;
                let bytes = file.metadata().await?.len();
                let chunks = ReaderStream::with_capacity(file, CHUNK_BYTES);
                Ok((bytes, Body::from_stream(chunks)))
            }
        }
    }
}

/// Every file below a folder; none where that is missing.
fn walk(folder: &Path, prefix: &str, found: &mut Vec<(String, Place)>) -> Result<(), (PathBuf, io::Error)> {
    let failed = |err| (folder.to_owned(), err);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(err) => return Err(failed(err)),
    };
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let name = format!("{prefix}/{name}");
        if path.is_dir() {
            walk(&path, &name, found)?;
        } else {
            found.push((name, Place::Folder(path)));
        }
    }
    Ok(())
}

/// Whether a client takes a coding (`Accept-Encoding`): it is named, and not with a weight of 0.
fn takes(request: &HeaderMap, coding: &str) -> bool {
    let lines = request.get_all(ACCEPT_ENCODING).iter();
    let mut listed = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    listed.any(|listed| {
        let (name, weight) = listed.split_once(';').unwrap_or((listed, ""));
        let weight = weight.trim().trim_start_matches(['q', 'Q', '=', ' ']);
        let is_refused = weight.parse().is_ok_and(|weight: f32| weight <= 0.0);
        name.trim().eq_ignore_ascii_case(coding) && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_static(line));
        }
        headers
    }

    #[test]
    fn a_coding_is_taken_where_it_is_named_and_not_refused() {
        for lines in [
            &["br"][..],
            &["gzip, deflate, BR"],
            &["gzip", "br;q=0.1"],
            &["br ; q=1.000"],
        ] {
            assert!(takes(&accepting(lines), "br"), "{lines:?}");
        }
        for lines in [
            &[][..],
            &[""],
            &["gzip, deflate"],
            &["brotli"],
            &["br;q=0"],
            &["gzip, br; q=0.000"],
        ] {
            assert!(!takes(&accepting(lines), "br"), "{lines:?}");
        }
    }

    #[tokio::test]
    async fn the_smallest_version_that_is_taken_is_sent() {
        static FILES: [EmbeddedFile; 5] = [
            ("assets/a.css", b"plain"),
            ("assets/a.css.br", b"br"),
            ("assets/a.css.gz", b"gz"),
            ("assets/alone.br", b"no smaller version of anything"),
            ("manifest.json", b"{}"),
        ];
        let files = Files::of_program(&FILES);
        for (accepted, coding, sent) in [
            ("gzip, br", "br", "br"),
            ("gzip", "gzip", "gz"),
            ("br;q=0, gzip", "gzip", "gz"),
            ("identity", "", "plain"),
        ] {
            let answer = files.send("/assets/a.css", &accepting(&[accepted])).await;
            let found = answer.headers().get(CONTENT_ENCODING).cloned();
            let found = found.map_or(String::new(), |found| found.to_str().unwrap().to_owned());
            assert_eq!(found, coding, "{accepted}");
            assert_eq!(answer.headers()[VARY], "accept-encoding", "{accepted}");
            let body = axum::body::to_bytes(answer.into_body(), 100).await.unwrap();
            assert_eq!(body, sent, "{accepted}");
        }
        let status = async |path| files.send(path, &HeaderMap::new()).await.status();
        assert_eq!(status("/assets/alone.br").await, 200);
        for path in [
            "/assets/a.css.br",
            "/manifest.json",
            "/assets/",
            "/assets/../assets/a.css",
        ] {
            assert_eq!(status(path).await, 404, "{path}");
        }
    }
}
