//! The binary: hands over to the commands.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    // Where a test wants the process to end; nothing in a release.
    let _crashes = fail::FailScenario::setup();
    heymilo_sync::cli::main().await
}
