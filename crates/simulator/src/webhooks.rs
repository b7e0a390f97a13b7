//! Webhook registrations. Each is for one posting and one event type.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde_json::{Value, json};

use super::{
    Simulator,
    api::single,
    errors::{Error, Result},
    held,
    paging::{Paging, Parameters},
};

/// The receiver and the events of a registration.
#[derive(Debug, Clone)]
pub struct Registration {
    pub id: String,
    pub posting_id: String,
    pub url: String,
    pub event_type: String,
    pub is_active: bool,
    pub created_at: f64,
    updated_at: f64,
}

impl Registration {
    fn value(&self) -> Value {
        json!({
            "object": "webhook",
            "webhook_id": self.id,
            "posting_id": self.posting_id,
            "webhook_url": self.url,
            "event_type": self.event_type,
            "is_active": self.is_active,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        })
    }
}

/// Lists the active registrations.
pub async fn list(
    State(simulator): State<Simulator>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Value>> {
    let paging = Paging::read(&parameters)?;
    let registrations = held(&simulator.0.webhooks);
    let active: Vec<_> = registrations.iter().filter(|one| one.is_active).collect();
    paging
        .answer("/api/v2/webhooks", &active, |one, cursor| one.id == cursor, |one| one.value())
        .map(Json)
}

/// Registers a webhook.
pub async fn create(
    State(simulator): State<Simulator>,
    Json(body): Json<Value>,
) -> Result<(StatusCode, Json<Value>)> {
    let posting_id = text(&body, "posting_id", "posting_id")?;
    // An earlier revision of the API used the name `url`.
    let url = text(&body, "webhook_url", "url")?;
    let event_type = text(&body, "event_type", "event_type")?;
    if simulator.workspace().posting(&posting_id).is_none() {
        return Err(Error::NotFound("posting"));
    }

    let now = simulator.unix();
    let mut registrations = held(&simulator.0.webhooks);
    let registration = Registration {
        id: format!("{:032X}", registrations.len() + 1),
        posting_id,
        url,
        event_type,
        is_active: true,
        created_at: now,
        updated_at: now,
    };

    let answer = single(registration.value());
    registrations.push(registration);
    Ok((StatusCode::CREATED, answer))
}

/// Shows a registration, active or not.
pub async fn show(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let registrations = held(&simulator.0.webhooks);
    let found = registrations.iter().find(|registration| registration.id == id);
    found.map(|found| single(found.value())).ok_or(Error::NotFound("webhook"))
}

/// Deactivates a registration. A second call changes nothing.
pub async fn deactivate(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let mut registrations = held(&simulator.0.webhooks);
    let found = registrations.iter_mut().find(|registration| registration.id == id);
    let registration = found.ok_or(Error::NotFound("webhook"))?;
    if registration.is_active {
        registration.is_active = false;
        registration.updated_at = simulator.unix();
    }
    Ok(single(registration.value()))
}

fn text(body: &Value, name: &'static str, former_name: &str) -> Result<String> {
    let value = body.get(name).or_else(|| body.get(former_name)).and_then(Value::as_str);
    value.map(str::to_owned).ok_or(Error::Invalid {
        location: ["body", name],
        message: "a text is required",
        kind: "missing",
    })
}
