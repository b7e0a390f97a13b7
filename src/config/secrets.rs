//! Secrets come from the environment, or from a file that a variable names, and never from a file
//! of settings.

use std::{collections::HashMap, fs, path::Path};

use anyhow::{Context as _, bail, ensure};

/// Secrets: their key in the settings, and the names of their variables.
const SECRETS: [(&str, [&str; 2]); 6] = [
    ("heymilo.api_key", ["HEYMILO_SYNC__HEYMILO__API_KEY", "HEYMILO_API_KEY"]),
    ("webhooks.token", ["HEYMILO_SYNC__WEBHOOKS__TOKEN", "HEYMILO_WEBHOOK_TOKEN"]),
    ("operations.token", ["HEYMILO_SYNC__OPERATIONS__TOKEN", "HEYMILO_OPERATIONS_TOKEN"]),
    ("erasures.key", ["HEYMILO_SYNC__ERASURES__KEY", "HEYMILO_ERASURE_KEY"]),
    ("database.url", ["HEYMILO_SYNC__DATABASE__URL", "DATABASE_URL"]),
    ("database.password", ["HEYMILO_SYNC__DATABASE__PASSWORD", "DATABASE_PASSWORD"]),
];

/// Takes a variable out of the environment as text. Parsed as a number, `007` would become 7.
pub fn take_text(environment: &mut HashMap<String, String>, name: &str) -> Option<String> {
    environment.remove(name).filter(|value| !value.is_empty())
}

/// Takes the secrets out of the environment, each with its key in the settings.
pub fn take(
    environment: &mut HashMap<String, String>,
) -> anyhow::Result<Vec<(&'static str, Option<String>)>> {
    SECRETS.iter().map(|(key, names)| Ok((*key, take_one(environment, names)?))).collect()
}

/// The variable of a secret of one of several workspaces: `HEYMILO_API_KEY_EMEA`.
pub fn variable(what: &str, workspace: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{what}_{}", workspace.chars().map(plain).collect::<String>())
}

/// Takes a secret out of the environment, from the variable itself or from the file that it names.
pub fn take_one(
    environment: &mut HashMap<String, String>,
    names: &[&str],
) -> anyhow::Result<Option<String>> {
    let mut secret = None;

    for name in names {
        let value = environment.remove(*name).filter(|value| !value.is_empty());
        let in_file = format!("{name}_FILE");
        let path = environment.remove(&in_file).filter(|path| !path.is_empty());
        let found = match (value, path) {
            (Some(_), Some(_)) => bail!("{name} and {in_file} are both set: unset one of them"),
            (Some(value), None) => Some(value),
            (None, Some(path)) => Some(
                fs::read_to_string(&path)
                    .with_context(|| format!("reading the file that {in_file} names"))?
                    .trim()
                    .to_owned(),
            ),
            (None, None) => None,
        };
        found.as_deref().map_or(Ok(()), |found| check(name, found))?;
        secret = secret.or(found);
    }

    Ok(secret)
}

/// Refuses a secret with leftovers of a shell, an editor or a template. The database's address has
/// checks of its own.
fn check(name: &str, secret: &str) -> anyhow::Result<()> {
    if name.ends_with("DATABASE_URL") || name.ends_with("DATABASE__URL") {
        return Ok(());
    }
    let is_quoted =
        ['"', '\''].iter().any(|&quote| secret.starts_with(quote) || secret.ends_with(quote));
    ensure!(!secret.starts_with('\u{feff}'), "{name} begins with a byte order mark: remove it");
    ensure!(!is_quoted, "{name} begins or ends with a quote: remove the quotes");
    ensure!(
        !secret.contains(|c: char| c.is_whitespace() || c.is_control()),
        "{name} holds a blank or another sign that cannot be seen: remove it"
    );
    Ok(())
}

/// Refuses a file of settings that holds a secret, because such files are shared and committed.
pub fn refuse_in_file(path: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("reading the settings from {}", path.display()))?;
    let table: toml::Table = text.parse().map_err(|error| not_toml(path, &text, &error))?;
    for (key, names) in SECRETS {
        let (section, name) = key.split_once('.').expect("a secret's key has two parts");
        let inside = table.get(section).and_then(|section| section.get(name));
        ensure!(inside.is_none(), "{key} is a secret: set {} in the environment instead", names[1]);
    }
    Ok(())
}

/// The error for a file of settings that is not TOML, with the line and the reason. The line's text
/// is left out, because it may be a secret.
fn not_toml(path: &Path, text: &str, error: &toml::de::Error) -> anyhow::Error {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    anyhow::anyhow!("{} is not TOML: line {line}: {}", path.display(), error.message())
}
