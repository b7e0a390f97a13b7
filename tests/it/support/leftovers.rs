//! Searches everything in a database for words.

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};

/// The places of any of the words in any column of our tables. Compressed values are decompressed.
pub async fn leftovers(db: &PgPool, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let tables = relations(db, "BASE TABLE").await;
    assert!(tables.len() > 35);
    for table in tables {
        found.extend(in_relation(db, &table, words).await);
    }
    found.sort();
    found.dedup();
    found
}

/// The same in the views.
pub async fn shown(db: &PgPool, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let views = relations(db, "VIEW").await;
    assert!(views.len() > 35);
    for view in views.iter().filter(|view| !view.starts_with("heymilo_sync.")) {
        found.extend(in_relation(db, view, words).await);
    }
    found.sort();
    found.dedup();
    found
}

async fn relations(db: &PgPool, kind: &str) -> Vec<String> {
    sqlx::query_scalar(
        "select table_schema || '.' || table_name from information_schema.tables
         where table_schema not in ('pg_catalog', 'information_schema') and table_type = $1",
    )
    .bind(kind)
    .fetch_all(db)
    .await
    .unwrap()
}

async fn in_relation(db: &PgPool, relation: &str, words: &[&str]) -> Vec<String> {
    let query = format!("select to_jsonb(t) from {relation} t");
    let rows: Vec<Value> = sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(db).await.unwrap();
    let mut found = Vec::new();
    for (column, value) in rows.iter().filter_map(Value::as_object).flatten() {
        let text = plain(value).to_lowercase();
        for word in words.iter().filter(|word| text.contains(&word.to_lowercase())) {
            found.push(format!("{word} in {relation}.{column}"));
        }
    }
    found
}

/// A column's value as text.
fn plain(value: &Value) -> String {
    let Some(hex) = value.as_str().and_then(|text| text.strip_prefix("\\x")) else {
        return value.to_string();
    };
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
    let bytes = zstd::decode_all(&bytes[..]).unwrap_or(bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
