//! The rights of the reader roles, derived from the classes of the columns.

use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use super::Result;
use crate::classification::COLUMNS;

/// Writes the classes, makes the reader roles and the analysts' views, grants the reader roles
/// their rights, and publishes the analysts' tables. A right that Postgres refuses becomes a
/// notice.
pub async fn refresh(db: &mut PgConnection) -> Result<()> {
    let (relations, columns, classes) = listed();
    sqlx::query!(r#"delete from heymilo_sync.column_classes"#).execute(&mut *db).await?;
    sqlx::query!(
        r#"
        insert into heymilo_sync.column_classes (relation, column_name, class)
        select * from unnest($1::text[], $2::text[], $3::text[])
        "#,
        &relations as _,
        &columns as _,
        &classes as _,
    )
    .execute(&mut *db)
    .await?;

    sqlx::raw_sql(
        "select heymilo_sync.make_roles();
         select heymilo_sync.grant_access();
         select heymilo_sync.open_row_security();
         select heymilo_sync.publish()",
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Grants the role of a daemon that does not migrate the rights that it needs.
pub async fn let_work(db: &PgPool, role: &str) -> Result<()> {
    let name = format!("\"{}\"", role.replace('"', "\"\""));
    let text = format!("'{}'", role.replace('\'', "''"));
    let grants = include_str!("../../config/daemon-role.sql")
        .replace(":\"daemon\"", &name)
        .replace(":'daemon'", &text);
    sqlx::raw_sql(AssertSqlSafe(grants)).execute(db).await.map(drop)
}

/// The classes as three columns: relation, column, class.
fn listed() -> (Vec<&'static str>, Vec<&'static str>, Vec<&'static str>) {
    let mut columns = (Vec::new(), Vec::new(), Vec::new());
    for table in COLUMNS {
        for (name, class) in table.names {
            columns.0.push(table.of);
            columns.1.push(*name);
            columns.2.push(class.as_str());
        }
    }
    columns
}
