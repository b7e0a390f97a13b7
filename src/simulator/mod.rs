//! stub
#![allow(missing_docs)]
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub seed: u64,
    pub postings: usize,
    pub candidates: usize,
    pub arrivals_per_day: f64,
    pub speed: f64,
    pub start: Option<chrono::DateTime<chrono::Utc>>,
    pub requests_per_minute: Option<u32>,
    pub api_key: String,
}
#[derive(Clone)]
pub struct Simulator;
impl Simulator {
    pub fn new(_: Options) -> Self {
        Self
    }
    pub async fn serve(
        self,
        _: tokio::net::TcpListener,
        _: tokio_util::sync::CancellationToken,
    ) -> std::io::Result<()> {
        Ok(())
    }
}
