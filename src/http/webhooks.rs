//! `GET` and `POST /webhooks/heymilo/{token}`: a delivery is acknowledged once it is on disk.

use axum::{
    Extension,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::Utc;
use tokio::time::Instant;
use tracing::{Instrument as _, debug, info_span};
use uuid::Uuid;

use super::{AppState, Receiver};
use crate::{
    intake::Kept,
    metrics::{Delivery as Outcome, Stage},
    records::Delivery,
    spans,
};

/// How long a sender is asked to wait before it delivers again, in seconds.
const RETRY_AFTER: &str = "30";

/// Keeps the delivery, and acknowledges it once it is kept.
///
/// An unreadable body is kept and accepted too. A refusal would only make HeyMilo repeat it, and
/// the kept body shows operators what was sent.
pub async fn receive(
    Extension(receiver): Extension<Receiver>,
    State(app): State<AppState>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let arrived = Instant::now();
    let span = info_span!("delivery", workspace.id = %receiver.workspace_id);
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let delivery = Delivery {
        receipt_id: Uuid::now_v7(),
        workspace_id: receiver.workspace_id.clone(),
        received_at: Utc::now(),
        method: method.as_str().to_owned(),
        query,
        content_type: header(header::CONTENT_TYPE),
        content_encoding: content_encoding(&headers),
        body,
        interview_ids: Vec::new(),
        posting_id: None,
        is_vague: true,
        undecoded: None,
        event_type: None,
        traceparent: spans::traceparent(&span),
    };

    let delivery = app.reader.read(delivery).await;
    let (is_vague, interviews) = (delivery.is_vague, delivery.interview_ids.len());
    let kept = app.intake.keep(delivery).instrument(span).await;
    receiver.counts.took(Stage::Keep, arrived.elapsed());
    receiver.counts.delivered(match kept {
        Ok(Kept::Committed) => Outcome::Committed,
        Ok(Kept::Spooled) => Outcome::Spooled,
        Err(_) => Outcome::Refused,
    });

    match kept {
        Ok(kept) => {
            debug!(interviews, is_spooled = kept == Kept::Spooled, "delivery kept");
            if kept == Kept::Committed {
                receiver.wake.jobs();
                if is_vague {
                    receiver.wake.lists();
                }
            }
            StatusCode::ACCEPTED.into_response()
        }
        Err(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER)]).into_response()
        }
    }
}

/// All encodings that the headers name, because a proxy may add one of its own.
fn content_encoding(headers: &HeaderMap) -> Option<String> {
    let named = headers.get_all(header::CONTENT_ENCODING).iter();
    let named: Vec<_> = named.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!named.is_empty()).then(|| named.join(", "))
}
