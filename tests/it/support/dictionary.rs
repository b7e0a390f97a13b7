//! The comments of the database, and `docs/schema.md` made from them.

use std::fmt::Write as _;

use heymilo_sync::classification::{self, Class};
use sqlx::PgPool;

use super::diagram;

/// A schema with its contents.
pub struct Schema {
    pub name: String,
    pub comment: String,
    pub tables: Vec<Table>,
    pub functions: Vec<Function>,
}

/// A table or a view.
pub struct Table {
    pub name: String,
    pub is_view: bool,
    pub comment: String,
    /// The columns of its primary key, in their order. Empty for a view.
    pub key: Vec<String>,
    pub columns: Vec<Column>,
    /// The indexes beside those of its key and its other constraints.
    pub indexes: Vec<Index>,
}

/// An index.
#[derive(sqlx::FromRow)]
pub struct Index {
    pub name: String,
    pub comment: String,
}

/// A column.
#[derive(sqlx::FromRow)]
pub struct Column {
    pub name: String,
    pub sql_type: String,
    pub comment: String,
}

/// A function.
#[derive(sqlx::FromRow)]
pub struct Function {
    pub signature: String,
    pub result: String,
    pub comment: String,
}

/// All our schemas, analysts' first. An object without a comment has an empty text.
pub async fn schemas(db: &PgPool) -> Vec<Schema> {
    let names: Vec<(String, String)> = sqlx::query_as(
        "select nspname::text, coalesce(obj_description(oid, 'pg_namespace'), '')
         from pg_namespace
         where nspname like 'heymilo%'
         order by nspname = 'heymilo_sync', nspname",
    )
    .fetch_all(db)
    .await
    .unwrap();
    let mut schemas = Vec::new();
    for (name, comment) in names {
        let (tables, functions) = (tables(db, &name).await, functions(db, &name).await);
        schemas.push(Schema { name, comment, tables, functions });
    }
    schemas
}

/// Tables before views, each in the order in which the migrations make them.
async fn tables(db: &PgPool, schema: &str) -> Vec<Table> {
    let found: Vec<(String, bool, String, Vec<String>)> = sqlx::query_as(
        "select relname::text,
                relkind = 'v',
                coalesce(obj_description(pg_class.oid, 'pg_class'), ''),
                array(
                    select attname::text
                    from pg_index
                    cross join unnest(indkey) with ordinality as key (attnum, place)
                    join pg_attribute on attrelid = indrelid and pg_attribute.attnum = key.attnum
                    where indrelid = pg_class.oid and indisprimary
                    order by place
                )
         from pg_class
         where relnamespace = $1::regnamespace and relkind in ('r', 'v')
         order by relkind, pg_class.oid",
    )
    .bind(schema)
    .fetch_all(db)
    .await
    .unwrap();
    let mut tables = Vec::new();
    for (name, is_view, comment, key) in found {
        let qualified = format!("{schema}.{name}");
        let (columns, indexes) = (columns(db, &qualified).await, indexes(db, &qualified).await);
        tables.push(Table { name, is_view, comment, key, columns, indexes });
    }
    tables
}

async fn columns(db: &PgPool, table: &str) -> Vec<Column> {
    sqlx::query_as(
        "select attname::text as name,
                format_type(atttypid, atttypmod) as sql_type,
                coalesce(col_description(attrelid, attnum), '') as comment
         from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped
         order by attnum",
    )
    .bind(table)
    .fetch_all(db)
    .await
    .unwrap()
}

async fn indexes(db: &PgPool, table: &str) -> Vec<Index> {
    sqlx::query_as(
        "select relname::text as name, coalesce(obj_description(indexrelid, 'pg_class'), '') as comment
         from pg_index
         join pg_class on pg_class.oid = indexrelid
         where indrelid = $1::regclass
           and not exists (select from pg_constraint where conindid = indexrelid)
         order by relname",
    )
    .bind(table)
    .fetch_all(db)
    .await
    .unwrap()
}

async fn functions(db: &PgPool, schema: &str) -> Vec<Function> {
    sqlx::query_as(
        "select proname || '(' || pg_get_function_arguments(oid) || ')' as signature,
                pg_get_function_result(oid) as result,
                coalesce(obj_description(oid, 'pg_proc'), '') as comment
         from pg_proc
         where pronamespace = $1::regnamespace
         order by proname",
    )
    .bind(schema)
    .fetch_all(db)
    .await
    .unwrap()
}

/// The data dictionary.
pub fn markdown(schemas: &[Schema]) -> String {
    let mut text = String::from(
        "# The database\n\n\
         Made from the comments of the database by `script/update`: do not edit. `\\d+` in psql shows \
         the same.\nThe current text of every object is in [schema.sql](schema.sql). A column holds a fact, \
         an identifier, free\ntext about a candidate, a conversation, or open data that may be any of \
         these:\n[privacy.md](privacy.md) says what follows from it.\n\n\
         ![How the tables of schema heymilo belong together](schema.svg)\n\n\
         <details><summary>The same as mermaid</summary>\n\n",
    );
    let analysts = &schemas[0].tables;
    write!(text, "```mermaid\n{}```\n\n</details>\n", diagram::mermaid(analysts)).unwrap();
    for schema in schemas {
        write!(text, "\n## {}\n\n{}\n", schema.name, schema.comment).unwrap();
        for table in &schema.tables {
            write_table(&mut text, schema, table);
        }
        for function in &schema.functions {
            let Function { signature, result, comment } = function;
            let name = &schema.name;
            write!(text, "\n### Function `{name}.{signature}`\n\n{comment} Returns {result}.\n")
                .unwrap();
        }
    }
    text
}

fn write_table(text: &mut String, schema: &Schema, table: &Table) {
    let kind = if table.is_view { "View " } else { "" };
    write!(text, "\n### {kind}{}.{}\n\n{}\n", schema.name, table.name, table.comment).unwrap();
    if !table.key.is_empty() {
        write!(text, "\nKey: `{}`.\n", table.key.join(", ")).unwrap();
    }
    // An analyst's view has the classes of its table.
    let schema = schema.name.replace("heymilo_analyst", "heymilo");
    let classes = classification::of_table(&format!("{schema}.{}", table.name));
    text.push_str("\n| column | type | holds | meaning |\n|---|---|---|---|\n");
    for Column { name, sql_type, comment } in &table.columns {
        let comment = comment.replace('|', "\\|");
        let class = classes.and_then(|classes| classes.class(name)).map_or("", Class::as_str);
        writeln!(text, "| `{name}` | {sql_type} | {class} | {comment} |").unwrap();
    }
    if !table.indexes.is_empty() {
        text.push_str("\n| index | for |\n|---|---|\n");
    }
    for Index { name, comment } in &table.indexes {
        writeln!(text, "| `{name}` | {comment} |").unwrap();
    }
}
