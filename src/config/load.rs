//! Reads the settings from the defaults, a file and the environment. A later source replaces an
//! earlier one.

use std::{collections::HashMap, path::Path};

use anyhow::{Context as _, bail, ensure};
use config::{Environment, File, FileFormat};
use secrecy::SecretString;

use super::{Config, Workspace, near_misses, secrets};

const DEFAULTS: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "HEYMILO_SYNC";

impl Config {
    /// Loads and checks the settings. They come from the defaults, `file` and `environment`, and a
    /// later source replaces an earlier one. Errors name the wrong setting.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let mut environment: HashMap<String, String> = environment.into_iter().collect();
        near_misses::refuse(&environment)?;

        let mut builder =
            config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = file {
            secrets::refuse_in_file(path)?;
            builder = builder.add_source(File::from(path).format(FileFormat::Toml));
        }

        let secrets = secrets::take(&mut environment)?;
        let name = secrets::take_text(&mut environment, "HEYMILO_SYNC__WORKSPACE__NAME");
        let mut own = environment.clone();
        builder = builder.add_source(
            Environment::with_prefix(PREFIX)
                .separator("__")
                .list_separator(",")
                .with_list_parse_key("files.kinds")
                .with_list_parse_key("files.postings")
                .with_list_parse_key("webhooks.event_types")
                .with_list_parse_key("webhooks.interview_id_at")
                .with_list_parse_key("webhooks.posting_id_at")
                .ignore_empty(true)
                .try_parsing(true)
                .source(Some(environment)),
        );

        builder = builder.set_override_option("workspace.name", name)?;
        for (key, secret) in secrets {
            builder = builder.set_override_option(key, secret)?;
        }
        let mut config: Self = builder
            .build()
            .context("reading the settings")?
            .try_deserialize()
            .map_err(with_example)
            .context("reading the settings")?;

        config.gather_workspaces(&mut own)?;
        config.check()?;
        Ok(config)
    }

    /// Writes the settings in force as TOML, secrets hidden.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        toml::to_string_pretty(self).context("writing the settings")
    }

    /// Removes all workspaces but one.
    pub fn keep_only(&mut self, name: &str) -> anyhow::Result<()> {
        let names = self.names();
        self.workspaces.retain(|workspace| workspace.name == name);
        ensure!(
            !self.workspaces.is_empty(),
            "there is no workspace {name:?} in the settings: there is {names}"
        );
        Ok(())
    }

    /// The only workspace. Fails when there are several.
    pub fn only_workspace(&self) -> anyhow::Result<&Workspace> {
        match &self.workspaces[..] {
            [only] => Ok(only),
            _ => bail!("say which workspace with --workspace: {}", self.names()),
        }
    }

    fn names(&self) -> String {
        self.workspaces.iter().map(|known| known.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Checks that every workspace has its key. The error says what to set.
    pub fn require_api_keys(&self) -> anyhow::Result<()> {
        for workspace in &self.workspaces {
            if workspace.api_key.is_none() {
                let variable = self.key_variable(workspace);
                bail!(
                    "no API key: set {variable} to the key of workspace {:?}, or {variable}_FILE \
                     to a file that holds it (`heymilo-sync demo` needs none)",
                    workspace.name
                );
            }
        }
        Ok(())
    }

    /// The variable that holds a workspace's API key.
    pub fn key_variable(&self, workspace: &Workspace) -> String {
        self.variable("HEYMILO_API_KEY", workspace)
    }

    /// Collects the secrets of each workspace. A single workspace has those of the settings.
    fn gather_workspaces(
        &mut self,
        environment: &mut HashMap<String, String>,
    ) -> anyhow::Result<()> {
        if self.workspaces.is_empty() {
            self.workspaces.push(Workspace {
                name: self.workspace.name.clone(),
                heymilo_id: self.workspace.heymilo_id.clone(),
                api_key: self.heymilo.api_key.clone(),
                webhook_token: self.webhooks.token.clone(),
            });
            return Ok(());
        }

        ensure!(
            self.heymilo.api_key.is_none() && self.webhooks.token.is_none(),
            "each of the [[workspaces]] has a key and a token of its own: set {} instead of \
             HEYMILO_API_KEY, and likewise the token",
            secrets::variable("HEYMILO_API_KEY", &self.workspaces[0].name)
        );

        for workspace in &mut self.workspaces {
            let mut take = |what| {
                let variable = secrets::variable(what, &workspace.name);
                anyhow::Ok(secrets::take_one(environment, &[&variable])?.map(SecretString::from))
            };
            (workspace.api_key, workspace.webhook_token) =
                (take("HEYMILO_API_KEY")?, take("HEYMILO_WEBHOOK_TOKEN")?);
        }

        Ok(())
    }

    fn variable(&self, what: &str, workspace: &Workspace) -> String {
        if self.workspaces.len() == 1 && self.workspace.name == workspace.name {
            what.to_owned()
        } else {
            secrets::variable(what, &workspace.name)
        }
    }
}

/// Adds an example of a valid value to an error.
fn with_example(error: config::ConfigError) -> anyhow::Error {
    let text = error.to_string();
    let defaults: toml::Table = DEFAULTS.parse().expect("the defaults are TOML");
    let examples = defaults.iter().flat_map(|(section, values)| {
        let values = values.as_table().into_iter().flatten();
        values.map(move |(key, value)| (format!("{section}.{key}"), value))
    });
    // The error has the name of the setting between backticks.
    let example = examples.into_iter().find(|(key, _)| text.contains(&format!("`{key}`")));
    match example {
        Some((key, value)) => anyhow::anyhow!("{text}; a right value: {key} = {value}"),
        None => error.into(),
    }
}
