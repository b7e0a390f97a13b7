//! The binary: hands over to the commands.

use std::{io, process::ExitCode};

use tokio::runtime::Runtime;

/// An answer is ten thousand small pieces of memory; this one hands them out faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> io::Result<ExitCode> {
    // Where a test wants the process to end; nothing in a release.
    let _crashes = fail::FailScenario::setup();
    let runtime = Runtime::new()?;
    let code = runtime.block_on(heymilo_sync::cli::main());
    // A thread that waits for a disk must not keep the process from ending.
    runtime.shutdown_background();
    Ok(code)
}
