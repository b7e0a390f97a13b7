//! Files in a bucket are kept, read, verified and removed like those in a directory.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::json;

use super::World;
use crate::support::{bucket::Bucket, daemon::Running, waiting::becomes_true};

const WAIT_LIMIT: Duration = Duration::from_secs(60);

/// Requests a part of a file. Returns the whole answer.
fn part(operations: &str, path: &str, range: &str) -> String {
    let mut stream = TcpStream::connect(operations).unwrap();
    let asked = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nRange: {range}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(asked.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_bucket_are_kept_read_verified_and_removed() {
    let bucket = Bucket::start().await;
    let world = World::with(&bucket.settings()).await;
    let large = world.link("large", "two");
    world.fetch("int_1", &world.link("file", "one"), &large).await;
    world.fetch("int_2", &world.link("file", "one"), &world.link("truncated", "three")).await;
    let mut daemon = world.daemon(&[]).await;
    let is_kept = async || world.app.count("heymilo.files where state = 'kept'").await == 3;
    assert!(becomes_true(WAIT_LIMIT, is_kept).await, "{} {}", world.files().await, daemon.said);

    // One of the two equal files, the large one, and nothing of the broken one.
    let broken = "heymilo_sync.downloads where attempt > 0";
    assert!(becomes_true(WAIT_LIMIT, async || world.app.count(broken).await == 1).await);
    assert_eq!(bucket.objects().len(), 2);
    let at = "/files/default/int_1/audio";
    assert!(Running::get(&daemon.operations, at).1.ends_with("What one said."));
    let answer = part(&daemon.operations, at, "bytes=5-7");
    assert!(answer.starts_with("HTTP/1.1 206") && answer.ends_with("one"), "{answer}");
    let answer = part(&daemon.operations, at, "bytes=14-");
    assert!(answer.starts_with("HTTP/1.1 416"), "{answer}");

    daemon.says("file kept");
    assert!(daemon.terminate());
    let (code, output) = world.run(&["files", "verify"]).await;
    assert!(code == Some(0) && output.contains("2 files compared, 0 differences"), "{output}");
    let (code, output) = world.run(&["files", "get", "int_2", "audio"]).await;
    assert_eq!((code, output.as_str()), (Some(0), "What one said."));

    // A flipped byte, and a missing object.
    for object in bucket.objects() {
        match fs::metadata(&object).unwrap().len() {
            14 => fs::write(object, "What one sAid.").unwrap(),
            _ => fs::remove_file(object).unwrap(),
        }
    }
    let (code, output) = world.run(&["files", "verify", "--repair"]).await;
    assert_eq!(code, Some(0), "{output}");
    for line in ["changed  int_1  audio", "changed  int_2  audio", "missing  int_1  resume"] {
        assert!(output.contains(line), "no {line}: {output}");
    }
    let daemon = world.daemon(&[]).await;
    assert!(becomes_true(WAIT_LIMIT, is_kept).await, "{} {}", world.files().await, daemon.said);
    assert_eq!(bucket.objects().len(), 2);

    let (code, output) = world.run(&["erase", "--interview", "int_1", "--yes"]).await;
    assert_eq!(code, Some(0), "{output}");
    let of_the_other = async || bucket.objects().len() == 1;
    assert!(becomes_true(WAIT_LIMIT, of_the_other).await, "{:?}", bucket.objects());
    assert_eq!(world.files().await, json!([["audio", "kept"], ["resume", "waiting"]]));
    assert!(daemon.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn bucket_that_refuses_costs_no_attempt() {
    let bucket = Bucket::start().await;
    let world = World::with(&bucket.settings()).await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    let daemon = world.daemon(&[("AWS_SECRET_ACCESS_KEY", "another")]).await;

    let is_reported = async || {
        let noted = "heymilo_sync.downloads where attempt = 0 and last_error is not null";
        world.app.count(noted).await == 1
    };
    assert!(becomes_true(WAIT_LIMIT, is_reported).await, "{}", world.files().await);

    assert_eq!(world.files().await, json!([["audio", "waiting"]]));
    let error: String = world.app.value("select last_error from heymilo_sync.downloads").await;
    assert!(error.contains("files.url") && !error.contains("another"), "{error}");
    assert!(daemon.terminate());
}
