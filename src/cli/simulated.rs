//! The settings for copying a simulated HeyMilo.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use chrono::TimeDelta;
use secrecy::SecretString;
use tokio::{net::TcpStream, time::timeout};
use tracing::info;
use url::Url;

use crate::{
    config::{Config, Workspace},
    simulator::Options,
};

/// The last part of the webhook's address.
pub const TOKEN: &str = "demo-webhook-token";
/// The token that operators send, when other machines may reach the page.
const OPERATIONS_TOKEN: &str = "demo-operations-token";
/// Simulated seconds per second: a day passes in 24 minutes.
pub const SPEED: u32 = 60;
/// A simulation with faster time begins this long before the real time, because it never passes it.
pub const BEGINS_BEFORE: TimeDelta = TimeDelta::days(7);
/// How long a service that is there may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Sets up the copy of the simulated HeyMilo at `api`, which reaches the daemon at `public_url`.
/// The workspace keeps the name of the settings, so that every command finds it.
pub fn copy(config: &mut Config, api: Url, public_url: Url) {
    config.workspaces = vec![Workspace {
        name: config.workspaces[0].name.clone(),
        heymilo_id: None,
        api_key: Some(SecretString::from(Options::default().api_key)),
        webhook_token: Some(SecretString::from(TOKEN)),
    }];
    config.heymilo.base_url = api;
    config.heymilo.requests_per_minute *= SPEED;
    config.webhooks.public_url = Some(public_url);
    config.poll.interval = Duration::from_secs(30);
}

/// Sets up the copy of the simulated HeyMilo at `api`, if one answers and the settings have no key
/// for the real one.
pub async fn copy_instead(config: &mut Config, api: Url) -> anyhow::Result<()> {
    if config.workspaces.iter().any(|workspace| workspace.api_key.is_some()) {
        return Ok(());
    }
    if let Some(ip) = seen_from(&api).await {
        info!("no API key is set: copying the simulated HeyMilo at {api}");
        open_to_operators(config);
        let mut public = config.http.listen;
        public.set_ip(ip);
        copy(config, api, Url::parse(&format!("http://{public}"))?);
    }
    Ok(())
}

/// Admits operators from outside the container with a password that the README states. All data is
/// made up.
fn open_to_operators(config: &mut Config) {
    config.operations.listen.set_ip(Ipv4Addr::UNSPECIFIED.into());
    config.operations.token = Some(SecretString::from(OPERATIONS_TOKEN));
    info!(
        port = config.operations.listen.port(),
        "the operators' page takes any name and the password {OPERATIONS_TOKEN}"
    );
}

/// The address by which the service at `url` sees this machine, if the service answers.
async fn seen_from(url: &Url) -> Option<IpAddr> {
    let there = (url.host_str()?, url.port_or_known_default()?);
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(there)).await.ok()?.ok()?;
    Some(stream.local_addr().ok()?.ip())
}
