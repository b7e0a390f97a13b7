//! Recordings and resumes according to the settings.

use std::collections::HashSet;

use anyhow::Context as _;

use crate::{
    config,
    files::Files,
    heymilo::Downloads,
    records::FileKind,
    sync::{Downloader, Wanted, Workspace},
};

/// Which files are kept. `None` when none are.
pub fn wanted(settings: &config::Files) -> Option<Wanted> {
    settings.url.as_ref()?;
    Some(Wanted {
        kinds: settings.kinds.iter().filter_map(|kind| FileKind::named(kind)).collect(),
        postings: HashSet::from_iter(settings.postings.clone()),
        max_bytes: settings.max_bytes,
    })
}

/// Opens the file store. `None` when the settings name none.
pub fn open(settings: &config::Files) -> anyhow::Result<Option<Files>> {
    let Some(url) = &settings.url else { return Ok(None) };
    let opened = Files::open(url);
    opened.with_context(|| format!("opening files.url, {url}")).map(Some)
}

/// The downloader. `None` when no files are kept.
pub fn downloader(
    settings: &config::Files,
    files: Option<&Files>,
    workspace: Workspace,
) -> anyhow::Result<Option<Downloader>> {
    let (Some(files), Some(wanted)) = (files, wanted(settings)) else { return Ok(None) };
    let downloads = Downloads::new(settings.allow_private_addresses)
        .context("setting up downloads of recordings and resumes")?;
    Ok(Some(Downloader::new(workspace, files.clone(), downloads, wanted, settings.timeout)))
}
