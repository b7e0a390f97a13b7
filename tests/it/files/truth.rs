//! The commands, the operators' address, the status and the metrics tell the truth about files.

use std::fs;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::World;
use crate::support::scrape::Scrape;

const ORPHAN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[tokio::test(flavor = "multi_thread")]
async fn verify_names_what_is_missing_changed_or_of_no_interview() {
    let world = World::start().await;
    for id in ["int_1", "int_2", "int_3"] {
        world.fetch(id, &world.link("file", id), "").await;
    }
    world.download().await;
    world.app.disown().await;
    let (code, output) = world.run(&["files", "verify"]).await;
    assert!(code == Some(0) && output.contains("3 files compared, 0 differences"), "{output}");

    fs::remove_file(world.path_of("int_1").await).unwrap();
    fs::write(world.path_of("int_2").await, "What int_2 sAid.").unwrap();
    let place = world.directory.path().join("files/aa/aa");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join(ORPHAN), "nobody said this").unwrap();

    for arguments in [&["files", "verify"][..], &["files", "verify", "--repair"]] {
        let (code, output) = world.run(arguments).await;
        assert_eq!(code, Some(i32::from(arguments.len() == 2)), "{output}");
        for line in ["missing  int_1  audio", "changed  int_2  audio", ORPHAN, "3 differences"] {
            assert!(output.contains(line), "no {line}: {output}");
        }
        assert!(!output.contains("int_3"), "{output}");
    }
    world.app.drain().await;
    world.download().await;

    assert_eq!(
        world.files().await,
        json!([["audio", "kept"], ["audio", "kept"], ["audio", "kept"]])
    );
    assert_eq!(world.objects().len(), 3);
    world.app.disown().await;
    let (code, output) = world.run(&["files", "verify"]).await;
    assert!(code == Some(0) && output.contains("3 files compared, 0 differences"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_leaves_a_content_alone_whose_row_is_about_to_come() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    world.download().await;
    let expected = "insert into heymilo_sync.unclaimed_contents (sha256, due_at)
                    select sha256, now() + interval '1 hour' from heymilo.files";
    world.app.execute(expected).await;
    world.app.execute("delete from heymilo.files").await;

    let (code, output) = world.run(&["files", "verify", "--repair"]).await;

    assert!(code == Some(0) && output.contains("0 differences"), "{output}");
    assert_eq!(world.objects().len(), 1);
}

#[tokio::test]
async fn lost_content_that_no_answer_brings_again_counts_as_expired() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    world.download().await;
    world.app.disown().await;
    fs::remove_file(world.path_of("int_1").await).unwrap();
    assert_eq!(world.run(&["files", "verify", "--repair"]).await.0, Some(0));

    world.app.execute("update heymilo_sync.downloads set due_at = now()").await;
    world.download().await;

    assert_eq!(world.files().await, json!([["audio", "expired"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_list_files_and_write_them() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), &world.link("nothing", "two")).await;
    world.download().await;
    world.fetch("int_1", &world.link("file", "one"), &world.link("nothing", "two")).await;
    world.download().await;
    let copy = world.directory.path().join("copy");

    let (code, output) = world.run(&["files", "list"]).await;
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("int_1  audio   kept                 14"), "{output}");
    assert!(output.contains("int_1  resume  expired"), "{output}");
    assert!(output.contains("the link does not work any more (404 Not Found)"), "{output}");
    assert_eq!(world.run(&["files", "list", "int_2"]).await, (Some(0), String::new()));

    let (code, output) = world.run(&["files", "get", "int_1", "audio"]).await;
    assert_eq!((code, output.as_str()), (Some(0), "What one said."));
    let output = ["files", "get", "int_1", "audio", "--output", copy.to_str().unwrap()];
    assert_eq!(world.run(&output).await.0, Some(0));
    assert_eq!(fs::read(&copy).unwrap(), b"What one said.");
    let (code, output) = world.run(&["files", "get", "int_1", "resume"]).await;
    assert_eq!(code, Some(1));
    assert!(output.contains("heymilo-sync files list int_1"), "{output}");
    assert_eq!(world.app.count("heymilo_sync.privacy_log where action = 'file'").await, 2);
}

#[tokio::test]
async fn operators_read_a_file_and_parts_of_it() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    world.download().await;
    let at = "/files/default/int_1/audio";

    assert_eq!(world.app.operate(at, None).await, (StatusCode::OK, "What one said.".to_owned()));
    let part = world.app.operate_as(Method::GET, at, &[("range", "bytes=5-7")]).await;
    assert_eq!(part, (StatusCode::PARTIAL_CONTENT, "one".to_owned()));
    for nothing in
        ["/files/default/int_1/video", "/files/default/int_2/audio", "/files/no/int_1/audio"]
    {
        assert_eq!(world.app.operate(nothing, None).await.0, StatusCode::NOT_FOUND, "{nothing}");
    }
    let read = "heymilo_sync.privacy_log where action = 'file' and done_by = 'operator'";
    assert_eq!(world.app.count(read).await, 2);
}

#[tokio::test]
async fn served_file_is_a_download_and_nothing_to_run() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    world.download().await;
    let at = "/files/default/int_1/audio";

    let headers = world.app.headers(at).await;

    for (name, value) in [
        ("content-type", "audio/mpeg"),
        ("content-length", "14"),
        ("accept-ranges", "bytes"),
        ("content-disposition", "attachment"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    let beyond = world.app.operate_as(Method::GET, at, &[("range", "bytes=99-")]).await;
    assert_eq!(beyond.0, StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test]
async fn status_page_and_metrics_tell_of_files() {
    let world = World::start().await;
    let silent = Scrape::of(&world.app).await;
    assert_eq!(silent.value("files{workspace=\"default\",state=\"kept\"}"), 0.0);

    world.fetch("int_1", &world.link("file", "one"), &world.link("elsewhere", "two")).await;
    world.fetch("int_2", &world.link("broken", "one"), "").await;
    world.download().await;
    let long_ago = "update heymilo_sync.downloads set waiting_since = now() - interval '7 hours'";
    world.app.execute(long_ago).await;
    let app = world.app.replica(&world.heymilo.address());

    let metrics = Scrape::of(&app).await;
    for (state, number) in [("kept", 1.0), ("waiting", 1.0), ("failed", 1.0), ("too_large", 0.0)] {
        let series = format!("files{{workspace=\"default\",state=\"{state}\"}}");
        assert_eq!(metrics.value(&series), number, "{state}");
    }
    assert_eq!(metrics.value("files_bytes{workspace=\"default\"}"), 14.0);
    assert!(metrics.value("files_oldest_waiting_age_seconds{workspace=\"default\"}") > 25_000.0);

    let (_, status) = app.operate("/api/v1/status", None).await;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["workspaces"][0]["files"]["kept"], 1);
    let kinds = status["findings"].as_array().unwrap();
    for kind in ["files_waiting", "files_not_kept"] {
        assert!(kinds.iter().any(|finding| finding["kind"] == kind), "{kind}: {status}");
    }
    let (_, page) = app.operate("/", None).await;
    assert!(page.contains("Recordings and resumes"), "{page}");
}
