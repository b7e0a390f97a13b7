//! `GET` and `POST /webhooks/heymilo/{token}`: a delivery is acknowledged once it is on disk.

use axum::{
    body::Bytes,
    extract::{FromRequestParts, Path, RawQuery, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use chrono::Utc;
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use sqlx::error::DatabaseError;
use subtle::ConstantTimeEq as _;
use tracing::{debug, error};

use super::{Doors, Hint, Receiver};
use crate::{
    records::{InterviewId, PostingId, WorkspaceId},
    store::{self, cursors::List, inbox::Delivery, jobs::Reason},
};

/// What a sender is asked to wait before it delivers again, in seconds.
const RETRY_AFTER: &str = "30";

/// Keeps the delivery and makes its interviews due, in one transaction.
///
/// A body that is not understood is kept and accepted too: refusing it would only make HeyMilo send
/// it again, and losing it would leave nothing to learn from.
pub async fn receive(
    Addressee(receiver): Addressee,
    State(doors): State<Doors>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let hint = doors.places.read(&body, query.as_deref());
    let ids: Vec<&str> = hint.interview_ids.iter().map(InterviewId::as_str).collect();
    let delivery = Delivery {
        received_at: Utc::now(),
        method: method.as_str(),
        query: query.as_deref(),
        content_type: headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()),
        body: &body,
        interview_ids: &ids,
        posting_id: hint.posting_id.as_ref().map(PostingId::as_str),
    };
    match keep(&doors, &receiver.workspace_id, &delivery, &hint).await {
        Ok(delivery_id) => {
            debug!(delivery.id = delivery_id, interviews = ids.len(), "delivery kept");
            receiver.workers.notify_one();
            if hint.is_vague {
                receiver.poll.notify_one();
            }
            StatusCode::ACCEPTED.into_response()
        }
        Err(error) => {
            // The message of a database error could quote the delivery.
            let code = error.as_database_error().and_then(DatabaseError::code);
            error!(sqlstate = code.as_deref(), "delivery not kept: the database is not available");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER)]).into_response()
        }
    }
}

async fn keep(
    doors: &Doors,
    workspace_id: &WorkspaceId,
    delivery: &Delivery<'_>,
    hint: &Hint,
) -> store::Result<i64> {
    let mut tx = doors.db.begin().await?;
    let delivery_id = store::inbox::insert(&mut *tx, workspace_id, delivery).await?;
    if !delivery.interview_ids.is_empty() {
        let ids = delivery.interview_ids;
        store::jobs::enqueue(&mut *tx, workspace_id, ids, Reason::Webhook).await?;
    }
    if let Some(posting_id) = hint.posting_id.as_ref().filter(|_| hint.is_vague) {
        let db = &mut *tx;
        if !store::cursors::hasten(&mut *db, workspace_id, List::Candidates, posting_id).await? {
            // A posting that is not known yet is in the list of postings.
            store::cursors::make_due(db, workspace_id, List::Postings, None).await?;
        }
    }
    store::bell::ring(&mut *tx, workspace_id).await?;
    tx.commit().await?;
    Ok(delivery_id)
}

/// The workspace that the token in the address belongs to. Taken before the body is read, so that
/// a stranger costs nothing.
pub struct Addressee(Receiver);

impl FromRequestParts<Doors> for Addressee {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, StatusCode> {
        if parts.method != Method::GET && parts.method != Method::POST {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        let Path(token) = Path::<String>::from_request_parts(parts, doors)
            .await
            .map_err(|_| StatusCode::NOT_FOUND)?;
        // Digests have one length, and all of them are compared to the end: time tells nothing.
        let given = Sha256::digest(&token);
        let mut addressee = None;
        for receiver in doors.receivers.iter() {
            let expected = Sha256::digest(receiver.token.expose_secret());
            if bool::from(given.ct_eq(&expected)) {
                addressee = Some(receiver);
            }
        }
        addressee.cloned().map(Self).ok_or(StatusCode::NOT_FOUND)
    }
}
