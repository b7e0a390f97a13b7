//! Names, phone numbers and similar addresses. None of them tells for sure who is meant: a person looks at what is
//! found before anything is removed.

use std::collections::VecDeque;

use super::{fold, spellings};

/// A name may have as many other words between its own, such as a second name.
const WORDS_BETWEEN: usize = 1;
/// Fewer digits are found in too many numbers.
const MIN_DIGITS: usize = 7;
/// What stands between the digits of a phone number.
const BETWEEN_DIGITS: [char; 7] = [' ', '-', '.', '(', ')', '/', '+'];

/// A name or a phone number that is looked for.
#[derive(Debug)]
pub struct Contact(Kind);

#[derive(Debug)]
enum Kind {
    /// Its words in small letters.
    Name(Vec<String>),
    /// Its digits, without zeros before them.
    Phone(String),
}

impl Contact {
    /// Takes a name in any order of its words. `None` without a letter.
    pub fn name(name: &str) -> Option<Self> {
        let name = fold(name);
        let words: Vec<String> = words(&name).map(str::to_owned).collect();
        (!words.is_empty()).then_some(Self(Kind::Name(words)))
    }

    /// Takes a phone number with or without the code of its country. `None` with fewer than seven digits.
    pub fn phone(number: &str) -> Option<Self> {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0');
        (digits.len() >= MIN_DIGITS).then(|| Self(Kind::Phone(digits.to_owned())))
    }

    /// The word for it in the database.
    pub fn kind(&self) -> &'static str {
        match self.0 {
            Kind::Name(_) => "name",
            Kind::Phone(_) => "phone",
        }
    }

    /// Whether a text, such as an answer, has it.
    pub fn is_in(&self, text: &[u8]) -> bool {
        spellings::any(text, |spelling, _| match &self.0 {
            Kind::Name(name) => has_name(spelling, name),
            Kind::Phone(digits) => has_phone(spelling, digits),
        })
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

fn has_name(text: &str, name: &[String]) -> bool {
    let mut near: VecDeque<&str> = VecDeque::new();
    words(text).any(|word| {
        if near.len() == name.len() + WORDS_BETWEEN {
            near.pop_front();
        }
        near.push_back(word);
        // Each run of words is looked at when the last of the name has come.
        name.iter().any(|one| one == word) && name.iter().all(|one| near.contains(&one.as_str()))
    })
}

fn has_phone(text: &str, digits: &str) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let number = &rest[start..];
        let is_beyond = |c: char| !c.is_ascii_digit() && !BETWEEN_DIGITS.contains(&c);
        let end = number.find(is_beyond).unwrap_or(number.len());
        let found: String = number[..end].chars().filter(char::is_ascii_digit).collect();
        let found = found.trim_start_matches('0');
        if found.len() >= MIN_DIGITS && (found.contains(digits) || digits.ends_with(found)) {
            return true;
        }
        rest = &number[end..];
    }
    false
}

/// The address without what follows a plus sign in it: mail for `ada+jobs@` goes to `ada@`.
pub fn base_address(address: &str) -> String {
    let address = fold(address);
    let Some((local, domain)) = address.rsplit_once('@') else { return address };
    let local = local.split('+').next().filter(|local| !local.is_empty()).unwrap_or(local);
    format!("{local}@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_any_order_and_case() {
        let is_in = |text: &str| Contact::name("Ada  Example").unwrap().is_in(text.as_bytes());

        assert!(is_in(r#"{"name": "ADA EXAMPLE"}"#));
        assert!(is_in("Example, Ada"));
        assert!(is_in("Dear Ada M. Example,"));
        assert!(is_in(r#"{"first": "Ada", "last": "Example"}"#));
        assert!(is_in(r"{\u0022name\u0022: \u0022\u0041da Example\u0022}"));
        assert!(is_in("name=Ada+Example"));
        assert!(!is_in("Adam Example"));
        assert!(!is_in("Ada said that no such example is known"));
        assert!(Contact::name(" - ").is_none());
    }

    #[test]
    fn a_phone_number_is_found_however_it_is_written() {
        for number in ["+44 20 7946 0958", "020 7946 0958", "(020) 7946-0958", "0044.2079460958"] {
            let phone = Contact::phone(number).unwrap();
            for text in ["call +442079460958 now", "020/79460958", r#"{"phone":"20 7946 0958"}"#] {
                assert!(phone.is_in(text.as_bytes()), "{number} in {text}");
            }
            for text in ["2079460959", "7946", "2079 4609, 58"] {
                assert!(!phone.is_in(text.as_bytes()), "{number} in {text}");
            }
        }
        assert!(Contact::phone("555 01").is_none());
    }

    #[test]
    fn what_follows_a_plus_sign_belongs_to_the_same_address() {
        for address in ["ada@example.com", " ADA+jobs@Example.com", "ada+a+b@example.com"] {
            assert_eq!(base_address(address), "ada@example.com");
        }
        assert_eq!(base_address("+ada@example.com"), "+ada@example.com");
        assert_eq!(base_address("nonsense"), "nonsense");
    }
}
