//! Names, phone numbers and similar addresses. None of them identifies a person for certain, so an
//! officer checks the matches before anything is removed.

use std::collections::VecDeque;

use super::{fold, spellings};

/// A text may have this many other words between the words of a name, such as a second name.
const WORDS_BETWEEN: usize = 1;
/// A number with fewer digits would be found inside too many others.
const MIN_DIGITS: usize = 7;
/// The characters between the digits of a phone number.
const BETWEEN_DIGITS: [char; 7] = [' ', '-', '.', '(', ')', '/', '+'];

/// A name or a phone number to search for.
#[derive(Debug)]
pub struct Contact(Kind);

#[derive(Debug)]
enum Kind {
    /// Its words in lower case.
    Name(Vec<String>),
    /// Its digits without leading zeros.
    Phone(String),
}

impl Contact {
    /// A name with its words in any order. `None` without a letter.
    pub fn name(name: &str) -> Option<Self> {
        let name = fold(name);
        let words: Vec<String> = words(&name).map(str::to_owned).collect();
        (!words.is_empty()).then_some(Self(Kind::Name(words)))
    }

    /// A phone number with or without its country code. `None` with fewer than seven digits.
    pub fn phone(number: &str) -> Option<Self> {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0');
        (digits.len() >= MIN_DIGITS).then(|| Self(Kind::Phone(digits.to_owned())))
    }

    /// The database's word for it.
    pub fn kind(&self) -> &'static str {
        match self.0 {
            Kind::Name(_) => "name",
            Kind::Phone(_) => "phone",
        }
    }

    /// Whether a text, such as an answer, contains it.
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
        // A run of words is checked when a word of the name is its last.
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

/// The address without the part after a plus sign: mail for `ada+jobs@` goes to `ada@`.
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
