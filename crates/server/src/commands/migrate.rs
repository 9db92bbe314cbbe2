//! `viva migrate`.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::config::load;
use crate::failure::Failure;
use crate::wiring;

pub(crate) async fn run(file: Option<&Path>) -> Result<()> {
    let loaded = load(file, &[])?;
    let database = wiring::beside_a_server(&loaded.settings).await?;
    // What SQLite wrote into its log comes into the file then.
    database.close().await.context(Failure::Database)?;
    writeln!(std::io::stdout(), "the database is up to date")?;
    Ok(())
}
