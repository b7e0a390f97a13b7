//! One figure with its name, its meaning and its value, and words that several sections share.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use url::form_urlencoded;

use crate::status::lasting;

/// A row of a list of figures. The meaning shows when the pointer is over the name.
pub fn figure(name: &str, meaning: &str, value: impl Into<Value>) -> Markup {
    let Value { text, class } = value.into();
    html! {
        dt title=(meaning) { (name) }
        dd class=[class] { (text) }
    }
}

/// A figure's value and its severity.
pub struct Value {
    text: String,
    class: Option<&'static str>,
}

impl Value {
    /// A number that has this severity above zero.
    pub fn none_is_best(number: i64, class: &'static str) -> Self {
        Self { text: number.to_string(), class: (number > 0).then_some(class) }
    }

    /// A value with this severity.
    pub fn of_class(text: String, class: &'static str) -> Self {
        Self { text, class: Some(class) }
    }
}

impl<T: ToString> From<T> for Value {
    fn from(value: T) -> Self {
        Self { text: value.to_string(), class: None }
    }
}

/// How long ago something was.
pub fn ago(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    at.map_or("never".to_owned(), |at| format!("{} ago", lasting(now - at)))
}

/// A time to the second.
pub fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// The query string of an address.
pub fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A link to an interview's page.
pub fn interview_link(workspace_id: &str, interview_id: &str) -> Markup {
    let asked = query(&[("workspace", workspace_id), ("interview", interview_id)]);
    html! { a href={ "/interview?" (asked) } { code { (interview_id) } } }
}

/// A button that makes an interview due.
pub fn sync_button(workspace_id: &str, interview_id: &str, words: &str) -> Markup {
    let asked = query(&[("workspace", workspace_id), ("interview", interview_id)]);
    html! {
        form method="post" action={ "/interview/sync?" (asked) } { button { (words) } }
    }
}
