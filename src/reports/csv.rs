//! Rows of comma-separated values, for spreadsheets.

/// A row. Every value is quoted, and none begins like a formula of a spreadsheet.
pub fn row<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| quoted(value.as_ref())).collect();
    values.join(",") + "\r\n"
}

fn quoted(value: &str) -> String {
    let is_formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if is_formula { "'" } else { "" }, value.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_and_are_no_formulas() {
        let values = ["a \"b\"", "c,d\ne", "=1+1", "", "0.5"];

        assert_eq!(row(values), "\"a \"\"b\"\"\",\"c,d\ne\",\"'=1+1\",\"\",\"0.5\"\r\n");
    }
}
