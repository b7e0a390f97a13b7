//! Alerts and dashboard use metrics that exist, and every alert has its remedy.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use heymilo_sync::status::LOSSES;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{scrape::Scrape, simulated::Simulated};

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    alert: String,
    expr: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

fn alerts() -> Vec<Rule> {
    let rules: Rules = serde_saphyr::from_str(&file("deploy/prometheus/alerts.yml")).unwrap();
    rules.groups.into_iter().flat_map(|group| group.rules).collect()
}

/// The expressions of the dashboard.
fn panels() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&file("deploy/grafana/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().clone();
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// The metrics of an expression, each with its conditions on labels.
fn metrics(expression: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    for (at, _) in expression.match_indices("heymilo_sync_") {
        let rest = &expression[at..];
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let labels =
            rest[end..].strip_prefix('{').map_or("", |labels| labels.split_once('}').unwrap().0);
        // No label value of ours contains a comma.
        let labels = labels.split(',').filter_map(|label| label.split_once('='));
        let labels = labels.map(|(name, value)| {
            let value = value.trim_start_matches('~').trim_matches('"');
            (name.trim().to_owned(), value.to_owned())
        });
        found.push((rest[..end].to_owned(), labels.collect()));
    }
    found
}

/// The metrics of a daemon that has done a bit of everything.
async fn scrape() -> Scrape {
    let url = ("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", "https://hooks.example.com");
    let simulated = Simulated::with([url]).await;
    simulated.sync().await;
    simulated.deliver(json!({ "interview_id": simulated.heymilo.interview_ids()[0] })).await;
    Scrape::of(&simulated.app).await
}

#[tokio::test]
async fn alerts_and_dashboard_speak_of_what_is_exposed() {
    let scrape = scrape().await;
    let names = scrape.names();
    let expressions: BTreeSet<String> =
        alerts().into_iter().map(|rule| rule.expr).chain(panels()).collect();
    assert!(expressions.len() > 40, "only {}", expressions.len());

    let mut named = BTreeSet::new();
    for expression in &expressions {
        for (name, labels) in metrics(expression) {
            assert!(names.contains(&name), "{name} is not exposed: {expression}");
            for (label, values) in labels.iter().filter(|(_, values)| !values.starts_with('$')) {
                for value in values.split('|') {
                    let is_exported = scrape.series().iter().any(|series| {
                        series.starts_with(&name)
                            && series.contains(&format!("{label}=\"{value}\""))
                    });
                    assert!(is_exported, "{name} has no {label}={value}: {expression}");
                }
            }
            named.insert(name);
        }
    }
    let manual = file("docs/operations.md");
    for name in names.iter().filter(|name| !name.ends_with("_sum") && !name.ends_with("_count")) {
        assert!(named.contains(name), "no alert and no panel uses {name}");
        let short = name.trim_start_matches("heymilo_sync_").trim_end_matches("_bucket");
        assert!(manual.contains(&format!("`{short}`")), "docs/operations.md lacks {name}");
    }
}

#[test]
fn drift_is_whatever_the_page_calls_a_loss_and_new_fields() {
    let drift = alerts().into_iter().find(|rule| rule.alert == "HeymiloSyncDriftFound").unwrap();
    let mut expected: Vec<&str> = LOSSES.to_vec();
    expected.push("unknown_field");
    expected.sort_unstable();

    for (_, labels) in metrics(&drift.expr) {
        let mut problems: Vec<&str> = labels[0].1.split('|').collect();
        problems.sort_unstable();
        assert_eq!(problems, expected);
    }
}

#[test]
fn every_alert_has_its_remedy() {
    let manual = file("docs/operations.md");

    for Rule { alert: name, .. } in alerts() {
        let (_, remedy) = manual
            .split_once(&format!("\n### {name}\n\n"))
            .unwrap_or_else(|| panic!("docs/operations.md does not say what to do about {name}"));
        let remedy = remedy.split("\n#").next().unwrap();
        assert!(remedy.len() > 80, "{name}: {remedy}");
    }
}

#[test]
fn every_alert_has_a_name_of_its_own_a_severity_and_a_summary() {
    let mut names = BTreeSet::new();

    for Rule { alert, labels, annotations, .. } in alerts() {
        let severity = labels.get("severity").map(String::as_str);
        assert!(matches!(severity, Some("critical" | "warning")), "{alert}: {severity:?}");
        assert!(annotations.contains_key("summary"), "{alert}");
        assert!(names.insert(alert.clone()), "{alert} is there twice");
    }
    assert!(names.len() >= 15, "{names:?}");
}
