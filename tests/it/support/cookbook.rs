//! The queries of `docs/queries.md`.

use std::{fs, path::Path};

/// A question of the cookbook.
pub struct Question {
    /// The question's text.
    pub title: String,
    /// The role that runs the query.
    pub role: String,
    /// The query.
    pub sql: String,
    /// Whether the text says that the answer may be empty.
    pub may_be_empty: bool,
}

/// All questions, in their order.
pub fn questions() -> Vec<Question> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/queries.md");
    let text = fs::read_to_string(path).expect("the cookbook is there");
    text.split("\n### ").skip(1).map(question).collect()
}

fn question(section: &str) -> Question {
    let (title, rest) = section.split_once('\n').expect("a question has a query");
    let (prose, code) = rest.split_once("```sql\n").expect("a question has a query");
    let (sql, _) = code.split_once("```").expect("a query ends");
    let (_, role) = prose.split_once("Role: `").expect("a query names its role");
    let (role, _) = role.split_once("`.").expect("a role ends");
    Question {
        title: title.to_owned(),
        role: role.to_owned(),
        sql: sql.trim().trim_end_matches(';').to_owned(),
        may_be_empty: prose.contains("No rows"),
    }
}
