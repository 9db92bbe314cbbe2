//! `cargo xtask build`: what `run` starts and `e2e` tests.

use std::path::PathBuf;

use anyhow::Result;

use crate::workspace::{Build, Workspace};
use crate::{bundle, server};

/// The release that was built.
pub(crate) struct Release {
    /// The server's binary.
    pub(crate) viva: PathBuf,
    /// The folder of the page.
    pub(crate) site: PathBuf,
}

pub(crate) fn build(workspace: &Workspace) -> Result<Release> {
    let site = bundle::build(workspace, Build::Release)?;
    let viva = server::build(workspace, Build::Release)?;
    Ok(Release { viva, site })
}
