//! The documents are in plain English: short sentences, no semicolons, and no words that
//! GLOSSARY.md replaces. Code has none of these words either, in names, messages and comments.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The most words of a sentence.
const MAX_WORDS: usize = 25;
/// Words without a person or a thing, metaphors for what has a name, and amounts without a number.
const BANNED: &[&str] = &[
    "anybody",
    "bell",
    "bury",
    "door",
    "errand",
    "for a while",
    "gate",
    "heard",
    "lane",
    "news",
    "nobody",
    "now and then",
    "room",
    "sight",
    "so many",
    "somebody",
    "stranger",
    "strangers",
    "stray",
    "suspect",
    "told",
    "whatever",
    "whoever",
];
/// The glossary names the replaced words in its last column.
const MAY_NAME_BANNED_WORDS: &[&str] = &["GLOSSARY.md"];
/// Directories that hold no documents of ours.
const LEFT_OUT: &[&str] = &[".git", "node_modules", "target"];
/// The extensions of code. Scripts have none.
const CODE: &[&str] = &["", "css", "js", "py", "rs", "sh", "sql", "toml", "yaml", "yml"];
/// Code whose words are data: what invented candidates say, and the name of an account.
const DATA: &[&str] =
    &["crates/postgres/src/account.rs", "crates/postgres/src/error.rs", "crates/simulator/src/"];
/// What begins a comment.
const COMMENTS: &[&str] = &["#", "--", "//"];

/// A paragraph, an item of a list, a heading or a cell of a table.
struct Block {
    line: usize,
    text: String,
}

/// The files of a directory with one of these extensions.
fn files(directory: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let extension = path.extension().map_or("", |extension| extension.to_str().unwrap());
        if path.is_dir() {
            found.extend(
                (!LEFT_OUT.contains(&name)).then(|| files(&path, extensions)).into_iter().flatten(),
            );
        } else if extensions.contains(&extension) {
            found.push(path);
        }
    }
    found
}

/// The prose of a document, without its code blocks and comments.
fn blocks(document: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut is_code, mut is_open) = (false, false);
    for (index, line) in document.lines().enumerate() {
        let (line, number) = (line.trim(), index + 1);
        let mut begin = |text: &str| blocks.push(Block { line: number, text: text.to_owned() });
        if line.starts_with("```") {
            (is_code, is_open) = (!is_code, false);
        } else if is_code || line.is_empty() || line.starts_with("<!--") {
            is_open = false;
        } else if line.starts_with('#') {
            begin(line.trim_start_matches('#'));
            is_open = false;
        } else if line.starts_with('|') {
            line.trim_matches('|').split(" | ").for_each(begin);
            is_open = false;
        } else if let Some(item) = item(line) {
            begin(item);
            is_open = true;
        } else if is_open {
            let block = blocks.last_mut().expect("it is open");
            write!(block.text, " {line}").unwrap();
        } else {
            begin(line);
            is_open = true;
        }
    }

    blocks
}

/// The text of an item of a list.
fn item(line: &str) -> Option<&str> {
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = number.len() < line.len();
    line.strip_prefix("- ").or_else(|| number.strip_prefix(". ").filter(|_| is_numbered))
}

/// A text without code and addresses, each of which counts as one word.
fn spoken(text: &str) -> String {
    let mut spoken = String::new();
    for (index, part) in text.split('`').enumerate() {
        spoken.push_str(if index % 2 == 0 { part } else { "code" });
    }
    let mut parts = spoken.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once(')').map_or("", |(_, rest)| rest))
}

/// The faults of a block.
fn faults(text: &str, may_name_banned_words: bool) -> Vec<String> {
    let text = spoken(text);
    let mut faults = Vec::new();
    if text.contains(';') {
        faults.push("a semicolon".to_owned());
    }

    let marked = text.replace(". ", ".\n").replace("? ", "?\n").replace(": ", ":\n");
    for sentence in marked.lines() {
        let words = sentence.split_whitespace().filter(|word| word.contains(char::is_alphanumeric));
        let words = words.count();
        if words > MAX_WORDS {
            faults.push(format!("{words} words: {sentence}"));
        }
    }

    if !may_name_banned_words {
        faults.extend(banned_words(&text));
    }
    faults
}

/// The faults of a text for its words.
fn banned_words(text: &str) -> impl Iterator<Item = String> {
    let plain: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { ' ' })
        .collect();
    let plain = format!(" {plain} ");
    let banned = BANNED.iter().filter(move |word| plain.contains(&format!(" {word} ")));
    banned.map(|word| format!("the word {word:?}"))
}

#[test]
fn documents_are_in_plain_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = String::new();
    for path in files(root, &["md"]) {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        let may_name_banned_words = MAY_NAME_BANNED_WORDS.contains(&name.as_str());
        for Block { line, text } in blocks(&fs::read_to_string(&path).unwrap()) {
            for fault in faults(&text, may_name_banned_words) {
                writeln!(found, "{name}:{line}: {fault}").unwrap();
            }
        }
    }
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn code_has_no_banned_word() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut lines) = (String::new(), 0);
    for path in files(root, CODE) {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        if name == file!() || DATA.iter().any(|data| name.starts_with(data)) {
            continue;
        }
        // Tests invent what candidates and attackers say.
        let is_test = name.starts_with("tests/");
        for (number, line) in (1..).zip(fs::read_to_string(&path).unwrap().lines()) {
            lines += 1;
            let is_comment = COMMENTS.iter().any(|mark| line.trim_start().starts_with(mark));
            if is_test && !is_comment {
                continue;
            }
            for fault in banned_words(line) {
                writeln!(found, "{name}:{number}: {fault}").unwrap();
            }
        }
    }
    assert!(lines > 50_000, "only {lines} lines were read");
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn each_fault_is_found() {
    let long = "word ".repeat(MAX_WORDS + 1);
    for (text, fault) in [
        ("One thing; another.", "semicolon"),
        (long.as_str(), "26 words"),
        ("Whoever comes first.", "\"whoever\""),
        ("It waits for a while.", "\"for a while\""),
    ] {
        assert!(faults(text, false).iter().any(|found| found.contains(fault)), "{text}");
    }

    let document = "# A heading\n\nOne `a; b` thing,\nand [another](a;b).\n\n```sql\nselect 1;\n```\n\n\
                    | a cell | another |\n|---|---|\n\n- an item\n  of two lines\n";
    let texts: Vec<String> =
        blocks(document).into_iter().map(|block| spoken(&block.text)).collect();
    for expected in ["One code thing, and [another.", "an item of two lines", " a cell"] {
        assert!(texts.iter().any(|text| text == expected), "no {expected:?}: {texts:?}");
    }
    assert!(texts.iter().all(|text| faults(text, false).is_empty()), "{texts:?}");
}
