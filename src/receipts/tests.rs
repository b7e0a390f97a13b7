use tempfile::TempDir;

use super::*;

fn record(receipt: i64) -> Record {
    Record {
        receipt,
        hash: format!("{receipt:064x}"),
        workspace: "default".to_owned(),
        removed_at: DateTime::UNIX_EPOCH,
        reason: "asked".to_owned(),
        key: Some("0011223344556677".to_owned()),
        digests: vec!["ab".repeat(32)],
    }
}

#[test]
fn receipts_are_added_once_in_their_order() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("of/its/own/erasures");

    assert_eq!(read(&path).unwrap(), []);
    assert_eq!(add(&path, &[record(1)]).unwrap(), 1);
    assert_eq!(add(&path, &[record(1), record(2)]).unwrap(), 1);

    assert_eq!(read(&path).unwrap(), [record(1), record(2)]);
    assert!(create(&path, &[record(3)]).is_err());
}

#[test]
fn a_line_that_was_not_finished_is_written_over() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("erasures");
    add(&path, &[record(1)]).unwrap();
    let whole = fs::read(&path).unwrap();

    for cut in [1, 40, 100] {
        fs::write(&path, [&whole[..], &whole[..cut]].concat()).unwrap();
        assert_eq!(read(&path).unwrap(), [record(1)]);
        add(&path, &[record(2)]).unwrap();
        assert_eq!(read(&path).unwrap(), [record(1), record(2)]);
    }
}

#[test]
fn a_changed_byte_and_a_missing_line_show() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("erasures");
    add(&path, &[record(1), record(2), record(3)]).unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    let damaged = |text: String| {
        fs::write(&path, text).unwrap();
        match read(&path) {
            Err(Error::Damaged { line, .. }) => line,
            other => panic!("{other:?}"),
        }
    };

    for line in 1..=3 {
        let mut lines: Vec<String> = whole.lines().map(str::to_owned).collect();
        lines[line - 1] = lines[line - 1].replace("\"asked\"", "\"askee\"");
        assert_eq!(damaged(lines.join("\n") + "\n"), line);
    }
    let lines: Vec<&str> = whole.lines().collect();
    assert_eq!(damaged([lines[0], lines[2], ""].join("\n")), 2);
}
