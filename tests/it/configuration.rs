//! The page about the settings has all of them, and is made from the defaults.

use std::{env, fs, path::Path};

use heymilo_sync::config::Config;

use crate::support::settings;

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_page_of_the_configuration_is_current() {
    let defaults = fs::read_to_string(path("config/default.toml")).unwrap();
    let page = path("docs/configuration.md");

    let text = settings::markdown(&settings::read(&defaults));

    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&page, &text).unwrap();
    }
    assert!(
        fs::read_to_string(&page).unwrap_or_default() == text,
        "docs/configuration.md is stale: run script/update"
    );
}

#[test]
fn the_page_of_the_configuration_has_every_setting_with_a_word_about_it() {
    let defaults = settings::read(&fs::read_to_string(path("config/default.toml")).unwrap());
    let page = settings::markdown(&defaults);
    let in_force: toml::Table = Config::load(None, []).unwrap().to_toml().unwrap().parse().unwrap();

    let mut number = 0;
    for (section, settings) in &in_force {
        for (key, value) in settings.as_table().into_iter().flatten() {
            let heading = format!("\n### `{section}.{key}`\n");
            assert!(page.contains(&heading), "{section}.{key} = {value} is missing");
            number += 1;
        }
    }
    assert!(number > 30, "only {number}");
    let silent: Vec<&str> = defaults.iter().flat_map(settings::Section::silent).collect();
    assert!(silent.is_empty(), "nothing is said about {silent:?}");
}
