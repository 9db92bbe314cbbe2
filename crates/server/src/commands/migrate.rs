//! `viva migrate`.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;

use crate::config::load;
use crate::wiring;

pub(crate) async fn run(file: Option<&Path>) -> Result<()> {
    let loaded = load(file, &[])?;
    wiring::database(&loaded.settings.database).await?;
    writeln!(std::io::stdout(), "the database is up to date")?;
    Ok(())
}
