//! `docs/invariants.md` names the test of each invariant, and every one exists.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A source file: the modules in its path, and its functions.
struct Source {
    modules: Vec<String>,
    functions: BTreeSet<String>,
    has_tests: bool,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn sources() -> Vec<Source> {
    let all =
        ["src", "crates", "tests/it"].map(|directory| files(&root().join(directory))).concat();
    let rust = all.iter().filter(|path| path.extension().is_some_and(|found| found == "rs"));
    rust.map(|path| {
        let text = fs::read_to_string(path).unwrap();
        let place = path.strip_prefix(root()).unwrap().with_extension("");
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        // Cases of a macro that makes tests stand alone in their lines.
        let named = text.lines().filter_map(|line| {
            let line = line.trim();
            line.split_once("fn ").map_or(Some(line), |(_, rest)| rest.split('(').next())
        });
        Source {
            modules: place.iter().map(|part| part.to_str().unwrap().to_owned()).collect(),
            functions: named.filter(|name| name.chars().all(is_word)).map(str::to_owned).collect(),
            has_tests: text.contains("#[test]") || text.contains("#[tokio::test"),
        }
    })
    .collect()
}

/// Whether a name fits a pattern, in which … stands for any text.
fn fits(meant: &str, name: &str) -> bool {
    let parts: Vec<&str> = meant.split('…').collect();
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    match parts.len() {
        1 => meant == name,
        _ => {
            name.len() >= first.len() + last.len()
                && name.starts_with(first)
                && name.ends_with(last)
        }
    }
}

fn exists(sources: &[Source], named: &str) -> bool {
    if named.contains('/') {
        return root().join(named).exists();
    }
    let path: Vec<&str> = named.split("::").collect();
    let (function, modules) = path.split_last().unwrap();
    let is_there = |source: &Source, modules: &[&str]| {
        modules.iter().all(|module| source.modules.iter().any(|found| found == module))
    };
    sources.iter().any(|source| {
        let has_it = source.functions.iter().any(|name| fits(function, name));
        let is_meant = source.modules.ends_with(&[(*function).to_owned()]) && source.has_tests;
        (has_it && is_there(source, modules)) || (is_meant && is_there(source, &path))
    })
}

#[test]
fn every_test_that_is_named_exists() {
    let page = fs::read_to_string(root().join("docs/invariants.md")).unwrap();
    let sources = sources();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let shown_by = rows.filter_map(|row| row.trim_end_matches(" |").rsplit_once(" | "));
    let named: Vec<&str> =
        shown_by.flat_map(|(_, tests)| tests.split('`').skip(1).step_by(2)).collect();
    assert!(named.len() > 150, "only {}", named.len());

    let missing: Vec<&&str> = named.iter().filter(|name| !exists(&sources, name)).collect();

    assert!(missing.is_empty(), "{missing:#?}");
    assert!(!exists(&sources, "page::all_is_lost"));
}
