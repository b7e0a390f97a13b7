//! Spans: one tree from a delivery to the rows, sent to the collector of a setting.

use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::json;

use crate::support::{
    collector::{Collector, attribute},
    daemon::Running,
    database::database,
    odd::OddHeyMilo,
    simulated,
};

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

/// The only span of this name below another.
fn below<'a>(spans: &'a [Span], parent: &Span, name: &str) -> &'a Span {
    let children: Vec<&Span> =
        spans.iter().filter(|span| span.parent_span_id == parent.span_id).collect();
    let found: Vec<_> = children.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "{name} below {}: {children:?}", parent.name);
    assert_eq!(found[0].trace_id, parent.trace_id, "{name}");
    found[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tree_of_spans_leads_from_a_delivery_to_its_rows() {
    let db = database().await;
    let (heymilo, base_url) =
        OddHeyMilo::start(json!({ "interview_id": "int_1", "candidate_name": "Ada" })).await;
    let (collector, endpoint) = Collector::start().await;
    let traces = ("HEYMILO_SYNC__TRACES__ENDPOINT", &*endpoint);
    let mut daemon = Running::start_with(&db, &base_url, &[traces]);
    daemon.says("heymilo-sync is running");

    let body = r#"{"interview_id": "int_1", "candidate": {"email": "ada@example.com"}}"#;
    assert_eq!(daemon.deliver(body), Some(202));
    heymilo.release();
    daemon.says("interview synced");
    // The remaining spans are sent at the end.
    assert!(daemon.terminate());

    let spans = collector.spans();
    let delivery = named(&spans, "delivery")[0];
    assert!(delivery.parent_span_id.is_empty());
    let job = below(&spans, delivery, "job");
    for stage in ["fetch", "normalize", "write"] {
        below(&spans, job, stage);
    }
    assert_eq!(attribute(job, "interview.id").as_deref(), Some("int_1"));
    assert_eq!(attribute(job, "outcome").as_deref(), Some("written"));
    let text = format!("{spans:?}").to_lowercase();
    for secret in ["ada", "simulated", crate::support::app::TOKEN] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_that_is_read_is_a_span() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let (collector, endpoint) = Collector::start().await;
    let traces = ("HEYMILO_SYNC__TRACES__ENDPOINT", &*endpoint);
    let mut daemon = Running::start_with(&db, &base_url, &[traces]);

    daemon.says("polled");
    assert!(daemon.terminate());

    let spans = collector.spans();
    let lists = named(&spans, "list");
    for list in ["postings", "questions", "candidates"] {
        let found = lists.iter().any(|span| attribute(span, "list").as_deref() == Some(list));
        assert!(found, "{list}: {lists:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_holds_nothing_up() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let traces = ("HEYMILO_SYNC__TRACES__ENDPOINT", "http://127.0.0.1:9");
    let mut daemon = Running::start_with(&db, &base_url, &[traces]);

    daemon.says("interview synced");

    assert!(daemon.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_the_log_says_an_interview_once() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let (_collector, endpoint) = Collector::start().await;
    let traces = ("HEYMILO_SYNC__TRACES__ENDPOINT", &*endpoint);
    let mut daemon = Running::start_with(&db, &base_url, &[traces]);

    daemon.says("interview synced");

    let line = daemon.said.lines().find(|line| line.contains("interview synced")).unwrap();
    assert_eq!(line.matches("interview.id").count(), 1, "{line}");
    assert!(daemon.terminate());
}
