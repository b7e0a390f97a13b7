use std::{
    convert::Infallible,
    fs, io,
    time::{Duration, SystemTime},
};

use futures_util::stream;
use object_store::memory::InMemory;
use tempfile::TempDir;

use super::*;

fn opened() -> (TempDir, Files) {
    let directory = TempDir::new().unwrap();
    let url = Url::from_file_path(directory.path().join("files")).unwrap();
    let files = Files::open(&url).unwrap();
    (directory, files)
}

async fn keep(files: &Files, content: &'static [u8]) -> Content {
    let chunks = content.chunks(3).map(|chunk| Ok::<_, Infallible>(Bytes::from_static(chunk)));
    let received = files.receive(stream::iter(chunks), 1000).await.unwrap();
    let content = received.content.clone();
    files.place(received).await.unwrap();
    content
}

fn objects(directory: &TempDir) -> usize {
    let mut directories = vec![directory.path().to_owned()];
    let mut files = 0;
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { directories.push(path) } else { files += 1 }
        }
    }
    files
}

#[tokio::test]
async fn same_content_is_kept_once_under_its_hash() {
    let (directory, files) = opened();

    let first = keep(&files, b"What was said.").await;
    let second = keep(&files, b"What was said.").await;

    assert_eq!(first, second);
    assert_eq!(first.bytes, 14);
    assert_eq!(objects(&directory), 1);
    assert_eq!(files.names().await.unwrap(), std::slice::from_ref(&first.sha256));
    let read = files.read(&first.sha256, Some(5..8)).await.unwrap();
    assert_eq!(read.bytes().await.unwrap(), "was");
}

#[tokio::test]
async fn content_that_breaks_off_or_is_too_large_leaves_nothing() {
    let (directory, files) = opened();
    let broken = [Ok(Bytes::from_static(b"What")), Err(io::Error::other("reset"))];

    let kept = files.receive(stream::iter(broken), 1000).await;
    assert!(matches!(kept, Err(Error::Source(_))));
    let long = [Ok::<_, Infallible>(Bytes::from_static(b"What was said."))];
    assert!(matches!(files.receive(stream::iter(long), 13).await, Err(Error::TooLarge(13))));

    assert_eq!(objects(&directory), 0);
}

#[tokio::test]
async fn flipped_byte_is_found() {
    let (directory, files) = opened();
    let kept = keep(&files, b"What was said.").await;
    assert_eq!(files.is_intact(&kept.sha256).await.unwrap(), Some(true));

    let (first, second) = (&kept.sha256[..2], &kept.sha256[2..4]);
    let path = directory.path().join("files").join(first).join(second).join(&kept.sha256);
    fs::write(path, b"What was sAid.").unwrap();
    assert_eq!(files.is_intact(&kept.sha256).await.unwrap(), Some(false));

    files.remove(&kept.sha256).await.unwrap();
    files.remove(&kept.sha256).await.unwrap();
    assert_eq!(files.is_intact(&kept.sha256).await.unwrap(), None);
}

#[tokio::test]
async fn old_content_that_is_not_whole_is_removed() {
    let (directory, files) = opened();
    let kept = keep(&files, b"What was said.").await;
    let incoming = directory.path().join("files").join(INCOMING);
    // The store's name for an object that is being written.
    for (name, age) in [("old#1", 61 * 60), ("old", 61 * 60), ("new#1", 59 * 60)] {
        let half = fs::File::create(incoming.join(name)).unwrap();
        half.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    }

    assert_eq!(files.remove_unfinished().await.unwrap(), 2);

    assert_eq!(fs::read_dir(incoming).unwrap().count(), 1);
    assert_eq!(files.names().await.unwrap(), [kept.sha256]);
}

#[tokio::test]
async fn old_content_that_is_not_whole_is_removed_from_a_bucket() {
    let files = Files { store: Arc::new(InMemory::new()), directory: None };
    let kept = keep(&files, b"What was said.").await;
    let half = Path::from_iter([INCOMING, "half"]);
    files.store.put(&half, "What was".into()).await.unwrap();

    assert_eq!(files.remove_unfinished().await.unwrap(), 0);
    let later = SystemTime::now() + Duration::from_secs(1);
    assert_eq!(files.remove_last_written_before(later).await.unwrap(), 1);

    assert!(files.store.head(&half).await.is_err());
    assert_eq!(files.is_intact(&kept.sha256).await.unwrap(), Some(true));
}

#[test]
fn place_that_is_neither_a_directory_nor_a_bucket_is_refused() {
    for odd in ["memory:///", "https://files.example/a", "files:///var/lib"] {
        let opened = Files::open(&Url::parse(odd).unwrap());
        assert!(matches!(opened, Err(Error::Address(_))), "{odd}");
    }
}

#[cfg(feature = "cloud")]
#[test]
fn bucket_without_its_account_says_where_to_look() {
    let opened = Files::open(&Url::parse("az://container/folder").unwrap());

    let error = opened.unwrap_err();
    assert!(matches!(error, Error::Bucket { .. }), "{error}");
    assert!(error.to_string().contains("docs/operations.md"), "{error}");
}
