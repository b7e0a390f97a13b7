//! What a person is known by, found in whatever text: as it is, and behind the escapes of JSON, of
//! addresses and of forms. `heymilo_sync.names_erased` keeps later texts away by the same rule.

/// So many layers of escapes are taken off.
const LAYERS: usize = 3;
/// A shorter id may be a word or a number that means something else.
const TELLING: usize = 6;
/// What fields with ids are called at their end.
const FIELDS: [&str; 4] = ["_id", "-id", "candidateid", "interviewid"];

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
        let words = words.into_iter().map(|word| word.trim().to_lowercase());
        Self(words.filter(|word| !word.is_empty()).map(Word::new).collect())
    }

    /// Whether any of the words is in the text.
    pub fn are_in(&self, body: &[u8]) -> bool {
        let mut spelling = String::from_utf8_lossy(body).to_lowercase();
        for _ in 0..LAYERS {
            if self.are_written_in(&spelling) {
                return true;
            }
            if !spelling.contains(['%', '\\']) {
                return false;
            }
            // In forms a plus sign is a space, and not all write it otherwise.
            if spelling.contains('%')
                && self.are_written_in(&decoded(&spelling.replace('+', " ")).to_lowercase())
            {
                return true;
            }
            spelling = decoded(&spelling).to_lowercase();
        }
        self.are_written_in(&spelling)
    }

    fn are_written_in(&self, text: &str) -> bool {
        self.0.iter().any(|word| word.is_in(text))
    }
}

impl Word {
    fn new(text: String) -> Self {
        let is_long = text.len() >= TELLING && text.contains(|c: char| !c.is_ascii_digit());
        Self { is_telling: is_long || text.contains('@'), text }
    }

    /// Whether a text contains the word, and not as a part of another: `ann@example.com` is not in
    /// `joann@example.com`.
    fn is_in(&self, text: &str) -> bool {
        text.match_indices(&self.text).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + self.text.len()..]);
            begins(before) && ends(after) && (self.is_telling || is_value_of_id(before))
        })
    }
}

fn belongs(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '+')
}

fn begins(before: &str) -> bool {
    let mut before = before.chars().rev();
    match (before.next(), before.next()) {
        // What an escape such as \n ends with belongs to nothing.
        (Some(_), Some('\\')) | (None, _) => true,
        (Some('\''), Some(c)) => !c.is_alphanumeric(),
        (Some(c), _) => !belongs(c) && c != '.',
    }
}

fn ends(after: &str) -> bool {
    let mut after = after.chars();
    match (after.next(), after.next()) {
        (Some('.'), Some(c)) => !belongs(c),
        (Some(c), _) => !belongs(c),
        (None, _) => true,
    }
}

/// Whether what follows is the value of a field that holds an id, in JSON or in a form.
fn is_value_of_id(before: &str) -> bool {
    let quoted = |text: &str| text.trim_end_matches(['"', '\'']).len();
    let before = before[..quoted(before)].trim_end();
    let Some(name) = before.strip_suffix([':', '=']).map(str::trim_end) else { return false };
    let name = &name[..quoted(name)];
    let is_whole = name.strip_suffix("id").is_some_and(|rest| !rest.ends_with(belongs));
    is_whole || FIELDS.iter().any(|field| name.ends_with(field))
}

/// A text with one layer of escapes taken off.
fn decoded(text: &str) -> String {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(first) = rest.first() {
        let length = match rest {
            [b'%', ..] if code(rest, 1, 2).is_some() => {
                plain.extend(code(rest, 1, 2).and_then(|byte| u8::try_from(byte).ok()));
                3
            }
            [b'\\', b'u', ..] if code(rest, 2, 4).is_some() => {
                let c = code(rest, 2, 4).and_then(char::from_u32).unwrap_or(' ');
                plain.extend(c.to_string().bytes());
                6
            }
            [b'\\', b'b' | b'f' | b'n' | b'r' | b't', ..] => {
                plain.push(b' ');
                2
            }
            [b'\\', escaped, ..] => {
                plain.push(*escaped);
                2
            }
            _ => {
                plain.push(*first);
                1
            }
        };
        rest = &rest[length..];
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The number that so many hexadecimal digits from a place on are.
fn code(bytes: &[u8], from: usize, digits: usize) -> Option<u32> {
    let digits = bytes.get(from..from + digits)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(word: &str) -> Words {
        Words::new(&[word.to_owned()])
    }

    #[test]
    fn words_are_found_in_any_case_and_behind_escapes() {
        let words = words("Ada+Jobs@example.com");

        assert!(words.are_in(br#"{"email": "ADA+jobs@example.com"}"#));
        assert!(words.are_in(br#"{"email": "ada\u002bjobs\u0040example.com"}"#));
        assert!(words.are_in(br#"{"text": "Write to\nada+jobs@example.com."}"#));
        assert!(words.are_in(br#"{"body": "{\"email\": \"ada\\u002bjobs\\u0040example.com\"}"}"#));
        assert!(words.are_in(b"email=ada%2Bjobs%40example.com&x=1"));
        assert!(words.are_in(b"text=write+to+ADA%2bjobs%40EXAMPLE.com.+Soon"));
        assert!(words.are_in(b"body=%7B%22email%22%3A%22ada%5Cu002bjobs%40example.com%22%7D"));
        assert!(!words.are_in(br#"{"email": "bob@example.com"}"#));
        assert!(!words.are_in(br#"{"email": "xada+jobs@example.com"}"#));
        assert!(!words.are_in(br#"{"email": "ada+jobs@example.com.au"}"#));
        assert!(!words.are_in(b"\xff\\%4"));
    }

    #[test]
    fn a_part_of_an_address_is_another_address() {
        assert!(words("o'brien@example.com").are_in(b"mail o'brien@example.com"));
        assert!(words("brien@example.com").are_in(b"mail 'brien@example.com'"));
        assert!(!words("brien@example.com").are_in(b"mail o'brien@example.com"));
    }

    #[test]
    fn a_short_id_is_found_where_an_id_is_told_and_nowhere_else() {
        let five = words("5");

        assert!(five.are_in(br#"{"candidate_id": "5"}"#));
        assert!(five.are_in(br#"{"candidate": {"id" : 5}}"#));
        assert!(five.are_in(b"candidateId=5&score=7"));
        assert!(!five.are_in(br#"{"score": 5, "paid": 5, "id": 15}"#));
        assert!(!words("1764012345").are_in(br#"{"created_at": 1764012345}"#));
    }

    #[test]
    fn nothing_is_found_nowhere() {
        assert!(!Words::new(&[String::new(), " ".to_owned()]).are_in(b"anything = id: \"\""));
    }
}
