//! Points at which a test may end the process, to show that nothing depends on the code after them.

/// Ends the process here, as `kill -9` does, when the environment names this stage in `FAILPOINTS`.
/// In builds without failpoints it does nothing.
pub fn point(stage: &str) {
    fail::fail_point!(stage, |_| std::process::abort());
    // Without failpoints the macro is empty and does not use `stage`.
    let _ = stage;
}
