//! How erased people are recognised: the key of the settings, and the file of receipts.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use secrecy::ExposeSecret as _;
use sqlx::PgPool;

use super::spool_directory;
use crate::{
    config::Config, mentions::Key, records::WorkspaceId, store::tombstones::Tombstones,
    sync::Remover,
};

/// The name of the file of receipts, beside the files of the spool.
const FILE: &str = "erasures";

/// The digests of erased people, with the key of the settings.
pub fn tombstones(config: &Config) -> Tombstones {
    let key = config.erasures.key.as_ref();
    Tombstones::new(key.map(|key| Key::new(key.expose_secret().as_bytes())))
}

/// The path of this machine's file of receipts.
pub fn receipts_file(config: &Config) -> PathBuf {
    config.erasures.file.clone().unwrap_or_else(|| spool_directory(config).join(FILE))
}

/// Removes people and interviews from one workspace.
pub fn remover(config: &Config, db: PgPool, workspace_id: WorkspaceId) -> Remover {
    let (spool, file) = (spool_directory(config), receipts_file(config));
    Remover::new(db, workspace_id, spool, file, tombstones(config))
}

/// Checks the key before anything is written, so that erased people are recognised.
pub async fn check_key(config: &Config, db: &PgPool) -> anyhow::Result<()> {
    let unknown = tombstones(config).unknown_key(&mut *db.acquire().await?).await;
    let unknown = unknown.context("looking with which key people were erased")?;
    if let Some(key_id) = unknown {
        bail!(
            "people were erased with another key (id {key_id}): set HEYMILO_ERASURE_KEY to it, or they would \
             come back. When it is lost, these digests are of no use: delete from heymilo_sync.tombstones \
             where key_id = '{key_id}', and erase these people again by name"
        );
    }
    Ok(())
}
