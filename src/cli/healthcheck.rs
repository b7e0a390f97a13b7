//! `heymilo-sync healthcheck`: asks whether the daemon on this machine accepts deliveries.

use std::io::{self, Write as _};

use anyhow::{Context as _, bail};

use crate::{config::Config, http};

/// Asks the daemon of these settings whether it is ready. Any other answer than yes is an error.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let operations = &config.operations;
    let asked = http::ask(operations.listen, "/readyz", operations.token.as_ref()).await;
    let (status, said) = asked.with_context(|| {
        format!("no daemon answers at {} (operations.listen)", operations.listen)
    })?;
    if !status.is_success() {
        bail!("the daemon is not ready ({}): {}", status.as_u16(), said.trim());
    }
    writeln!(io::stdout(), "ready")?;
    Ok(())
}
