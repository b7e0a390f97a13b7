//! An answer of `/metrics`, parsed as Prometheus does.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;

use super::app::TestApp;

/// The content of one answer.
pub struct Scrape {
    /// The whole text.
    pub text: String,
    series: BTreeMap<String, f64>,
}

impl Scrape {
    /// Scrapes a daemon.
    pub async fn of(app: &TestApp) -> Self {
        let (status, text) = app.operate("/metrics", None).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let series = lines
            .map(|line| {
                let (series, value) = line.rsplit_once(' ').unwrap();
                (series.to_owned(), value.parse().unwrap())
            })
            .collect();
        Self { text, series }
    }

    /// The value of a series, named without the common prefix. `None` when it is missing.
    pub fn get(&self, series: &str) -> Option<f64> {
        self.series.get(&format!("heymilo_sync_{series}")).copied()
    }

    /// The value of a series that must exist.
    pub fn value(&self, series: &str) -> f64 {
        self.get(series).unwrap_or_else(|| panic!("{series} is not in:\n{}", self.text))
    }

    /// All series, with their labels.
    pub fn series(&self) -> BTreeSet<&str> {
        self.series.keys().map(String::as_str).collect()
    }

    /// The names of all metrics, including those of a histogram's series.
    pub fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for line in self.text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let (name, kind) = line.split_once(' ').unwrap();
            match kind {
                "histogram" => {
                    names.extend(["bucket", "sum", "count"].map(|end| format!("{name}_{end}")));
                }
                _ => _ = names.insert(name.to_owned()),
            }
        }
        names
    }
}
