//! The relations of the analysts' tables, drawn from their keys as mermaid and as SVG.

use std::fmt::Write as _;

use super::dictionary::Table;

const BOX: (usize, usize) = (275, 42);
const GAP: (usize, usize) = (90, 12);
const MARGIN: usize = 20;

/// A table that belongs to another.
struct Link<'a> {
    parent: &'a Table,
    child: &'a Table,
    /// The child's column with the id of its parent.
    column: &'static str,
    /// Whether a parent has at most one such child.
    is_single: bool,
}

/// The columns with the id of another table, the most specific first.
const NAMES: [(&str, &str); 6] = [
    ("question_position", "scorecard_questions"),
    ("finding_position", "integrity_findings"),
    ("interview_id", "interviews"),
    ("candidate_id", "candidates"),
    ("posting_id", "postings"),
    ("workspace_id", "workspaces"),
];

/// Each table belongs to the table that its most specific column names. An interview belongs to its
/// person and to its posting.
fn links(tables: &[Table]) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    for child in tables.iter().filter(|table| !table.is_view) {
        let named = NAMES.iter().filter(|(column, parent)| {
            child.name != *parent && child.columns.iter().any(|known| known.name == *column)
        });
        let many = if child.name == "interviews" { 2 } else { 1 };
        for (column, parent) in named.take(many) {
            let parent = tables.iter().find(|table| table.name == *parent).expect("it is a table");
            let is_single = child.key == parent.key;
            links.push(Link { parent, child, column, is_single });
        }
    }
    links
}

/// An entity diagram for mermaid.
pub fn mermaid(tables: &[Table]) -> String {
    let mut text = String::from("erDiagram\n");
    for Link { parent, child, column, is_single } in links(tables) {
        let many = if is_single { "o|" } else { "o{" };
        writeln!(text, "    {} ||--{many} {} : {column}", parent.name, child.name).unwrap();
    }
    text
}

/// The same as a drawing. A table stands to the right of the table that it belongs to.
pub fn svg(tables: &[Table]) -> String {
    let links = links(tables);
    let columns = columns(tables, &links);
    let rows = columns.iter().map(Vec::len).max().unwrap_or_default();
    let height = 2 * MARGIN + rows * (BOX.1 + GAP.1) - GAP.1;
    let width = 2 * MARGIN + columns.len() * (BOX.0 + GAP.0) - GAP.0;
    let place = |name: &str| {
        let (column, row) = columns
            .iter()
            .enumerate()
            .find_map(|(column, names)| Some((column, names.iter().position(|n| *n == name)?)))
            .expect("every table has a place");
        let unused = (rows - columns[column].len()) * (BOX.1 + GAP.1) / 2;
        (MARGIN + column * (BOX.0 + GAP.0), MARGIN + unused + row * (BOX.1 + GAP.1))
    };

    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"monospace\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for link in &links {
        let ((x, y), (to_x, to_y)) = (place(&link.parent.name), place(&link.child.name));
        let (x, y, to_y) = (x + BOX.0, y + BOX.1 / 2, to_y + BOX.1 / 2);
        let bend = (x + to_x) / 2;
        writeln!(
            text,
            "<path d=\"M{x} {y}C{bend} {y} {bend} {to_y} {to_x} {to_y}\" fill=\"none\" \
             stroke=\"#8a94a6\" stroke-width=\"1.5\"{}/>",
            if link.is_single { " stroke-dasharray=\"4 3\"" } else { "" }
        )
        .unwrap();
    }
    for name in columns.iter().flatten() {
        let table = tables.iter().find(|table| table.name == *name).expect("it was placed");
        draw(&mut text, table, place(name));
    }
    writeln!(
        text,
        "<text x=\"{MARGIN}\" y=\"{}\" fill=\"#4a5568\">In small letters the key, beside \
         workspace_id. Dashed: at most one.</text>\n</svg>",
        height - MARGIN
    )
    .unwrap();
    text
}

/// The names of the tables by their distance from the workspaces.
fn columns<'a>(tables: &'a [Table], links: &[Link<'a>]) -> Vec<Vec<&'a str>> {
    fn depth(name: &str, links: &[Link<'_>]) -> usize {
        let parents = links.iter().filter(|link| link.child.name == name);
        parents.map(|link| 1 + depth(&link.parent.name, links)).max().unwrap_or_default()
    }
    let mut columns: Vec<Vec<&str>> = Vec::new();
    for table in tables.iter().filter(|table| !table.is_view) {
        let depth = depth(&table.name, links);
        columns.resize(columns.len().max(depth + 1), Vec::new());
        columns[depth].push(&table.name);
    }
    columns
}

fn draw(text: &mut String, table: &Table, (x, y): (usize, usize)) {
    let (width, height) = BOX;
    let key: Vec<&str> =
        table.key.iter().map(String::as_str).filter(|column| *column != "workspace_id").collect();
    let key = if key.is_empty() { "workspace_id".to_owned() } else { key.join(", ") };
    write!(
        text,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\" fill=\"#f2f6fc\" \
         stroke=\"#3b5b8c\"/>\n\
         <text x=\"{}\" y=\"{}\" font-weight=\"bold\" fill=\"#16233b\">{}</text>\n\
         <text x=\"{}\" y=\"{}\" font-size=\"10\" fill=\"#4a5568\">{key}</text>\n",
        x + 10,
        y + 17,
        table.name,
        x + 10,
        y + 33,
    )
    .unwrap();
}
