//! What was kept comes back, whatever happened to the files.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
};

use bytes::Bytes;
use chrono::DateTime;
use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    record::{self, Piece, Pieces},
    *,
};
use crate::records::{InterviewId, WorkspaceId};

const MARKER: record::Marker = *b"marks this file.";

fn delivery(body: impl Into<Bytes>) -> Delivery {
    Delivery {
        receipt_id: Uuid::now_v7(),
        workspace_id: WorkspaceId::new("default").unwrap(),
        received_at: DateTime::from_timestamp(1_790_000_000, 123_456_000).unwrap(),
        method: "POST".to_owned(),
        query: Some("a=%00".to_owned()),
        content_type: None,
        body: body.into(),
        interview_ids: vec![InterviewId::new("int_\"1\"").unwrap()],
        posting_id: None,
        is_vague: false,
        event_type: None,
        traceparent: None,
    }
}

fn deliveries(count: u8) -> Vec<Delivery> {
    (0..count).map(|number| delivery(vec![number; 100])).collect()
}

fn spool(directory: &TempDir) -> Spool {
    Spool::new(directory.path().join("spool"), 1 << 20)
}

/// Reads and marks all that waits.
fn replay(spool: &Spool) -> Vec<Delivery> {
    spool.adopt().unwrap();
    let mut replayed = Vec::new();
    while let Some(batch) = spool.read().unwrap() {
        spool.replayed(&batch, 0).unwrap();
        replayed.extend(batch.deliveries);
    }
    replayed
}

/// The files of a spool with this extension.
fn files(directory: &TempDir, extension: &str) -> Vec<PathBuf> {
    directory::list(&directory.path().join("spool"), extension).unwrap()
}

/// Leaves a file with three deliveries behind, as a process that was killed does.
fn left_behind(directory: &TempDir) -> (Vec<Delivery>, PathBuf) {
    let left = deliveries(3);
    spool(directory).append(&left).unwrap();
    (left, files(directory, "spool").remove(0))
}

#[test]
fn deliveries_come_back_in_order_and_byte_for_byte() {
    let directory = TempDir::new().unwrap();
    let spool = spool(&directory);
    let bodies = [&b""[..], b"\0\xff\n", b"{}"];
    let (first, last) = (bodies.map(delivery), [delivery(&b"later"[..])]);

    spool.append(&first).unwrap();
    spool.append(&last).unwrap();

    assert_eq!(spool.status().waiting, 4);
    assert_eq!(spool.status().oldest, Some(first[0].received_at));
    assert_eq!(replay(&spool), [&first[..], &last[..]].concat());
    assert_eq!(spool.status().waiting, 0);
}

#[test]
fn a_replayed_file_is_removed_and_one_that_grew_meanwhile_is_not() {
    let directory = TempDir::new().unwrap();
    let spool = spool(&directory);
    let (first, second) = (deliveries(2), deliveries(1));
    spool.append(&first).unwrap();
    let batch = spool.read().unwrap().unwrap();
    spool.append(&second).unwrap();

    spool.replayed(&batch, 0).unwrap();

    assert_eq!(replay(&spool), second);
    drop(spool);
    assert_eq!(files(&directory, "spool"), [] as [PathBuf; 0]);
}

#[test]
fn a_file_is_adopted_when_its_process_is_gone_and_not_before() {
    let directory = TempDir::new().unwrap();
    let (alive, other) = (spool(&directory), spool(&directory));
    let kept = deliveries(3);
    alive.append(&kept).unwrap();

    assert_eq!(replay(&other), []);
    drop(alive);
    assert_eq!(replay(&other), kept);
}

#[test]
fn the_files_of_several_processes_are_replayed_oldest_first() {
    let directory = TempDir::new().unwrap();
    let kept = deliveries(4);
    let spools: Vec<Spool> = kept.iter().map(|_| spool(&directory)).collect();
    for (spool, delivery) in spools.iter().zip(&kept) {
        spool.append(std::slice::from_ref(delivery)).unwrap();
    }
    drop(spools);

    assert_eq!(replay(&spool(&directory)), kept);
}

#[test]
fn a_torn_last_record_is_cut_off() {
    let directory = TempDir::new().unwrap();
    let (left, file) = left_behind(&directory);
    let length = file.metadata().unwrap().len();
    File::options().write(true).open(&file).unwrap().set_len(length - 7).unwrap();

    assert_eq!(replay(&spool(&directory)), left[..2]);
    assert_eq!(files(&directory, "aside"), [] as [PathBuf; 0]);
}

#[test]
fn a_damaged_record_hides_none_of_those_after_it_and_its_file_is_set_aside() {
    let directory = TempDir::new().unwrap();
    let (left, file) = left_behind(&directory);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();

    let spool = spool(&directory);

    assert_eq!(replay(&spool), [left[0].clone(), left[2].clone()]);
    assert_eq!(fs::read(&files(&directory, "aside")[0]).unwrap(), bytes);
    assert_eq!(spool.status().aside_bytes, bytes.len() as u64);
}

#[test]
fn a_file_of_which_something_was_refused_is_set_aside_and_can_be_tried_again() {
    let directory = TempDir::new().unwrap();
    let (left, file) = left_behind(&directory);
    let refusing = spool(&directory);
    refusing.adopt().unwrap();
    refusing.replayed(&refusing.read().unwrap().unwrap(), 1).unwrap();
    drop(refusing);

    assert_eq!(replay(&spool(&directory)), []);
    fs::rename(&files(&directory, "aside")[0], file).unwrap();
    assert_eq!(replay(&spool(&directory)), left);
}

#[test]
fn a_full_spool_refuses_and_takes_again_once_it_was_replayed() {
    let directory = TempDir::new().unwrap();
    let spool = spool(&directory);
    spool.append(&[delivery(vec![0; 1 << 19])]).unwrap();

    let refusal = spool.append(&[delivery(vec![0; 1 << 19])]).unwrap_err();

    assert!(matches!(refusal, Error::Full), "{refusal}");
    assert_eq!(spool.status().state, State::Full);
    assert_eq!(replay(&spool).len(), 1);
    spool.append(&[delivery(vec![0; 1 << 19])]).unwrap();
}

#[test]
fn a_directory_that_cannot_be_made_is_told_and_tried_again() {
    let directory = TempDir::new().unwrap();
    let spool = spool(&directory);
    fs::write(directory.path().join("spool"), "a file stands here").unwrap();

    assert!(spool.append(&deliveries(1)).is_err());
    assert_eq!(spool.status().state, State::Unwritable);

    fs::remove_file(directory.path().join("spool")).unwrap();
    spool.append(&deliveries(1)).unwrap();
    assert_eq!(spool.status().state, State::Writable);
}

#[test]
fn nobody_else_may_read_it() {
    let directory = TempDir::new().unwrap();
    let (_, file) = left_behind(&directory);

    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_record_inside_a_body_is_not_taken_for_one() {
    let mut forged = Vec::new();
    record::encode(b"another marker..", &delivery(&b"forged"[..]), &mut forged).unwrap();
    let mut bytes = Vec::new();
    record::encode(&MARKER, &delivery(forged), &mut bytes).unwrap();
    bytes[30] ^= 1;

    assert_eq!(pieces(&bytes), [Piece::Damaged(0, bytes.len() as u64)]);
}

fn pieces(bytes: &[u8]) -> Vec<Piece> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, bytes).unwrap();
    let file = file.as_file();
    Pieces::new(file, MARKER, 0, bytes.len() as u64).collect::<Result<_, _>>().unwrap()
}

/// The pieces must follow each other to the end of the file. Returns the deliveries.
fn whole(bytes: &[u8]) -> Vec<Delivery> {
    let (mut at, mut found) = (0, Vec::new());
    for piece in pieces(bytes) {
        at = match piece {
            Piece::Delivery(delivery, end) => {
                found.push(*delivery);
                end
            }
            Piece::Damaged(from, to) => {
                assert_eq!(from, at);
                to
            }
            Piece::Torn(from) => {
                assert_eq!(from, at);
                bytes.len() as u64
            }
        };
    }
    assert_eq!(at, bytes.len() as u64);
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_are_read_to_their_end(
        parts in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..200),
                Just(MARKER.to_vec()),
                Just([&MARKER[..], &[255; 8]].concat()),
                Just([&MARKER[..], &[3, 0, 0, 0, 0, 0, 0, 0]].concat()),
            ],
            0..20,
        )
    ) {
        whole(&parts.concat());
    }

    #[test]
    fn what_was_not_damaged_is_read(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..8),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 1..=255u8), 0..3),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let written: Vec<Delivery> = bodies.into_iter().map(delivery).collect();
        let (mut bytes, mut ends) = (Vec::new(), vec![0]);
        for delivery in &written {
            record::encode(&MARKER, delivery, &mut bytes).unwrap();
            ends.push(bytes.len());
        }
        let mut touched: Vec<usize> = Vec::new();
        for (index, flips) in damage {
            let at = index.index(bytes.len());
            bytes[at] ^= flips;
            touched.push(at);
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));

        let found = whole(&bytes);

        let is_untouched = |number: &usize| {
            let (begin, end) = (ends[*number], ends[*number + 1]);
            end <= bytes.len() && !touched.iter().any(|at| (begin..end).contains(at))
        };
        for number in (0..written.len()).filter(is_untouched) {
            prop_assert!(found.contains(&written[number]), "record {} is lost", number);
        }
        for delivery in found {
            prop_assert!(written.contains(&delivery));
        }
    }
}
