//! A server that speaks the protocol of S3 and keeps its objects in a directory.

use std::{fs, path::PathBuf};

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::directory::files_below;

const NAME: &str = "recordings";
const KEY: &str = "key-of-the-tests";
const SECRET: &str = "secret-of-the-tests";

/// A bucket.
pub struct Bucket {
    directory: TempDir,
    address: String,
}

impl Bucket {
    /// Starts it.
    pub async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        fs::create_dir(directory.path().join(NAME)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(directory.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = service.build();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = service.clone();
                tokio::spawn(async move {
                    // A client may close its connection.
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok()
                });
            }
        });
        Self { directory, address }
    }

    /// The settings with which a program keeps files in it.
    pub fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("HEYMILO_SYNC__FILES__URL", "s3://recordings/of/heymilo"),
            ("AWS_ENDPOINT_URL", self.address.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
        ]
    }

    /// The objects in it.
    pub fn objects(&self) -> Vec<PathBuf> {
        files_below(&self.directory.path().join(NAME))
    }
}
