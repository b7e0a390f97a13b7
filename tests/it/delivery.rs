//! What is shipped: a container without rights, built from crates of known origin.

use std::{fs, path::Path};

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The part of the compose file that is about the daemon.
fn service() -> String {
    let compose = file("docker-compose.yml");
    let (_, service) = compose.split_once("  heymilo-sync:\n").unwrap();
    service
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("    "))
        .fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn the_container_runs_as_an_ordinary_user_and_writes_nowhere() {
    assert!(file("Dockerfile").contains("\nUSER 65532:65532\n"));
    for line in [
        "user: \"65532:65532\"",
        "read_only: true",
        "cap_drop: [ALL]",
        "security_opt: [\"no-new-privileges:true\"]",
    ] {
        assert!(service().contains(&format!("\n    {line}\n")), "{line}");
    }
}

#[test]
fn the_operators_address_of_the_container_is_not_open_to_the_network() {
    let service = service();

    assert!(service.contains("\"127.0.0.1:${HEYMILO_OPERATIONS_PORT:-8081}:8081\""));
    assert!(service.contains("OPERATIONS__LISTEN: ${HEYMILO_OPERATIONS_TOKEN:+0.0.0.0:8081}"));
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
