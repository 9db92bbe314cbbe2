//! Which page is served.

use std::path::Path;

use viva_presentation::{EmbeddedFile, Site, SiteError};

/// The page that this program carries; none unless it was built so (`build.rs`).
static CARRIED: &[EmbeddedFile] = include!(concat!(env!("OUT_DIR"), "/site.rs"));
/// Where `cargo xtask run` builds the page, seen from the checkout.
const BUILT: &str = "target/site";

/// The page in this folder; unless one is named, the one that the program carries, or else the checkout's.
pub(super) fn open(folder: Option<&Path>) -> Result<Site, SiteError> {
    match folder {
        Some(folder) => Site::open(folder),
        None if CARRIED.is_empty() => Site::open(Path::new(BUILT)),
        None => Site::embedded(CARRIED),
    }
}
