//! A database with the few rows that a test writes itself.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};

use super::database::database;

/// A migrated database without a daemon.
pub struct Facts {
    pub db: PgPool,
}

impl Facts {
    /// An empty database.
    pub async fn none() -> Self {
        Self { db: database().await }
    }

    /// A database with one posting: `pos`, for a Clerk.
    pub async fn of_one_posting() -> Self {
        let facts = Self::none().await;
        facts.has("heymilo.postings", json!([{ "posting_id": "pos", "title": "Clerk" }])).await;
        facts
    }

    /// Adds rows, of workspace `w` and posting `pos` unless they say otherwise. A missing column is
    /// NULL.
    pub async fn has(&self, table: &str, rows: Value) {
        let defaults = json!({
            "workspace_id": "w",
            "posting_id": "pos",
            "first_synced_at": "2026-03-01T00:00:00Z",
            "synced_at": "2026-03-01T00:00:00Z",
            "looks": 0,
            "marks": 0,
        });
        let insert = format!(
            "insert into {table}
             select filled.*
             from jsonb_array_elements($1) as row
             cross join lateral jsonb_populate_record(null::{table}, $2 || row) as filled"
        );
        let insert = sqlx::query(AssertSqlSafe(insert)).bind(rows).bind(defaults);
        insert.execute(&self.db).await.unwrap();
    }

    /// Runs a statement.
    pub async fn execute(&self, statement: &str) {
        sqlx::query(AssertSqlSafe(statement)).execute(&self.db).await.unwrap();
    }

    /// Computes outcomes and figures from the existing rows, as the daemon does after it wrote
    /// them.
    pub async fn settle(&self) {
        self.execute(
            "do $$
             begin
                 perform heymilo_sync.write_outcomes(workspace_id, array_agg(interview_id))
                 from heymilo.interviews
                 group by workspace_id;
                 while heymilo_sync.write_due_figures() loop end loop;
             end
             $$",
        )
        .await;
    }

    /// The answer to a query after outcomes and figures were computed, each row as an array of
    /// values. Whole numbers of any type are integers.
    pub async fn rows(&self, query: &str) -> Value {
        self.settle().await;
        let query = format!(
            "select coalesce(jsonb_agg((select jsonb_agg(value order by number)
                                        from json_each(row_to_json(answer)) with ordinality
                                             as fields (name, value, number))), '[]')
             from ({query}) as answer"
        );
        let mut rows = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&self.db).await.unwrap();
        make_whole(&mut rows);
        rows
    }

    /// The number of rows of a view.
    pub async fn count(&self, view: &str) -> i64 {
        self.settle().await;
        let query = format!("select count(*) from {view}");
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&self.db).await.unwrap()
    }
}

fn make_whole(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(make_whole),
        Value::Number(number) => {
            if let Some(float) = number.as_f64().filter(|float| float.fract() == 0.0) {
                *value = json!(float as i64);
            }
        }
        _ => {}
    }
}
