//! The binary: hands over to the commands.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    heymilo_sync::cli::main().await
}
