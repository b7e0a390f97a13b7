//! Releases are built from crates of known origin.

use std::{fs, path::Path};

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn crates_come_from_the_registry_and_tls_is_not_openssl() {
    let lock: toml::Table = file("Cargo.lock").parse().unwrap();
    let packages = lock["package"].as_array().unwrap();

    for package in packages {
        let name = package["name"].as_str().unwrap();
        let banned = name.starts_with("openssl") && name != "openssl-probe";
        assert!(!banned && name != "native-tls" && name != "aws-lc-sys", "{name}");
        if let Some(source) = package.get("source").and_then(toml::Value::as_str) {
            assert!(source.starts_with("registry+https://github.com/rust-lang/"), "{name}");
        }
    }
    let deny = file("deny.toml");
    for line in ["unknown-git = \"deny\"", "unknown-registry = \"deny\""] {
        assert!(deny.contains(line), "{line}");
    }
}
