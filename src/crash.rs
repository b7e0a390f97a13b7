//! Points at which a test may end the process, to see that nothing depends on what comes after.

/// Ends the process here, as `kill -9` would, when the environment says so in `FAILPOINTS`. Only in
/// builds for tests; in all others it is nothing.
pub fn point(stage: &str) {
    fail::fail_point!(stage, |_| std::process::abort());
    // Not used where the macro is nothing.
    let _ = stage;
}
