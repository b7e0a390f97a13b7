//! Invented people: their names and the data supplied with them.

use serde_json::{Value, json};

use super::{
    seed::{Purpose, Seed, chance, pick},
    words::{FIRST_NAMES, LAST_NAMES},
};

/// A person, who may be a candidate in several postings.
#[derive(Debug)]
pub struct Person {
    pub name: String,
    pub email: String,
    /// HeyMilo has no person id for some candidates.
    pub candidate_id: Option<String>,
}

impl Person {
    /// Invents the person with this number.
    pub fn new(seed: Seed, number: u64) -> Self {
        let mut rng = seed.choices(number, Purpose::Person);
        let first = pick(&mut rng, FIRST_NAMES);
        let last = pick(&mut rng, LAST_NAMES);
        Self {
            name: format!("{first} {last}"),
            email: format!("candidate.{number}@example.com"),
            candidate_id: chance(&mut rng, 0.97)
                .then(|| format!("cand_{:012x}", rng.u64(..1 << 48))),
        }
    }
}

/// Invents the metadata that arrived with an application.
pub fn metadata(seed: Seed, index: u64) -> Value {
    let mut rng = seed.choices(index, Purpose::Application);
    if chance(&mut rng, 0.05) {
        return Value::Null;
    }
    json!({
        "external_id": format!("app_{index:06}"),
        "source": pick(&mut rng, &["LinkedIn", "Indeed", "Referral", "Career page", "Job fair"]),
        "ats_stage": "screening",
    })
}

/// Invents the open data that arrived with an application. Groups are independent of ability.
pub fn data(seed: Seed, index: u64) -> Value {
    let mut rng = seed.choices(index, Purpose::Application);
    rng.u64(..);
    if chance(&mut rng, 0.1) {
        return Value::Null;
    }
    let mut data = json!({
        "phone": format!("+1 555 01{:02}", rng.u8(..100)),
        "city": pick(&mut rng, &["Lisbon", "Denver", "Leeds", "Osaka", "Accra", "São Paulo"]),
        "years_of_experience": rng.u8(..20),
        "preferred_shifts": [pick(&mut rng, &["early", "late", "night"])],
        "consent": { "given": true, "version": 3 },
    });
    if chance(&mut rng, 0.75) {
        data["eeo_gender"] = json!(pick(&mut rng, &["Female", "Male", "Non-binary", "Declined"]));
        data["eeo_race"] =
            json!(pick(&mut rng, &["Asian", "Black", "Hispanic", "White", "Declined"]));
    }
    data
}
