//! Checks the layers: each module imports only from modules below it.

use std::{fs, path::Path};

/// The modules, bottom-up. A module may use itself and all modules before it. Some are crates of
/// their own.
const FLOORS: &[&str] = &[
    "crash",
    "wake",
    "progress",
    "json",
    "classification",
    "records",
    "mentions",
    "spool",
    "receipts",
    "files",
    "metrics",
    "spans",
    "config",
    "heymilo",
    "normalize",
    "store",
    "intake",
    "status",
    "paper",
    "dossier",
    "reports",
    "sync",
    "http",
    "postgres",
    "simulator",
    "app",
    "cli",
];

/// Modules that may not use some modules below them either.
const APART: &[(&str, &[&str])] = &[
    ("metrics", &["json", "records", "spool"]),
    ("spans", &["json", "metrics", "records", "spool"]),
    ("heymilo", &["classification", "config"]),
    ("normalize", &["config", "heymilo", "metrics"]),
    ("store", &["config", "heymilo", "metrics", "normalize", "spool"]),
    ("intake", &["config", "heymilo", "normalize"]),
    ("status", &["config", "heymilo", "intake", "normalize"]),
    ("dossier", &["config", "heymilo", "intake", "normalize", "status"]),
    ("reports", &["config", "dossier", "heymilo", "intake", "normalize", "status"]),
    ("sync", &["dossier", "paper", "reports", "intake", "status"]),
    ("http", &["config", "heymilo", "normalize", "sync"]),
];

/// Paths that only some modules may use.
const AT_HOME: &[(&str, &[&str])] = &[
    ("axum::", &["http", "simulator", "app"]),
    ("hyper::", &["http"]),
    ("hyper_util::", &["http"]),
    ("reqwest::", &["heymilo", "spans", "simulator", "app"]),
    ("object_store::", &["files", "http"]),
    ("sqlx::query", &["store"]),
    ("clap::", &["cli"]),
    ("prometheus_client::", &["metrics"]),
    ("opentelemetry", &["spans"]),
];

#[test]
fn modules_import_only_from_below() {
    for (height, module) in FLOORS.iter().enumerate() {
        for above in &FLOORS[height + 1..] {
            assert_unused(module, above);
        }
    }
    for (module, others) in APART {
        for other in *others {
            assert_unused(module, other);
        }
    }
}

#[test]
fn every_module_has_a_floor() {
    let lib = fs::read_to_string(src().join("lib.rs")).unwrap();

    for line in lib.lines() {
        let module = line.strip_prefix("pub mod ");
        let module = module
            .or(line.strip_prefix("pub use heymilo_").and_then(|line| line.split(" as ").last()));
        if let Some(module) = module {
            assert!(FLOORS.contains(&module.trim_end_matches(';')), "{module} has no floor");
        }
    }
}

#[test]
fn crates_stay_at_home() {
    for (word, homes) in AT_HOME {
        for module in FLOORS.iter().filter(|module| !homes.contains(module)) {
            for (file, text) in sources(module) {
                assert!(!code(&text).any(|line| line.contains(word)), "{file} uses {word}");
            }
        }
    }
}

#[test]
fn the_normaliser_has_no_clock() {
    for (file, text) in sources("normalize") {
        for clock in ["Utc::now", "Instant::now", "SystemTime"] {
            assert!(!text.contains(clock), "{file} looks at the clock");
        }
    }
}

#[test]
fn no_file_is_longer_than_400_lines() {
    for module in FLOORS {
        for (file, text) in sources(module) {
            assert!(text.lines().count() <= 400, "{file} has {} lines", text.lines().count());
        }
    }
}

fn assert_unused(module: &str, other: &str) {
    for (file, text) in sources(module) {
        let used = imports(&text).any(|path| {
            path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        });
        assert!(!used, "{file} uses {other}");
    }
}

/// The paths below `crate::`, also those inside braces. Tests may use any.
fn imports(text: &str) -> impl Iterator<Item = String> {
    let code: String = code(text).collect::<Vec<_>>().join(" ");
    let mut paths = Vec::new();
    for (_, rest) in code.match_indices("crate::").map(|(at, word)| code.split_at(at + word.len()))
    {
        let mut depth = 0;
        let mut path = String::new();
        for character in rest.chars() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                ';' | ')' | '(' | '<' | '>' => break,
                ',' if depth <= 1 => paths.push(std::mem::take(&mut path)),
                ' ' => {}
                _ if depth <= 1 => path.push(character),
                _ => {}
            }
            if depth < 0 || (depth == 0 && character == '}') {
                break;
            }
        }
        paths.push(path);
    }
    paths.into_iter()
}

/// The lines of a file that are neither comments nor tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| !line.starts_with("#[cfg(test)]"))
        .filter(|line| !line.trim_start().starts_with("//"))
}

fn src() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files of a module, at any depth.
fn sources(module: &str) -> Vec<(String, String)> {
    fn read(path: &Path, files: &mut Vec<(String, String)>) {
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                read(&entry.unwrap().path(), files);
            }
        } else if path.is_file() {
            files.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
        }
    }
    let mut files = Vec::new();
    read(&src().join(module), &mut files);
    read(&src().join(format!("{module}.rs")), &mut files);
    read(&src().join(format!("../crates/{module}/src")), &mut files);
    assert!(!files.is_empty(), "{module} has no files");
    files
}
