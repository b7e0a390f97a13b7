//! Checks for each page that is kept as a file.

use std::{env, fs};

use serde_json::json;

use super::browser::Browser;

const RULES: [(&str, &str); 9] = [
    ("a language and a title", "document.documentElement.lang === 'en' && document.title !== ''"),
    ("one first heading", "document.querySelectorAll('h1').length === 1"),
    (
        "tables with captions",
        "[...document.querySelectorAll('table')].every(t => t.caption?.innerText)",
    ),
    ("headed columns", "[...document.querySelectorAll('th')].every(th => th.scope === 'col')"),
    (
        "no missing heading levels",
        "[...document.querySelectorAll('h1,h2,h3')].every((h, n, all) =>
        n === 0 || h.tagName[1] - all[n - 1].tagName[1] <= 1)",
    ),
    (
        "lists of pairs alone",
        "[...document.querySelectorAll('dl')].every(dl =>
        [...dl.children].every(child => ['DT', 'DD'].includes(child.tagName)))",
    ),
    ("nothing to load", "document.querySelectorAll('link,script,img,iframe,[src]').length === 0"),
    ("its style", "getComputedStyle(document.querySelector('dt')).fontWeight === '600'"),
    ("no wider than the page", "document.documentElement.scrollWidth <= innerWidth"),
];

/// The violations that axe finds, one line for each place.
const VIOLATIONS: &str = "axe.run().then(found => found.violations.flatMap(violation =>
    violation.nodes.map(node => violation.id + ': ' + node.html)))";

/// Opens a page from the disk with the width of a phone, and checks that it is readable. When AXE
/// names the file of axe (tests/accessibility/run), axe must find no violation.
pub async fn is_readable_alone(page: &str, name: &str) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(format!("{name}.html"));
    fs::write(&file, page).unwrap();
    let mut browser = Browser::start().await;
    browser.is_wide(400).await;
    browser.open(&format!("file://{}", file.display())).await;

    assert_eq!(browser.complaints, Vec::<String>::new());
    for (what, expression) in RULES {
        assert_eq!(browser.value(expression).await, json!(true), "{name}: {what}");
    }
    if let Some(axe) = env::var_os("AXE") {
        browser.value(&(fs::read_to_string(axe).unwrap() + "; true")).await;
        assert_eq!(browser.value(VIOLATIONS).await, json!([]), "{name}");
    }
}
