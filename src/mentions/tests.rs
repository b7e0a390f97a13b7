use super::{Digests, Key, Words, beginning, spellings, words};
use crate::records::WorkspaceId;

/// Whether a text names a word. The known word and its digest must agree.
fn is_named(word: &str, text: &[u8]) -> bool {
    let workspace = WorkspaceId::new("w").unwrap();
    let (key, unused) = (Key::new(b"salt"), Key::new(b"a key of the tests"));
    let beginning = beginning(&key.of(&workspace).digest(word));
    let one = Digests::new(1, vec![unused, key], vec![beginning, 7]);

    let known = Words::new(&[word.to_owned()]).are_in(text);
    let erased = one.of(&workspace).are_named_in(text);

    assert_eq!(known, erased, "{word} in {}", String::from_utf8_lossy(text));
    known
}

#[test]
fn words_are_found_in_any_case_and_behind_escapes() {
    let is_in = |text| is_named("Ada+Jobs@example.com", text);

    assert!(is_in(br#"{"email": "ADA+jobs@example.com"}"#));
    assert!(is_in(br#"{"email": "ada\u002bjobs\u0040example.com"}"#));
    assert!(is_in(br#"{"text": "Write to\nada+jobs@example.com."}"#));
    assert!(is_in(br#"{"body": "{\"email\": \"ada\\u002bjobs\\u0040example.com\"}"}"#));
    assert!(is_in(b"email=ada%2Bjobs%40example.com&x=1"));
    assert!(is_in(b"text=write+to+ADA%2bjobs%40EXAMPLE.com.+Soon"));
    assert!(is_in(b"body=%7B%22email%22%3A%22ada%5Cu002bjobs%40example.com%22%7D"));
    assert!(is_in(b"body=text%3Dwrite%2Bto%2BADA%252bjobs%2540example.com"));
    assert!(!is_in(br#"{"email": "bob@example.com"}"#));
    assert!(!is_in(br#"{"email": "xada+jobs@example.com"}"#));
    assert!(!is_in(br#"{"email": "ada+jobs@example.com.au"}"#));
    assert!(!is_in(b"\xff\\%4"));
}

#[test]
fn ids_are_found_in_any_case_and_behind_escapes() {
    let is_in = |text| is_named("Int_Ada-1", text);

    assert!(is_in(br#"{"about": "INT_ada-1"}"#));
    assert!(is_in(b"https:\\/\\/example.com\\/INT_ada-1\\/"));
    assert!(is_in(b"x=%49nt_ada%2D1"));
    assert!(is_in(b"a=%252549nt_ada-1"));
    assert!(!is_in(b"int_ada-12"));
    assert!(!is_in(b"xint_ada-1"));
}

#[test]
fn ids_are_found_between_the_parts_of_a_longer_word() {
    let is_in = |text| is_named("int_abc123", text);

    assert!(is_in(b"resume_int_abc123.pdf"));
    assert!(is_in(b"see ada-int_abc123_v2-final"));
    assert!(is_in(b"x=ada%5Fint%5Fabc123-1"));
    assert!(!is_in(b"resumeint_abc123"));
    assert!(!is_in(b"int_abc1234_v2"));

    let id = "3F2504E0-4f89-11d3-9a0c-0305e82c3301";
    for text in [
        "interview3f2504e0-4f89-11d3-9a0c-0305e82c3301pdf",
        "a_3f2504e0-4f89-11d3-9A0C-0305E82C3301-b",
    ] {
        assert!(is_named(id, text.as_bytes()), "{text}");
    }
    assert!(!is_named(id, b"3f2504e0-4f89-11d3-9a0c-0305e82c3302-b"));
}

#[test]
fn letters_beyond_ascii_have_no_case_and_may_be_escaped() {
    let is_in = |text: &str| is_named("\u{c9}lodie@example.com", text.as_bytes());

    assert!(is_in("\u{e9}lodie@example.com"));
    assert!(is_in("email=%C3%89lodie%40example.com"));
    assert!(is_in(r#"{"email": "\u00c9lodie@example.com"}"#));
}

#[test]
fn a_part_of_an_address_is_another_address() {
    assert!(is_named("o'brien@example.com", b"mail o'brien@example.com"));
    assert!(is_named("o'brien@example.com", b"mail 'o'brien@example.com'"));
    assert!(is_named("brien@example.com", b"mail 'brien@example.com'"));
    assert!(!is_named("brien@example.com", b"mail o'brien@example.com"));
    assert!(!is_named("jobs@example.com", b"mail ada+jobs@example.com"));
}

#[test]
fn a_short_id_is_found_only_where_an_id_is_named() {
    let is_in = |text| is_named("5", text);

    assert!(is_in(br#"{"candidate_id": "5"}"#));
    assert!(is_in(br#"{"candidate": {"id" : 5}}"#));
    assert!(is_in(b"candidateId=5&score=7"));
    assert!(!is_in(br#"{"score": 5, "paid": 5, "id": 15}"#));
    assert!(!is_named("1764012345", br#"{"created_at": 1764012345}"#));
}

#[test]
fn nothing_is_found_nowhere() {
    assert!(!Words::new(&[String::new(), " ".to_owned()]).are_in(b"anything = id: \"\""));
    let none = Digests::new(1, vec![Key::new(b"salt")], Vec::new());
    assert!(!none.of(&WorkspaceId::new("w").unwrap()).are_named_in(b"int_ada"));
}

#[test]
fn a_word_in_a_large_text_is_found_wherever_it_stands() {
    for before in [(1 << 20) - 10, (1 << 20) - (4 << 10) - 10, 3 << 20] {
        let text = [&vec![b' '; before], &b"ada.of.the.border@example.com "[..]].concat();
        assert!(is_named("ada.of.the.border@example.com", &text), "{before}");
    }
}

/// Hashing and decoding may process this many times the bytes of the text.
const MAX_PASSES: usize = 24;

#[test]
fn what_is_looked_at_grows_with_the_length_of_the_text_only() {
    let patterns = [
        "%2525+",
        "%252525",
        "@",
        "a@",
        "a@a+",
        "+",
        "a+@",
        "'a@",
        "a.'@",
        ".",
        "\\",
        "\\\\u0040",
        "\\u005c",
        "\\\"",
        "{\"id\":",
        "id=\"\"\"",
        "id = ",
        "5 ",
        "\"",
        "\u{c9}",
        "%C3%89",
        "abcdef ",
        "abcdefg@abcdefg,",
        "a+a+a+a+a+a+a+a@a+a.a+",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "a-",
        "abcdef_abcdef-",
        "a%2d",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301-",
    ];
    for pattern in patterns {
        let text = pattern.repeat((1 << 17) / pattern.len());
        let mut looked_at = 0;

        spellings::any(text.as_bytes(), |spelling, is_form| {
            looked_at += spelling.len();
            words::each(spelling, is_form, &mut |word| {
                looked_at += word.len();
                false
            })
        });

        assert!(looked_at <= MAX_PASSES * text.len(), "{pattern}: {looked_at} of {}", text.len());
    }
}
