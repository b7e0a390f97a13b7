//! A HeyMilo whose lists are written by hand.

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, method, path},
};

/// Answers with the last given lists, and with empty lists otherwise.
pub struct Lists(MockServer);

impl Lists {
    /// Starts it with empty lists.
    pub async fn start() -> Self {
        let lists = Self(MockServer::start().await);
        lists.set(&[]).await;
        lists
    }

    /// Its address.
    pub fn address(&self) -> String {
        self.0.uri()
    }

    /// Sets the answers from now on: lists, or single objects.
    pub async fn set(&self, answers: &[(&str, Value)]) {
        self.0.reset().await;
        let none = json!({ "error": { "code": "resource_not_found" } });
        Mock::given(any())
            .respond_with(ResponseTemplate::new(404).set_body_json(none))
            .with_priority(3)
            .mount(&self.0)
            .await;
        let whose = [("workspaces", json!([{ "id": "ws_1" }]))];
        for (at, data) in answers.iter().chain(&whose) {
            let body = json!({ "data": data, "pagination": { "has_more": false } });
            Mock::given(path(format!("/api/v2/{at}")))
                .respond_with(ResponseTemplate::new(200).set_body_json(body))
                .with_priority(2)
                .mount(&self.0)
                .await;
        }
    }

    /// Sets the answer at one path from now on, also if there was another one.
    pub async fn answers(&self, at: &str, answer: ResponseTemplate) {
        Mock::given(path(format!("/api/v2/{at}")))
            .respond_with(answer)
            .with_priority(1)
            .mount(&self.0)
            .await;
    }

    /// Sets the answers to requests that list webhooks and that register one.
    pub async fn answer_webhooks(&self, listed: ResponseTemplate, registered: ResponseTemplate) {
        for (asked, answer) in [("GET", listed), ("POST", registered)] {
            Mock::given(path("/api/v2/webhooks"))
                .and(method(asked))
                .respond_with(answer)
                .with_priority(1)
                .mount(&self.0)
                .await;
        }
    }

    /// The method and the path of every request since the answers were last set.
    pub async fn requests(&self) -> Vec<String> {
        let requests = self.0.received_requests().await.unwrap_or_default();
        let place = |at: &str| at.trim_start_matches("/api/v2/").to_owned();
        requests
            .iter()
            .map(|asked| format!("{} {}", asked.method, place(asked.url.path())))
            .collect()
    }

    /// The number of requests for a path since the answers were last set.
    pub async fn asked_for(&self, at: &str) -> usize {
        let requests = self.0.received_requests().await.unwrap_or_default();
        requests.iter().filter(|request| request.url.path() == format!("/api/v2/{at}")).count()
    }
}
