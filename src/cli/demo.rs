//! stub
pub async fn run(_: crate::config::Config) -> anyhow::Result<()> {
    Ok(())
}
