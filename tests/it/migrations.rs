//! A migration that has landed is never edited: a database that ran it would refuse to start.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, path::Path};

use heymilo_sync::store::database::MIGRATIONS;

const LANDED: &str = "tests/fixtures/migrations.txt";

/// The migrations of this program, by number, with the checksums that databases remember.
fn ours() -> BTreeMap<i64, String> {
    let hex = |checksum: &[u8]| {
        checksum.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
    };
    MIGRATIONS.iter().map(|migration| (migration.version, hex(&migration.checksum))).collect()
}

fn landed() -> BTreeMap<i64, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LANDED);
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = |line: &str| {
        let (version, checksum) = line.split_once(' ').expect("a number and a checksum");
        (version.parse().expect("a number"), checksum.to_owned())
    };
    text.lines().map(line).collect()
}

#[test]
fn what_has_landed_is_as_it_was_and_new_migrations_are_noted() {
    let (ours, mut landed) = (ours(), landed());
    for (version, checksum) in &landed {
        assert_eq!(ours.get(version), Some(checksum), "migration {version} was edited or removed");
    }
    if env::var_os("UPDATE_DOCS").is_some() {
        landed.extend(ours.clone());
        let lines = landed.iter().map(|(version, checksum)| format!("{version} {checksum}\n"));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(LANDED);
        fs::write(path, lines.collect::<String>()).unwrap();
    }
    let news: Vec<_> = ours.keys().filter(|version| !landed.contains_key(version)).collect();
    assert!(news.is_empty(), "{news:?}: run UPDATE_DOCS=1 cargo test --test it migrations");
}
