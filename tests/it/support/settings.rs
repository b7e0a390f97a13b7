//! Makes `docs/configuration.md` from the comments of `config/default.toml`.

use std::fmt::Write as _;

/// A table of the settings.
#[derive(Default)]
pub struct Section {
    pub name: String,
    about: Vec<String>,
    pub settings: Vec<Setting>,
}

/// A setting with its comment.
pub struct Setting {
    pub key: String,
    /// As TOML. An example when there is no default.
    value: String,
    is_unset: bool,
    about: Vec<String>,
}

impl Section {
    /// The settings with a default that no comment mentions.
    pub fn silent(&self) -> impl Iterator<Item = &str> {
        let silent = |setting: &&Setting| !setting.is_unset && setting.about.is_empty();
        self.settings.iter().filter(silent).map(|setting| setting.key.as_str())
    }
}

/// Reads the settings. A comment belongs to the setting directly below it, or else to its table.
pub fn read(toml: &str) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut comment: Vec<String> = Vec::new();
    let mut lines = toml.lines();
    while let Some(line) = lines.next() {
        let section = sections.last_mut().expect("there is one from the start");
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let about = std::mem::take(&mut comment);
            sections.push(Section { name: name.to_owned(), about, ..Section::default() });
        } else if line.is_empty() {
            if !comment.is_empty() && !section.about.is_empty() {
                section.about.push(String::new());
            }
            section.about.append(&mut comment);
        } else if let Some((key, value)) = line.strip_prefix("# ").and_then(setting) {
            let about = std::mem::take(&mut comment);
            section.settings.push(Setting { key, value, is_unset: true, about });
        } else if let Some(text) = line.strip_prefix('#') {
            comment.push(text.strip_prefix(' ').unwrap_or(text).to_owned());
        } else {
            let (key, mut value) = setting(line).unwrap_or_else(|| panic!("not a setting: {line}"));
            while value.starts_with('[') && !value.ends_with(']') {
                value = format!("{value}\n{}", lines.next().expect("the list ends"));
            }
            let about = std::mem::take(&mut comment);
            section.settings.push(Setting { key, value, is_unset: false, about });
        }
    }
    sections
}

fn setting(line: &str) -> Option<(String, String)> {
    let (key, value) = line.split_once(" = ")?;
    let is_key = key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    is_key.then(|| (key.to_owned(), value.to_owned()))
}

/// Writes the page.
pub fn markdown(sections: &[Section]) -> String {
    let mut page = String::from(
        "# Settings\n\n<!-- Made from config/default.toml: \
         script/update -->\n",
    );
    for Section { name, about, settings } in sections {
        if !name.is_empty() {
            write!(page, "\n## `[{name}]`\n").unwrap();
        }
        write_text(&mut page, about);
        for Setting { key, value, is_unset, about } in settings {
            let key = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            let variable = key.to_uppercase().replace('.', "__");
            write!(page, "\n### `{key}`\n").unwrap();
            let kind = if *is_unset { "Not set. For example" } else { "Default:" };
            if value.contains('\n') {
                write!(page, "\n{kind}\n\n```toml\n{value}\n```\n\n").unwrap();
            } else {
                write!(page, "\n{kind} `{value}` · ").unwrap();
            }
            writeln!(page, "Environment: `HEYMILO_SYNC__{variable}`").unwrap();
            write_text(&mut page, about);
        }
    }
    page
}

/// Writes prose. Indented text is shown unchanged.
fn write_text(page: &mut String, text: &[String]) {
    let mut is_code = false;
    for (number, line) in text.iter().enumerate() {
        let indented = line.starts_with("  ");
        if number == 0 && !indented {
            page.push('\n');
        }
        if indented != is_code {
            page.push_str(if indented { "\n```text\n" } else { "```\n\n" });
            is_code = indented;
        }
        writeln!(page, "{}", line.trim_start()).unwrap();
    }
    if is_code {
        page.push_str("```\n");
    }
}
