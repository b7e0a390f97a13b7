//! Turns structs into rows of a table: each column as one array, for `insert … select unnest(…)`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{Arguments as _, error::BoxDynError, postgres::PgArguments, types::Json};

/// A column of an analyst table.
#[derive(Debug)]
pub struct Column {
    /// Its name, the same as the struct's field.
    pub name: &'static str,
    /// Its type in Postgres, such as `text`.
    pub sql_type: &'static str,
    /// The type in which its values are sent. `text[]` is sent as text, because `unnest` would
    /// flatten an array of arrays.
    pub sent_as: &'static str,
}

/// One row of an analyst table, without the columns of its owner.
pub trait Record {
    /// Name of the table in schema `heymilo`.
    const TABLE: &'static str;
    /// The column with the id of the rows' owner: `interview_id` or `posting_id`.
    const OWNER: &'static str;
    /// The columns, in the order in which [`Record::bind`] binds them.
    const COLUMNS: &'static [Column];

    /// Binds one array per column.
    fn bind(rows: &[&Self], arguments: &mut PgArguments) -> Result<(), BoxDynError>;
}

/// A value that can stand in a column.
pub trait Cell: Sized {
    /// The column's type in Postgres.
    const SQL_TYPE: &'static str;
    /// The type in which the values are sent.
    const SENT_AS: &'static str = Self::SQL_TYPE;

    /// Binds the values of one column as one array.
    fn bind<'a>(
        cells: impl Iterator<Item = &'a Self>,
        arguments: &mut PgArguments,
    ) -> Result<(), BoxDynError>
    where
        Self: 'a;
}

/// Implements [`Cell`] for types that are sent as they are, by copy or by reference.
macro_rules! cell {
    ($type:ty, $sql_type:literal, $borrow:expr) => {
        impl Cell for $type {
            const SQL_TYPE: &'static str = $sql_type;

            fn bind<'a>(
                cells: impl Iterator<Item = &'a Self>,
                arguments: &mut PgArguments,
            ) -> Result<(), BoxDynError> {
                arguments.add(cells.map($borrow).collect::<Vec<_>>())
            }
        }
    };
}

cell!(i32, "integer", |cell| *cell);
cell!(bool, "boolean", |cell| *cell);
cell!(DateTime<Utc>, "timestamptz", |cell| *cell);
cell!(String, "text", String::as_str);
cell!(Option<bool>, "boolean", |cell| *cell);
cell!(Option<i64>, "bigint", |cell| *cell);
cell!(Option<f64>, "double precision", |cell| *cell);
cell!(Option<DateTime<Utc>>, "timestamptz", |cell| *cell);
cell!(Option<String>, "text", Option::as_deref);
cell!(Option<Value>, "jsonb", |cell| cell.as_ref().map(Json));

/// A value for which the contract declares a default when the field is absent.
///
/// Two results that differ only in this are different, because a default replaces no earlier value.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Defaulted<T> {
    /// The field's value, or the default.
    pub value: Option<T>,
    /// Whether the field was absent. A default replaces no value of an earlier answer.
    pub is_default: bool,
}

impl<T: Clone> Defaulted<T> {
    /// Replaces a default by the value of an earlier answer.
    pub fn keep(&mut self, earlier: Option<&Option<T>>) {
        if let Some(earlier) = earlier.filter(|_| self.is_default) {
            self.value.clone_from(earlier);
        }
    }
}

impl<T> Cell for Defaulted<T>
where
    Option<T>: Cell,
{
    const SQL_TYPE: &'static str = <Option<T>>::SQL_TYPE;

    fn bind<'a>(
        cells: impl Iterator<Item = &'a Self>,
        arguments: &mut PgArguments,
    ) -> Result<(), BoxDynError>
    where
        Self: 'a,
    {
        <Option<T>>::bind(cells.map(|cell| &cell.value), arguments)
    }
}

impl Cell for Option<Vec<String>> {
    const SQL_TYPE: &'static str = "text[]";
    const SENT_AS: &'static str = "text";

    fn bind<'a>(
        cells: impl Iterator<Item = &'a Self>,
        arguments: &mut PgArguments,
    ) -> Result<(), BoxDynError> {
        let literals = cells.map(|cell| cell.as_deref().map(array_literal));
        arguments.add(literals.collect::<Vec<_>>())
    }
}

/// An array in Postgres' notation: `{"one","t\"wo"}`.
fn array_literal(items: &[String]) -> String {
    let mut literal = String::from("{");
    for (index, item) in items.iter().enumerate() {
        literal.push_str(if index == 0 { "\"" } else { ",\"" });
        for character in item.chars() {
            if matches!(character, '"' | '\\') {
                literal.push('\\');
            }
            literal.push(character);
        }
        literal.push('"');
    }
    literal.push('}');
    literal
}

/// Declares a row struct and its table: `Name in "table" of "owner" { column: type, … }`.
macro_rules! record {
    (
        $(#[$doc:meta])*
        $name:ident in $table:literal of $owner:literal {
            $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        $(const _: () =
            $crate::classification::assert_classified(concat!("heymilo.", $table), stringify!($field));)*

        impl $crate::records::Record for $name {
            const TABLE: &'static str = $table;
            const OWNER: &'static str = $owner;
            const COLUMNS: &'static [$crate::records::Column] = &[
                $($crate::records::Column {
                    name: stringify!($field),
                    sql_type: <$type as $crate::records::Cell>::SQL_TYPE,
                    sent_as: <$type as $crate::records::Cell>::SENT_AS,
                },)*
            ];

            fn bind(
                rows: &[&Self],
                arguments: &mut sqlx::postgres::PgArguments,
            ) -> Result<(), sqlx::error::BoxDynError> {
                $(<$type as $crate::records::Cell>::bind(
                    rows.iter().map(|row| &row.$field),
                    arguments,
                )?;)*
                Ok(())
            }
        }
    };
}
pub(super) use record;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_literals_quote_what_postgres_would_misread() {
        let items = ["plain", "a,b", "{}", "say \"hi\"", "back\\slash", "", "null"];

        let literal = array_literal(&items.map(str::to_owned));

        assert_eq!(literal, r#"{"plain","a,b","{}","say \"hi\"","back\\slash","","null"}"#);
    }
}
