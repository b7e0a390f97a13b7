//! A HeyMilo that answers at once. It prints interviews from templates that the simulator made, so
//! that any number of them costs neither time nor memory.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::{StreamExt as _, stream};
use heymilo_sync::simulator::{ELSEWHERE, Options, Simulator};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{net::TcpListener, time};

/// Encloses the name of a value to insert. JSON never contains it.
const MARK: char = '\u{1}';
/// The score of a template. No interview has it.
const SCORE: f64 = 1_234_567.0;
/// An interview is about as long as those that the design was measured with.
const LENGTHS: std::ops::Range<usize> = 36_000..46_000;
const TEMPLATES: usize = 100;
/// A file is sent in pieces of this size with pauses: 10 MiB a second.
const PIECE: usize = 64 << 10;
const PAUSE: Duration = Duration::from_millis(6);

/// The API. Clones share it.
#[derive(Clone)]
pub struct HeyMilo(Arc<Inner>);

struct Inner {
    posting_id: String,
    templates: Vec<Template>,
    interviews: AtomicUsize,
    /// The edition of each interview. Another edition has another score.
    edition: AtomicUsize,
    /// The interview from which the first template was made, with its list row.
    model: (Value, Value),
    /// Replaces the last interview.
    giant: OnceLock<Template>,
    address: OnceLock<String>,
    /// The bytes of each recording and resume. With 0, links point elsewhere.
    file_bytes: AtomicUsize,
    served: Mutex<Vec<Instant>>,
}

struct Template {
    data: Vec<Part>,
    row: Vec<Part>,
}

enum Part {
    Text(String),
    Interview,
    Person,
    Score,
    Files,
}

#[derive(Deserialize)]
struct Paging {
    limit: Option<usize>,
    starting_after: Option<String>,
}

impl HeyMilo {
    /// Makes the templates.
    pub fn new() -> Self {
        let simulator = Simulator::new(Options {
            candidates: 4_000,
            arrivals_per_day: 0.0,
            speed: 0.0,
            requests_per_minute: None,
            ..Options::default()
        });

        simulator.advance(Duration::from_secs(60 * 24 * 3600));
        let posting_id = simulator.posting_ids()[0].clone();
        let interviews = simulator.interview_ids().into_iter().filter_map(|id| {
            let (data, row) = (simulator.interview(&id)?, simulator.candidate(&id)?);
            let fits =
                LENGTHS.contains(&data.to_string().len()) && data["candidate_id"].is_string();
            (fits && data["posting_id"] == *posting_id).then_some((data, row))
        });

        let models: Vec<(Value, Value)> = interviews.take(TEMPLATES).collect();
        let model = models[0].clone();
        let templates: Vec<Template> =
            models.into_iter().map(|(data, row)| Template::new(data, row)).collect();
        assert_eq!(templates.len(), TEMPLATES, "the simulator makes interviews of this length");

        Self(Arc::new(Inner {
            posting_id,
            templates,
            model,
            interviews: AtomicUsize::new(0),
            edition: AtomicUsize::new(0),
            giant: OnceLock::new(),
            address: OnceLock::new(),
            file_bytes: AtomicUsize::new(0),
            served: Mutex::default(),
        }))
    }

    /// Serves the API. Returns its address.
    pub async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/api/v2/workspaces", get(workspaces))
            .route("/api/v2/postings", get(postings))
            .route("/api/v2/postings/{id}/stats", get(stats))
            .route("/api/v2/postings/{id}/questions", get(nothing))
            .route("/api/v2/postings/{id}/candidates", get(candidates))
            .route("/api/v2/interviews/{id}/data", get(data))
            .route("/files/{folder}/{name}", get(file))
            .with_state(self.clone());
        self.0.address.set(address.clone()).expect("it is served once");
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        address
    }

    /// Sets the number of interviews.
    pub fn have(&self, interviews: usize) {
        self.0.interviews.store(interviews, Ordering::Relaxed);
        self.0.served.lock().unwrap().clear();
    }

    /// Changes every interview's score.
    pub fn edit(&self) {
        self.0.edition.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives the last interview `bytes` of text.
    pub fn have_a_giant(&self, bytes: usize) {
        let (mut data, row) = self.0.model.clone();
        let text = "What was said. ".repeat(bytes / 15);
        data["web_interview"]["transcript"][0]["text"] = json!(text);
        assert!(self.0.giant.set(Template::new(data, row)).is_ok(), "one giant is enough");
    }

    /// Serves recordings and resumes of `bytes` each. With 0, links point elsewhere.
    pub fn have_files(&self, bytes: usize) {
        self.0.file_bytes.store(bytes, Ordering::Relaxed);
    }

    /// The id of an interview by its number, from 0.
    pub fn id(number: usize) -> String {
        format!("interview{number:08}")
    }

    /// The fetches per second among the first and the last thousand.
    pub fn first_and_last_thousand(&self) -> (f64, f64) {
        let served = self.0.served.lock().unwrap();
        let rate = |from: usize| 999.0 / (served[from + 999] - served[from]).as_secs_f64();
        (rate(0), rate(served.len() - 1000))
    }

    /// The number of fetches of results.
    pub fn served(&self) -> usize {
        self.0.served.lock().unwrap().len()
    }

    fn template(&self, number: usize) -> &Template {
        let last = self.0.interviews.load(Ordering::Relaxed) - 1;
        let giant = self.0.giant.get().filter(|_| number == last);
        giant.unwrap_or(&self.0.templates[number % TEMPLATES])
    }

    fn print(&self, parts: &[Part], number: usize, text: &mut String) {
        let edition = self.0.edition.load(Ordering::Relaxed);
        for part in parts {
            match part {
                Part::Text(found) => text.push_str(found),
                Part::Interview => text.push_str(&Self::id(number)),
                Part::Person => text.push_str(&format!("person{number:08}")),
                Part::Files if self.0.file_bytes.load(Ordering::Relaxed) == 0 => {
                    text.push_str(ELSEWHERE);
                }
                Part::Files => {
                    text.push_str(self.0.address.get().expect("it is served"));
                    text.push_str("/files");
                }
                Part::Score => {
                    // Another score in each of thousands of editions.
                    let score = (7 * number + edition) % 10_000;
                    text.push_str(&format!("{}.{:02}", score / 100, score % 100));
                }
            }
        }
    }
}

impl Template {
    fn new(mut data: Value, mut row: Value) -> Self {
        data["score"] = json!(SCORE);
        row["score"] = json!(SCORE);
        let names =
            ["interview_id", "candidate_id"].map(|name| data[name].as_str().unwrap().to_owned());
        let parts = |value: &Value| Part::all(&value.to_string(), &names);
        Self { data: parts(&data), row: parts(&row) }
    }
}

impl Part {
    fn all(text: &str, [interview, person]: &[String; 2]) -> Vec<Self> {
        let text = text
            .replace(interview, &format!("{MARK}interview{MARK}"))
            .replace(person, &format!("{MARK}person{MARK}"))
            .replace(ELSEWHERE, &format!("{MARK}files{MARK}"))
            .replace(&format!("{SCORE:.1}"), &format!("{MARK}score{MARK}"));
        text.split(MARK)
            .map(|part| match part {
                "interview" => Self::Interview,
                "person" => Self::Person,
                "score" => Self::Score,
                "files" => Self::Files,
                text => Self::Text(text.to_owned()),
            })
            .collect()
    }
}

async fn workspaces() -> Json<Value> {
    Json(json!({ "data": [{ "id": "bench" }], "pagination": { "has_more": false } }))
}

async fn postings(State(heymilo): State<HeyMilo>) -> Json<Value> {
    let posting = json!({ "id": heymilo.0.posting_id, "title": "Bench", "status": "active" });
    Json(json!({ "data": [posting], "pagination": { "has_more": false } }))
}

async fn stats(State(heymilo): State<HeyMilo>) -> Json<Value> {
    let interviews = heymilo.0.interviews.load(Ordering::Relaxed);
    Json(json!({ "data": { "total_candidates": interviews, "completed_interviews": interviews } }))
}

async fn nothing() -> Json<Value> {
    Json(json!({ "data": [], "pagination": { "has_more": false } }))
}

async fn candidates(State(heymilo): State<HeyMilo>, Query(paging): Query<Paging>) -> Response {
    let all = heymilo.0.interviews.load(Ordering::Relaxed);
    let first = paging.starting_after.map_or(0, |id| number(&id) + 1);
    let end = all.min(first + paging.limit.unwrap_or(20));
    let mut text = String::from("{\"data\":[");
    for interview in first..end {
        if interview > first {
            text.push(',');
        }
        let row = &heymilo.0.templates[interview % TEMPLATES].row;
        heymilo.print(row, interview, &mut text);
    }
    text.push_str(&format!("],\"pagination\":{{\"has_more\":{}}}}}", end < all));
    as_json(text)
}

async fn data(State(heymilo): State<HeyMilo>, Path(id): Path<String>) -> Response {
    heymilo.0.served.lock().unwrap().push(Instant::now());
    let number = number(&id);
    let mut text = String::from("{\"data\":");
    heymilo.print(&heymilo.template(number).data, number, &mut text);
    text.push_str(",\"meta\":{}}");
    as_json(text)
}

/// No two files are equal.
async fn file(State(heymilo): State<HeyMilo>, Path((_, name)): Path<(String, String)>) -> Response {
    let pieces = heymilo.0.file_bytes.load(Ordering::Relaxed) / PIECE;
    let rest = stream::repeat(Bytes::from_static(&[0; PIECE])).take(pieces).then(async |piece| {
        time::sleep(PAUSE).await;
        piece
    });
    let pieces = stream::iter([Bytes::from(name)]).chain(rest);
    Body::from_stream(pieces.map(Ok::<_, Infallible>)).into_response()
}

fn as_json(text: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}

fn number(id: &str) -> usize {
    id["interview".len()..].parse().unwrap()
}
