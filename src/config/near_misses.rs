//! Refuses variables whose names are nearly ours. A setting with a typing error in its name would
//! otherwise be ignored silently.

use std::collections::HashMap;

use anyhow::bail;

/// The start of the name of every setting's variable.
const SETTINGS: &str = "HEYMILO_SYNC__";
/// Variables of ours and of the compose project that are not settings.
const OTHERS: [&str; 3] = ["HEYMILO_SYNC_CONFIG", "HEYMILO_SYNC_IMAGE", "HEYMILO_SYNC_PORT"];
/// The start of the names of secrets' variables.
const SECRETS: [&str; 3] = ["HEYMILO_API_KEY", "HEYMILO_WEBHOOK_TOKEN", "HEYMILO_OPERATIONS_TOKEN"];

/// Fails for a variable whose name is nearly one of ours.
pub fn refuse(environment: &HashMap<String, String>) -> anyhow::Result<()> {
    let mut names: Vec<&str> = environment.keys().map(String::as_str).collect();
    names.sort_unstable();
    for name in names {
        if let Some(right) = meant(name) {
            bail!("{name} is set and means nothing: did you mean {right}?");
        }
    }
    Ok(())
}

/// The variable that a wrong name probably means.
fn meant(name: &str) -> Option<String> {
    if OTHERS.contains(&name) {
        return None;
    }
    let squeezed = squeeze(name);
    if let Some(right) = SECRETS.iter().find(|secret| squeezed.starts_with(&squeeze(secret))) {
        return (!name.starts_with(right)).then(|| (*right).to_owned());
    }
    let rest = squeezed.strip_prefix(&squeeze(SETTINGS))?;
    if name.starts_with(SETTINGS) || rest.is_empty() {
        return None;
    }
    let words = name.to_ascii_uppercase();
    let words: Vec<&str> = words.split(['_', '-']).filter(|word| !word.is_empty()).collect();
    let key = words.iter().skip_while(|word| !word.ends_with("SYNC")).skip(1);
    let key: Vec<&str> = key.copied().collect();
    let (section, key) = key.split_first()?;
    Some(format!("{SETTINGS}{section}__{}", key.join("_")))
}

fn squeeze(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_name_is_answered_with_the_right_name() {
        for (slip, right) in [
            ("HEYMILO_SYNC_POLL_INTERVAL", "HEYMILO_SYNC__POLL__INTERVAL"),
            ("HEYMILO_SYNC_POLL__FULL_INTERVAL", "HEYMILO_SYNC__POLL__FULL_INTERVAL"),
            ("HEYMILOSYNC__LOG__FILTER", "HEYMILO_SYNC__LOG__FILTER"),
            ("heymilo_sync__log__filter", "HEYMILO_SYNC__LOG__FILTER"),
            ("HEYMILO_APIKEY", "HEYMILO_API_KEY"),
            ("HEYMILO_WEBHOOKTOKEN", "HEYMILO_WEBHOOK_TOKEN"),
        ] {
            assert_eq!(meant(slip).as_deref(), Some(right), "{slip}");
        }
    }

    #[test]
    fn right_names_and_those_of_others_pass() {
        for name in [
            "HEYMILO_SYNC__POLL__INTERVAL",
            "HEYMILO_SYNC_CONFIG",
            "HEYMILO_API_KEY",
            "HEYMILO_API_KEY_FILE",
            "HEYMILO_API_KEY_EMEA",
            "HEYMILO_PUBLIC_URL",
            "DATABASE_URL",
            "PATH",
        ] {
            assert_eq!(meant(name), None, "{name}");
        }
    }
}
