//! Deliveries that a sender or a proxy encodes.

use std::io::Write as _;

use axum::http::StatusCode;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use heymilo_sync::store::erasures::Named;
use serde_json::{Value, json};

use crate::support::{app::TestApp, simulated::Simulated};

/// These tests ask no HeyMilo.
const CLOSED_PORT: &str = "http://127.0.0.1:9";
const EMAIL: &str = "jörg@example.com";
const WITH_BODY: &str = "heymilo_sync.inbox where octet_length(body) > 0";

type Packed = (&'static [(&'static str, &'static str)], Vec<u8>);

macro_rules! compressed {
    ($encoder:ident, $body:expr) => {{
        let mut encoder = $encoder::new(Vec::new(), Compression::default());
        encoder.write_all($body.as_ref()).unwrap();
        encoder.finish().unwrap()
    }};
}

/// A delivery in all encodings of senders and proxies.
fn packed_ways(body: &Value) -> Vec<Packed> {
    const GZIP: &[(&str, &str)] = &[("content-encoding", "gzip")];
    const DEFLATE: &[(&str, &str)] = &[("content-encoding", "deflate")];
    let body = body.to_string();
    let gzip = compressed!(GzEncoder, body);
    let utf16 = format!("\u{feff}{body}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let part = format!(
        "--limit\r\ncontent-disposition: form-data; name=\"payload\"\r\n\r\n{body}\r\n--limit--\r\n"
    );
    let encoded = BASE64_STANDARD.encode(&body);
    vec![
        (&[("content-encoding", "gzip, gzip")], compressed!(GzEncoder, gzip)),
        (GZIP, gzip),
        (DEFLATE, compressed!(ZlibEncoder, body)),
        (DEFLATE, compressed!(DeflateEncoder, body)),
        (&[("content-type", "application/json; charset=utf-16")], utf16),
        (&[("content-type", "multipart/form-data; boundary=limit")], part.into()),
        (&[], encoded.clone().into()),
        (&[], format!(r#"{{"message": {{"data": "{encoded}"}}}}"#).into()),
    ]
}

async fn deliver_all_ways(app: &TestApp, body: &Value) -> i64 {
    let ways = packed_ways(body);
    let number = ways.len();
    for (headers, body) in ways {
        assert_eq!(app.deliver_packed(headers, body).await, StatusCode::ACCEPTED, "{headers:?}");
    }
    i64::try_from(number).unwrap()
}

#[tokio::test]
async fn packed_deliveries_name_their_interview_and_are_kept_in_plain_text() {
    let app = TestApp::start(CLOSED_PORT).await;

    let number = deliver_all_ways(&app, &json!({ "interview_id": "int_1", "email": EMAIL })).await;

    let named = "heymilo_sync.inbox where interview_ids = '{int_1}'";
    assert_eq!(app.count(named).await, number);
    let plain = format!("heymilo_sync.inbox where convert_from(body, 'UTF8') like '%{EMAIL}%'");
    assert_eq!(app.count(&plain).await, number);
    assert_eq!(app.count("heymilo_sync.jobs").await, 1);
    assert_eq!(app.count("heymilo_sync.notices").await, 0);
    let encodings: Vec<String> = app
        .value("select array_agg(content_encoding order by delivery_id) filter (where content_encoding is not null) from heymilo_sync.inbox")
        .await;
    assert_eq!(encodings, ["gzip, gzip", "gzip", "deflate", "deflate"]);
}

#[tokio::test]
async fn packed_deliveries_do_not_survive_an_erasure_and_do_not_come_back() {
    let app = TestApp::start(CLOSED_PORT).await;
    let body = json!({ "somebody": "else's id", "email": EMAIL });
    let number = deliver_all_ways(&app, &body).await;
    assert_eq!(app.count(WITH_BODY).await, number);

    app.erase(Named { email: Some(EMAIL.to_owned()), ..Named::default() }, false).await;
    assert_eq!(app.count(WITH_BODY).await, 0);

    deliver_all_ways(&app, &body).await;
    assert_eq!(app.count(WITH_BODY).await, 0);
}

#[tokio::test]
async fn what_cannot_be_decoded_is_kept_without_body_noticed_and_hastens_the_lists() {
    let world = Simulated::start().await;
    world.sync().await;
    let lists = 1 + world.heymilo.posting_ids().len();
    let bomb = vec![b' '; 2 << 20];
    let gzip: &[_] = &[("content-encoding", "gzip")];
    let undecoded: [Packed; 5] = [
        (gzip, compressed!(GzEncoder, bomb)),
        (gzip, b"{\"interview_id\": \"not gzip\"}".to_vec()),
        (gzip, compressed!(GzEncoder, EMAIL)[..12].to_vec()),
        (&[("content-encoding", "br")], EMAIL.into()),
        (&[("content-type", "multipart/form-data; boundary=a")], EMAIL.into()),
    ];

    for (headers, body) in undecoded {
        let polled = "update heymilo_sync.cursors set polled_at = now() - interval '1 minute'";
        world.execute(polled).await;
        assert_eq!(world.poll().await.lists, 0);

        assert_eq!(world.deliver_packed(headers, body).await, StatusCode::ACCEPTED);

        assert_eq!(world.poll().await.lists, lists, "{headers:?}");
    }

    assert_eq!(world.count("heymilo_sync.inbox").await, 5);
    assert_eq!(world.count(WITH_BODY).await, 0);
    let noticed: Value = world
        .value(
            "select jsonb_object_agg(found, occurrences) from heymilo_sync.notices
             where kind = 'delivery' and problem = 'undecoded'",
        )
        .await;
    let expected = json!({
        "a body larger than max_body_bytes once unpacked": 1,
        "an unknown content-encoding": 1,
        "gzip that is broken": 2,
        "multipart without its parts": 1,
    });
    assert_eq!(noticed, expected);
}
