//! The binary starts the runtime and runs the command.

use std::{io, process::ExitCode};

use tokio::runtime::Runtime;

/// Parsing one answer makes about ten thousand small allocations, and mimalloc is faster at these.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> io::Result<ExitCode> {
    // Failpoints at which a test ends the process. In a release build this does nothing.
    let _crashes = fail::FailScenario::setup();
    let runtime = Runtime::new()?;
    let code = runtime.block_on(heymilo_sync::cli::main());
    // A thread that waits for a disk must not keep the process from ending.
    runtime.shutdown_background();
    Ok(code)
}
