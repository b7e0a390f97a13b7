//! Kept deliveries come back after any damage to the files.

use std::{
    fs::{self, File as Disk},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use chrono::DateTime;
use proptest::prelude::*;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
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
        content_encoding: None,
        body: body.into(),
        interview_ids: vec![InterviewId::new("int_\"1\"").unwrap()],
        posting_id: None,
        is_vague: false,
        undecoded: None,
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

/// Reads and puts away all that waits.
fn replay(spool: &Spool) -> Vec<Delivery> {
    replay_but(spool, &[])
}

/// The same, with failures in each batch. Returns the deliveries that were read.
fn replay_but(spool: &Spool, failed: &[(usize, Fate)]) -> Vec<Delivery> {
    spool.probe().unwrap();
    let (mut waiting, mut read) = (spool.waiting().unwrap(), Vec::new());
    while let Some(batch) = spool.read(&mut waiting) {
        spool.put_away(&batch, failed).unwrap();
        read.extend(batch.deliveries);
    }
    read
}

/// The files of a spool with this extension.
fn files(directory: &TempDir, extension: &str) -> Vec<PathBuf> {
    directory::list(&directory.path().join("spool"), extension).unwrap()
}

/// Leaves a file with three deliveries in the directory.
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

    let status = spool.status();
    assert_eq!((status.waiting, status.aside_bytes), (4, 0));
    let age = chrono::Utc::now() - status.oldest.unwrap();
    assert!(age.num_seconds() < 60, "{age}");
    assert_eq!(look(&directory.path().join("spool"), 1 << 20).unwrap(), status);
    assert_eq!(replay(&spool), [&first[..], &last[..]].concat());
    assert_eq!(spool.status(), Status::default());
    assert_eq!(files(&directory, "spool"), [] as [PathBuf; 0]);
}

#[test]
fn any_process_replays_any_file_oldest_first() {
    let directory = TempDir::new().unwrap();
    let kept = deliveries(4);
    let spools: Vec<Spool> = kept.iter().map(|_| spool(&directory)).collect();
    for (spool, delivery) in spools.iter().zip(&kept).rev() {
        spool.append(std::slice::from_ref(delivery)).unwrap();
    }

    assert_eq!(replay(&spools[0]), kept);
    assert_eq!(replay(&spools[1]), []);
}

#[test]
fn a_file_that_another_process_replayed_meanwhile_does_no_harm() {
    let directory = TempDir::new().unwrap();
    let (one, other) = (spool(&directory), spool(&directory));
    one.append(&deliveries(1)).unwrap();
    one.append(&deliveries(2)).unwrap();
    let mut waiting = one.waiting().unwrap();
    let mut first = VecDeque::from_iter(waiting.pop_front());
    let batch = one.read(&mut first).unwrap();

    assert_eq!(replay(&other).len(), 3);

    assert!(one.read(&mut waiting).is_none());
    one.put_away(&batch, &[]).unwrap();
    assert_eq!(replay(&one), []);
}

#[test]
fn small_files_are_read_together() {
    let directory = TempDir::new().unwrap();
    let spool = spool(&directory);
    for delivery in deliveries(200) {
        spool.append(&[delivery]).unwrap();
    }

    let mut waiting = spool.waiting().unwrap();
    let batches = std::iter::from_fn(|| Some(spool.read(&mut waiting)?.deliveries.len()));

    assert_eq!(batches.collect::<Vec<_>>(), [128, 72]);
}

#[test]
fn a_file_that_was_not_finished_is_never_read_and_removed_later() {
    let directory = TempDir::new().unwrap();
    let spool = spool(&directory);
    spool.probe().unwrap();
    let [old, new] = ["old.tmp", "new.tmp"].map(|name| directory.path().join("spool").join(name));
    for path in [&old, &new] {
        fs::write(path, "half a del").unwrap();
    }
    let before = SystemTime::now() - Duration::from_secs(2 * 60 * 60);
    Disk::options().write(true).open(&old).unwrap().set_modified(before).unwrap();

    assert_eq!(replay(&spool), []);

    assert!(!old.exists() && new.exists());
    assert_eq!(spool.status().bytes, 0);
}

#[test]
fn a_file_that_cannot_be_read_keeps_none_after_it() {
    let directory = TempDir::new().unwrap();
    let spool = spool(&directory);
    let (unreadable, sound) = (deliveries(1), deliveries(2));
    // Not even root can read a directory as a file.
    let path = file::path(&directory.path().join("spool"), &unreadable, "spool");
    fs::create_dir_all(path).unwrap();
    spool.append(&sound).unwrap();

    assert_eq!(replay(&spool), sound);

    assert_eq!(spool.status().waiting, 1, "it is still said to wait");
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
fn a_delivery_that_fails_alone_is_set_aside_alone_and_can_be_tried_again() {
    let directory = TempDir::new().unwrap();
    let (left, _) = left_behind(&directory);
    let spool = spool(&directory);

    assert_eq!(replay_but(&spool, &[(1, Fate::Aside)]), left);

    assert_eq!(replay(&spool), []);
    let aside = files(&directory, "aside").remove(0);
    assert_eq!(spool.status().aside_bytes, aside.metadata().unwrap().len());
    fs::rename(&aside, aside.with_extension("spool")).unwrap();
    assert_eq!(replay(&spool), left[1..2]);
    assert_eq!(files(&directory, "spool"), [] as [PathBuf; 0]);
}

#[test]
fn a_delivery_that_is_tried_again_waits_alone_until_it_is_set_aside() {
    let directory = TempDir::new().unwrap();
    let (left, _) = left_behind(&directory);
    let spool = spool(&directory);

    assert_eq!(replay_but(&spool, &[(2, Fate::Again)]), left);
    assert_eq!(spool.status().waiting, 1);
    assert_eq!(replay_but(&spool, &[(0, Fate::Again)]), left[2..]);
    assert_eq!(replay_but(&spool, &[(0, Fate::Aside)]), left[2..]);

    assert_eq!(replay(&spool), []);
    assert_eq!(files(&directory, "aside").len(), 1);
}

#[test]
fn a_full_spool_refuses_and_takes_again_once_it_was_replayed() {
    let directory = TempDir::new().unwrap();
    let spool = spool(&directory);
    spool.append(&[delivery(vec![0; 1 << 19])]).unwrap();

    let refusal = spool.append(&[delivery(vec![0; 1 << 19])]).unwrap_err();

    assert!(matches!(refusal, Error::Full), "{refusal}");
    spool.probe().unwrap();
    assert_eq!(spool.status().state, State::Full);
    assert_eq!(replay(&spool).len(), 1);
    assert_eq!(spool.status().state, State::Writable);
    spool.append(&[delivery(vec![0; 1 << 19])]).unwrap();
}

#[tokio::test(start_paused = true)]
async fn unwritable_lasts_until_writes_have_succeeded_for_a_while() {
    let directory = TempDir::new().unwrap();
    let spool = spool(&directory);
    let place = directory.path().join("spool");
    spool.append(&deliveries(1)).unwrap();
    let moved = directory.path().join("moved");
    fs::rename(&place, &moved).unwrap();
    fs::write(&place, "this is a file").unwrap();

    assert!(spool.append(&deliveries(1)).is_err());
    assert_eq!(spool.status().state, State::Unwritable);
    assert!(spool.probe().is_err());
    assert_eq!(look(&moved, 1 << 20).unwrap().state, State::Writable);
    assert!(probe(&place).is_err());
    fs::remove_file(&place).unwrap();
    fs::rename(&moved, &place).unwrap();

    // Reading and removing does not count as writing.
    let batch = spool.read(&mut spool.waiting().unwrap()).unwrap();
    spool.put_away(&batch, &[]).unwrap();
    assert_eq!(spool.status().state, State::Unwritable);
    spool.append(&deliveries(1)).unwrap();
    assert_eq!(spool.status().state, State::Unwritable, "the next one may not fit");
    tokio::time::advance(FAILURE_MEMORY).await;
    assert_eq!(spool.status().state, State::Writable);
}

#[test]
fn a_place_in_which_no_directory_can_be_made_is_unwritable() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("file"), "").unwrap();

    let [under_a_file, missing] =
        ["file/spool", "missing/spool"].map(|place| look(&directory.path().join(place), 1));

    assert!(matches!(under_a_file, Err(_) | Ok(Status { state: State::Unwritable, .. })));
    assert_eq!(missing.unwrap(), Status::default());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is made");
}

#[test]
fn other_users_may_not_read_it() {
    let directory = TempDir::new().unwrap();
    let (_, file) = left_behind(&directory);

    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_record_inside_a_body_is_not_taken_for_one() {
    let forged = record::encode(b"another marker..", &[delivery(&b"forged"[..])]);
    let mut bytes = record::encode(&MARKER, &[delivery(forged)]);
    bytes[30] ^= 1;

    assert_eq!(record::decode(&MARKER, bytes.clone().into()), (Vec::new(), bytes.len()));
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
        let bytes = Bytes::from(parts.concat());
        prop_assert_eq!(record::decode(&MARKER, bytes.clone()), (Vec::new(), bytes.len()));
    }

    #[test]
    fn what_was_not_damaged_is_read(
        bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..8),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 1..=255u8), 0..3),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let written: Vec<Delivery> = bodies.into_iter().map(delivery).collect();
        let mut bytes = record::encode(&MARKER, &written);
        let lengths = written.iter().scan(0, |end, delivery| {
            *end += record::encode(&MARKER, std::slice::from_ref(delivery)).len();
            Some(*end)
        });
        let ends: Vec<usize> = std::iter::once(0).chain(lengths).collect();
        let mut touched: Vec<usize> = Vec::new();
        for (index, flips) in damage {
            let at = index.index(bytes.len());
            bytes[at] ^= flips;
            touched.push(at);
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));

        let (found, damaged) = record::decode(&MARKER, bytes.clone().into());

        let is_untouched = |number: &usize| {
            let (begin, end) = (ends[*number], ends[*number + 1]);
            end <= bytes.len() && !touched.iter().any(|at| (begin..end).contains(at))
        };
        for number in (0..written.len()).filter(is_untouched) {
            prop_assert!(found.contains(&written[number]), "record {} is lost", number);
        }
        let length = |delivery: &Delivery| record::encode(&MARKER, std::slice::from_ref(delivery)).len();
        prop_assert_eq!(found.iter().map(length).sum::<usize>() + damaged, bytes.len());
        for delivery in found {
            prop_assert!(written.contains(&delivery));
        }
    }
}

#[test]
fn what_is_set_aside_lacks_what_was_taken_out_of_the_batch() {
    for is_damaged in [false, true] {
        let directory = TempDir::new().unwrap();
        let spool = spool(&directory);
        let kept = [delivery("about ada@example.com"), delivery("about others")];
        let number = if is_damaged { 2 } else { 1 };
        spool.append(&kept[..number]).unwrap();
        if is_damaged {
            let file = files(&directory, "spool").remove(0);
            let mut content = fs::read(&file).unwrap();
            let last = content.len() - 10;
            content[last] ^= 1;
            fs::write(&file, content).unwrap();
        }

        let mut batch = spool.read(&mut spool.waiting().unwrap()).unwrap();
        assert_eq!(batch.is_damaged(), is_damaged);
        batch.replace(vec![Delivery { body: Bytes::new(), ..kept[0].clone() }]);
        let failed: &[_] = if is_damaged { &[] } else { &[(0, Fate::Aside)] };
        spool.put_away(&batch, failed).unwrap();

        assert_eq!(files(&directory, "spool"), [] as [PathBuf; 0]);
        let aside = files(&directory, "aside");
        assert_eq!(aside.len(), 1);
        let content = String::from_utf8_lossy(&fs::read(&aside[0]).unwrap()).into_owned();
        assert!(!content.contains("ada@example.com"), "{is_damaged}");
    }
}
