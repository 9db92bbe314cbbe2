//! The pages: their documents, rendered here, and the files that the bundle step made.

mod files;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use any_spawner::Executor;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use leptos::nonce::use_nonce;
use leptos::prelude::expect_context;
use leptos_axum::{ResponseOptions, render_app_to_stream_with_context};
use thiserror::Error;
use viva_frontend::{Account, Page, SiteAssets, content_security_policy, shell};

pub use self::files::EmbeddedFile;
use self::files::{FOLDERS, Files};
use crate::sign_in::{SignIn, count, guard_page};
use crate::state::AppState;

const MANIFEST: &str = "manifest.json";
const ASK_EVERY_TIME: HeaderValue = HeaderValue::from_static("no-cache");

/// The files of the page. Clones share.
#[derive(Debug, Clone)]
pub struct Site(Arc<State>);

#[derive(Debug)]
enum State {
    /// The bundle step did not run.
    NotBuilt,
    Built {
        files: Arc<Files>,
        assets: SiteAssets,
    },
}

/// Why the site cannot be served.
#[derive(Debug, Error)]
pub enum SiteError {
    /// It is there and cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The manifest, or a folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The manifest is no manifest.
    #[error("{path} is damaged; build the page again with `cargo xtask run`")]
    Damaged {
        /// The manifest.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// The folder belongs to another version of the page.
    #[error("{path} does not name {}; build the page again with `cargo xtask run`", names.join(", "))]
    Incomplete {
        /// The manifest.
        path: PathBuf,
        /// The files that the page needs.
        names: Vec<&'static str>,
    },
}

impl Site {
    /// A server without the page: its address shows how to build it, and the API works all the same.
    pub fn not_built() -> Self {
        Self(Arc::new(State::NotBuilt))
    }

    /// The site in this folder; [`Site::not_built`] when there is none.
    ///
    /// # Errors
    /// [`SiteError`] when there is a manifest that cannot be used.
    pub fn open(folder: &Path) -> Result<Self, SiteError> {
        let path = folder.join(MANIFEST);
        let json = match std::fs::read_to_string(&path) {
            Ok(json) => json,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Self::not_built()),
            Err(source) => return Err(SiteError::Read { path, source }),
        };
        let assets = assets(path, &json)?;
        let files = Files::of_folder(folder).map_err(|(path, source)| SiteError::Read { path, source })?;
        Ok(Self::built(files, assets))
    }

    /// The site that is a part of the program; [`Site::not_built`] when there is none.
    ///
    /// # Errors
    /// [`SiteError`] when its manifest cannot be used.
    pub fn embedded(files: &'static [EmbeddedFile]) -> Result<Self, SiteError> {
        let Some((path, json)) = files.iter().find(|(path, _)| *path == MANIFEST) else {
            return Ok(Self::not_built());
        };
        let assets = assets(path.into(), &String::from_utf8_lossy(json))?;
        Ok(Self::built(Files::of_program(files), assets))
    }

    fn built(files: Files, assets: SiteAssets) -> Self {
        Self(Arc::new(State::Built {
            files: Arc::new(files),
            assets,
        }))
    }

    /// Whether there is a page to serve.
    pub fn is_built(&self) -> bool {
        matches!(*self.0, State::Built { .. })
    }
}

/// What a manifest names, which is all that the pages need.
fn assets(path: PathBuf, json: &str) -> Result<SiteAssets, SiteError> {
    let assets = match SiteAssets::from_json(json) {
        Ok(assets) => assets,
        Err(source) => return Err(SiteError::Damaged { path, source }),
    };
    let names = assets.missing();
    if names.is_empty() {
        Ok(assets)
    } else {
        Err(SiteError::Incomplete { path, names })
    }
}

/// The routes of the page, for whoever may use the server, and of its files, which hold nobody's secrets.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(state: &AppState) -> Router<S> {
    let guarded = |documents: Router<S>| documents.layer(from_fn_with_state(state.clone(), guard_page));
    match &*state.site.0 {
        State::NotBuilt => guarded(on_every_page(|_| get(not_built))),
        State::Built { files, assets } => {
            let account = match state.sign_in {
                SignIn::NotNeeded => Account::None,
                SignIn::ByToken(_) => Account::SignedIn,
            };
            let files = routes(files).layer(from_fn_with_state(state.clone(), count));
            guarded(documents(assets, account)).merge(files)
        }
    }
}

/// The pages, each rendered with the files of this site. What they are rendered with wants to know once on what it runs.
fn documents<S: Clone + Send + Sync + 'static>(assets: &SiteAssets, account: Account) -> Router<S> {
    // Fails when another router of this process has said so already.
    let _ = Executor::init_tokio();
    on_every_page(|page| {
        let assets = assets.clone();
        get(render_app_to_stream_with_context(set_headers, move || {
            shell(page, &assets, account)
        }))
    })
}

fn on_every_page<S: Clone + Send + Sync + 'static>(answer: impl Fn(Page) -> MethodRouter<S>) -> Router<S> {
    let pages = Page::ALL.into_iter();
    pages.fold(Router::new(), |router, page| {
        router.route(page.path(), answer(page))
    })
}

/// Sets the headers of the document that is being rendered. Its policy names the scripts that it ends with.
fn set_headers() {
    let headers = expect_context::<ResponseOptions>();
    headers.insert_header(CACHE_CONTROL, ASK_EVERY_TIME);
    let policy = content_security_policy(use_nonce().as_deref());
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

fn routes<S: Clone + Send + Sync + 'static>(files: &Arc<Files>) -> Router<S> {
    FOLDERS.into_iter().fold(Router::new(), |router, folder| {
        let files = Arc::clone(files);
        let send = move |uri: Uri, request: HeaderMap| {
            let files = Arc::clone(&files);
            async move { files.send(uri.path(), &request).await }
        };
        router.route(&format!("/{folder}/{{*file}}"), get(send))
    })
}

async fn not_built() -> Response {
    let page = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Viva</title></head><body>\
                <h1>The page is not built</h1><p>Run <code>cargo xtask run</code>, which builds the page and starts \
                the server with it.</p><p>The API works without it: <a href=\"/api/docs\">API</a>.</p></body></html>";
    let policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [
        (CACHE_CONTROL, ASK_EVERY_TIME),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
    ];
    (headers, Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_folder_without_a_manifest_is_a_page_that_is_not_built() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!Site::open(&folder.path().join("nowhere")).unwrap().is_built());
    }

    #[test]
    fn a_manifest_that_cannot_be_used_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        for (json, expected) in [
            ("{", "is damaged"),
            ("{}", "does not name audio-worker.js, base.css"),
        ] {
            fs::write(folder.path().join(MANIFEST), json).unwrap();
            let message = Site::open(folder.path()).unwrap_err().to_string();
            assert!(
                message.contains(expected) && message.contains("cargo xtask run"),
                "{message}"
            );
        }
    }
}
