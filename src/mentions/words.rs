//! Ids and addresses that are known, found in a text.

use super::{fold, is_of_id, is_telling, is_value_of_id, spellings};

/// Ids and addresses.
pub struct Words(Vec<Word>);

struct Word {
    /// In small letters.
    text: String,
    /// Whether it means the person wherever it stands, and not only as the value of an id.
    is_telling: bool,
}

impl Words {
    /// Takes words of any case. Blank ones, which would be found everywhere, are left out.
    pub fn new<'a>(words: impl IntoIterator<Item = &'a String>) -> Self {
        let words = words.into_iter().map(|word| fold(word));
        Self(words.filter(|word| !word.is_empty()).map(Word::new).collect())
    }

    /// Whether any of the words is in the text.
    pub fn are_in(&self, text: &[u8]) -> bool {
        spellings::any(text, |spelling, is_form| {
            self.0.iter().any(|word| word.is_in(spelling, is_form))
        })
    }
}

impl Word {
    fn new(text: String) -> Self {
        Self { is_telling: is_telling(&text) || text.contains('@'), text }
    }

    /// Whether a text contains the word, and not as a part of another: `ann@example.com` is not in
    /// `joann@example.com`.
    fn is_in(&self, text: &str, is_form: bool) -> bool {
        text.match_indices(&self.text).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + self.text.len()..]);
            begins(before, is_form)
                && ends(after, is_form)
                && (self.is_telling || is_value_of_id(before))
        })
    }
}

/// Whether a character next to the word makes it a part of another. In a form a plus sign is a space.
fn belongs(c: char, is_form: bool) -> bool {
    is_of_id(c) || (c == '+' && !is_form)
}

fn begins(before: &str, is_form: bool) -> bool {
    let mut before = before.chars().rev();
    match (before.next(), before.next()) {
        // What an escape such as \n ends with belongs to nothing.
        (Some(_), Some('\\')) | (None, _) => true,
        (Some('\''), Some(c)) => !c.is_alphanumeric(),
        (Some(c), _) => !belongs(c, is_form) && c != '.',
    }
}

fn ends(after: &str, is_form: bool) -> bool {
    let mut after = after.chars();
    match (after.next(), after.next()) {
        (Some('.'), Some(c)) => !belongs(c, is_form),
        (Some(c), _) => !belongs(c, is_form),
        (None, _) => true,
    }
}
