//! Alerts and dashboard: they speak of what is exposed, and every alert has its remedy.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};
use yaml_rust2::{Yaml, YamlLoader};

use crate::support::{scrape::Scrape, simulated::Simulated};

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The alerts, by name, with their expressions.
fn alerts() -> Vec<(String, String)> {
    let parsed = YamlLoader::load_from_str(&file("deploy/prometheus/alerts.yml")).unwrap();
    let groups = parsed[0]["groups"].as_vec().unwrap();
    let rules = groups.iter().flat_map(|group| group["rules"].as_vec().unwrap());
    let text = |value: &Yaml| value.as_str().unwrap().to_owned();
    rules
        .map(|rule| {
            assert!(matches!(rule["labels"]["severity"].as_str(), Some("critical" | "warning")));
            assert!(!rule["annotations"]["summary"].is_badvalue(), "{rule:?}");
            (text(&rule["alert"]), text(&rule["expr"]))
        })
        .collect()
}

/// The expressions of the dashboard.
fn panels() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&file("deploy/grafana/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().clone();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// The metrics of an expression, each with what it asks of the labels.
fn metrics(expression: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    for (at, _) in expression.match_indices("heymilo_sync_") {
        let rest = &expression[at..];
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let labels =
            rest[end..].strip_prefix('{').map_or("", |labels| labels.split_once('}').unwrap().0);
        // No value of ours has a comma.
        let labels = labels.split(',').filter_map(|label| label.split_once('='));
        let labels = labels.map(|(name, value)| {
            let value = value.trim_start_matches('~').trim_matches('"');
            (name.trim().to_owned(), value.to_owned())
        });
        found.push((rest[..end].to_owned(), labels.collect()));
    }
    found
}

/// A daemon that has done something of everything.
async fn scrape() -> Scrape {
    let simulated = Simulated::start().await;
    simulated.sync().await;
    simulated.deliver(json!({ "interview_id": simulated.heymilo.interview_ids()[0] })).await;
    Scrape::of(&simulated.app).await
}

#[tokio::test]
async fn alerts_and_dashboard_speak_of_what_is_exposed() {
    let told = scrape().await;
    let names = told.names();
    let alerts = alerts();
    let expressions: BTreeSet<String> =
        alerts.into_iter().map(|(_, expression)| expression).chain(panels()).collect();
    assert!(expressions.len() > 40, "only {}", expressions.len());

    let mut named = BTreeSet::new();
    for expression in &expressions {
        for (name, labels) in metrics(expression) {
            assert!(names.contains(&name), "{name} is not exposed: {expression}");
            for (label, values) in labels.iter().filter(|(_, values)| !values.starts_with('$')) {
                for value in values.split('|') {
                    let is_told = told.series().iter().any(|series| {
                        series.starts_with(&name)
                            && series.contains(&format!("{label}=\"{value}\""))
                    });
                    assert!(is_told, "{name} has no {label}={value}: {expression}");
                }
            }
            named.insert(name);
        }
    }
    for name in names.iter().filter(|name| !name.ends_with("_sum") && !name.ends_with("_count")) {
        assert!(named.contains(name), "nobody looks at {name}");
    }
}

#[test]
fn every_alert_has_its_remedy() {
    let manual = file("docs/operations.md");

    for (name, _) in alerts() {
        let (_, remedy) = manual
            .split_once(&format!("\n### {name}\n\n"))
            .unwrap_or_else(|| panic!("docs/operations.md does not say what to do about {name}"));
        let remedy = remedy.split("\n#").next().unwrap();
        assert!(remedy.len() > 80, "{name}: {remedy}");
    }
}

#[test]
fn names_of_alerts_are_distinct() {
    let alerts = alerts();

    let names: BTreeSet<&String> = alerts.iter().map(|(name, _)| name).collect();

    assert_eq!(names.len(), alerts.len());
    assert!(alerts.len() >= 15);
}
