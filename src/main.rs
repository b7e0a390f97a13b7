//! The binary: hands over to the commands.

use std::process::ExitCode;

/// An answer is ten thousand small pieces of memory; this one hands them out faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    // Where a test wants the process to end; nothing in a release.
    let _crashes = fail::FailScenario::setup();
    heymilo_sync::cli::main().await
}
