//! Runs the program as a command to its end.

use std::process::{Command, Stdio};

use sqlx::PgPool;

use super::{app::TOKEN, daemon::url};

/// The address at which HeyMilo would reach the daemon.
pub const PUBLIC_URL: &str = "https://hooks.example.com";

/// Runs a command. Returns whether it succeeded, and its whole output.
pub async fn program(db: &PgPool, base_url: &str, arguments: &[&str]) -> (bool, String) {
    program_with(&url(db), base_url, arguments, &[]).await
}

/// Runs a command on the database at `url`, with further settings, named as in the environment.
pub async fn program_with(
    url: &str,
    base_url: &str,
    arguments: &[&str],
    settings: &[(&str, &str)],
) -> (bool, String) {
    let (code, said) = exit_code(url, base_url, arguments, settings).await;
    (code == Some(0), said)
}

/// The same, and returns its exit code.
pub async fn exit_code(
    url: &str,
    base_url: &str,
    arguments: &[&str],
    settings: &[(&str, &str)],
) -> (Option<i32>, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_heymilo-sync"));
    program.args(arguments).env_clear().stdin(Stdio::null());
    program.env("DATABASE_URL", url);
    program.env("HEYMILO_SYNC__SPOOL__DIRECTORY", concat!(env!("CARGO_TARGET_TMPDIR"), "/spool"));
    program.env("HEYMILO_API_KEY", "simulated");
    program.env("HEYMILO_WEBHOOK_TOKEN", TOKEN);
    program.env("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", PUBLIC_URL);
    program.env("HEYMILO_SYNC__HEYMILO__BASE_URL", base_url);
    program.env("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "1000000");
    program.envs(settings.iter().copied());
    // This thread must stay free to serve the API that the program asks.
    let output = tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}
