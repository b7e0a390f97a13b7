//! The settings with which commands find the demo that runs on this machine: `--demo`.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use url::Url;

use super::super::simulated::TOKEN;
use crate::{config::Config, postgres, simulator::Options};

/// The variable with the directory of the private Postgres.
const DIRECTORY: &str = "HEYMILO_SYNC__DATABASE__DIRECTORY";

/// The demo's data directory: below `base`, or below the default place.
pub fn directory(base: Option<PathBuf>) -> PathBuf {
    base.unwrap_or_else(postgres::Options::default_base_dir).join("demo")
}

/// Stores the demo's settings for other commands.
pub fn keep(config: &Config, directory: &Path) -> anyhow::Result<()> {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let text = format!(
        "# Written by `heymilo-sync demo`, read by `heymilo-sync --demo ...`.\n\
         [workspace]\nname = {}\n\n\
         [heymilo]\nbase_url = {}\nrequests_per_minute = {}\n\n\
         [http]\nlisten = {}\n\n\
         [operations]\nlisten = {}\n\n\
         [database]\ndirectory = {}\n\n\
         [files]\nurl = {}\n\n\
         [poll]\ninterval = \"{}s\"\n",
        quoted(&config.workspaces[0].name),
        quoted(config.heymilo.base_url.as_str()),
        config.heymilo.requests_per_minute,
        quoted(&config.http.listen.to_string()),
        quoted(&config.operations.listen.to_string()),
        quoted(&directory.to_string_lossy()),
        quoted(config.files.url.as_ref().map_or("", Url::as_str)),
        config.poll.interval.as_secs(),
    );

    fs::write(path(directory), text).context("keeping the settings of the demo")
}

/// Loads the settings of the last demo. Variables of a real workspace in the environment are
/// ignored.
pub fn load(mut environment: HashMap<String, String>) -> anyhow::Result<Config> {
    let directory = directory(environment.get(DIRECTORY).map(PathBuf::from));
    let path = path(&directory);
    anyhow::ensure!(
        path.is_file(),
        "no demo has run on this machine: start `heymilo-sync demo`, and run this beside it"
    );
    environment.retain(|name, _| !name.starts_with("HEYMILO_") && name != "DATABASE_URL");
    environment.insert("HEYMILO_API_KEY".to_owned(), Options::default().api_key);
    environment.insert("HEYMILO_WEBHOOK_TOKEN".to_owned(), TOKEN.to_owned());
    Config::load(Some(&path), environment)
}

fn path(directory: &Path) -> PathBuf {
    directory.join("settings.toml")
}
