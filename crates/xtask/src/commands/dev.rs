//! `cargo xtask dev`: a debug build that follows the sources.

use std::process::ExitCode;

use anyhow::Result;

use crate::supervised::Supervised;
use crate::watch::Sources;
use crate::workspace::{Build, Workspace};
use crate::{bundle, report, server};

/// Never returns while it works; Ctrl-C ends it and the server.
pub(crate) fn dev(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let mut sources = Sources::new(&workspace.root);
    loop {
        let running = match start(workspace, args) {
            Ok(server) => Some(server),
            Err(err) => {
                report::step(&format!("{err:#}; waiting for a change"));
                None
            }
        };
        let changed = sources.wait_for_change();
        report::step(&format!("{} changed", changed.display()));
        // The old server has to let go of the port before the new one starts.
        drop(running);
    }
}

fn start(workspace: &Workspace, args: &[String]) -> Result<Supervised> {
    let site = bundle::build(workspace, Build::Debug)?;
    let viva = server::build(workspace, Build::Debug)?;
    report::step("Starting the server; Ctrl-C ends it");
    let mut command = Supervised::command("TERM", None);
    command.arg(viva);
    server::serve(&mut command, workspace, &site, args);
    Supervised::spawn(command)
}
