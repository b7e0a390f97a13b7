//! Everything that is kept about interviews, in any table. The same statements count and remove it.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, PgConnection};

use super::{Result, figures, files, snapshots::Kind};
use crate::records::WorkspaceId;

/// The number of rows by table, present or removed.
pub type Removed = BTreeMap<String, u64>;

/// What is done with the rows that are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Rows are removed.
    Remove,
    /// Rows are counted and stay.
    Count,
}

/// Finds the rows of a workspace's interviews and people.
pub struct Traces<'a> {
    /// The database.
    pub db: &'a mut PgConnection,
    /// The workspace.
    pub workspace_id: &'a WorkspaceId,
    /// What is done with them.
    pub action: Action,
    /// The number of rows found.
    pub found: Removed,
}

impl<'a> Traces<'a> {
    /// Begins without any rows found.
    pub fn new(db: &'a mut PgConnection, workspace_id: &'a WorkspaceId, action: Action) -> Self {
        Self { db, workspace_id, action, found: Removed::new() }
    }

    /// Every row of the interviews in the analysts' tables, HeyMilo's answers about them, and then
    /// their people without other interviews. Jobs stay, because the owner completes the job that
    /// it has in flight.
    pub async fn interviews(&mut self, interview_ids: &[String]) -> Result<()> {
        let people = people(self.db, self.workspace_id, interview_ids).await?;
        if self.action == Action::Remove {
            figures::make_due(&mut *self.db, self.workspace_id, interview_ids).await?;
        }
        if self.action == Action::Remove {
            files::unclaim(self.db, self.workspace_id, interview_ids).await?;
        }
        for table in tables(self.db).await? {
            self.rows(&table, "interview_id = any($2)", interview_ids, &[]).await?;
        }
        self.answers(&[Kind::Interview, Kind::Candidate], interview_ids).await?;
        self.people(&people, interview_ids).await
    }

    /// The jobs of interviews.
    pub async fn jobs(&mut self, interview_ids: &[String]) -> Result<()> {
        self.rows("heymilo_sync.jobs", "interview_id = any($2)", interview_ids, &[]).await
    }

    /// Items of lists that do not name their subject.
    pub async fn unusable(&mut self, names: &[String]) -> Result<()> {
        self.answers(&[Kind::Unusable], names).await
    }

    /// The people who have no interviews other than `beside`.
    pub async fn people(&mut self, candidate_ids: &[String], beside: &[String]) -> Result<()> {
        let busy: Vec<String> = sqlx::query_scalar!(
            r#"
            select distinct candidate_id as "candidate_id!"
            from heymilo.interviews
            where workspace_id = $1
              and candidate_id = any($2)
              and interview_id <> all($3)
            "#,
            self.workspace_id.as_str(),
            candidate_ids,
            beside,
        )
        .fetch_all(&mut *self.db)
        .await?;
        let alone: Vec<String> =
            candidate_ids.iter().filter(|id| !busy.contains(id)).cloned().collect();

        self.rows("heymilo.candidates", "candidate_id = any($2)", &alone, &[]).await
    }

    async fn answers(&mut self, kinds: &[Kind], subject_ids: &[String]) -> Result<()> {
        let kinds: Vec<String> = kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
        for table in ["heymilo_sync.snapshots", "heymilo_sync.notices"] {
            let condition = "subject_id = any($2) and kind = any($3)";
            self.rows(table, condition, subject_ids, &kinds).await?;
        }
        Ok(())
    }

    async fn rows(
        &mut self,
        table: &str,
        condition: &str,
        ids: &[String],
        others: &[String],
    ) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let verb = match self.action {
            Action::Remove => "delete",
            Action::Count => "select",
        };
        // Every statement takes the same parameters, also when it does not need the third.
        let statement = format!(
            "{verb} from {table} where {condition} and workspace_id = $1 and $3::text[] is not null"
        );
        let found = sqlx::query(AssertSqlSafe(statement))
            .bind(self.workspace_id.as_str())
            .bind(ids)
            .bind(others)
            .execute(&mut *self.db)
            .await?;

        if found.rows_affected() > 0 {
            *self.found.entry(table.to_owned()).or_default() += found.rows_affected();
        }
        Ok(())
    }
}

/// The tables that hold rows of interviews. They are read from the catalog, so that no new table is
/// forgotten. Rights do not matter: a table that cannot be deleted from must cause an error.
async fn tables(db: &mut PgConnection) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select format('%I.%I', nspname, relname) as "table!"
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        join pg_attribute on attrelid = pg_class.oid
        where attname = 'interview_id'
          and not attisdropped
          and relkind in ('r', 'p')
          and nspname in ('heymilo', 'heymilo_sync')
          and (nspname, relname) <> ('heymilo_sync', 'jobs')
        order by 1
        "#
    )
    .fetch_all(db)
    .await
}

/// The people whom interviews name, sorted and each once.
pub async fn people(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select candidate_id as "candidate_id!"
        from heymilo.interviews
        where interview_id = any($2)
          and workspace_id = $1
          and candidate_id is not null
        group by candidate_id
        order by candidate_id collate "C"
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .fetch_all(db)
    .await
}
