//! The settings with which a simulated HeyMilo is copied.

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
/// What operators show, where others than this machine may ask.
const OPERATIONS_TOKEN: &str = "demo-operations-token";
/// Simulated seconds per second: a day passes in 24 minutes.
pub const SPEED: u32 = 60;
/// Where time is sped up it begins so long ago, because it never passes the real time.
pub const BEGINS_BEFORE: TimeDelta = TimeDelta::days(7);
/// How long somebody who is there may take to be found.
const PATIENCE: Duration = Duration::from_secs(2);

/// Has the simulated HeyMilo at `api` copied, which reaches the daemon at `public_url`. The copy has
/// the name that the settings give it, so that every command finds it.
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

/// Has the simulated HeyMilo at `api` copied if there is one, and no key for the real one.
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

/// Lets operators in from outside the container, with a password that the README can tell. All there is to see is
/// made up.
fn open_to_operators(config: &mut Config) {
    config.operations.listen.set_ip(Ipv4Addr::UNSPECIFIED.into());
    config.operations.token = Some(SecretString::from(OPERATIONS_TOKEN));
    info!(
        port = config.operations.listen.port(),
        "the operators' page takes any name and the password {OPERATIONS_TOKEN}"
    );
}

/// The address by which somebody knows us, if somebody is there.
async fn seen_from(url: &Url) -> Option<IpAddr> {
    let there = (url.host_str()?, url.port_or_known_default()?);
    let stream = timeout(PATIENCE, TcpStream::connect(there)).await.ok()?.ok()?;
    Some(stream.local_addr().ok()?.ip())
}
