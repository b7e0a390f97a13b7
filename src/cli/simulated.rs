//! The settings with which a simulated HeyMilo is copied.

use std::{net::IpAddr, time::Duration};

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
/// Simulated seconds per second: a day passes in 24 minutes.
pub const SPEED: u32 = 60;
/// How long somebody who is there may take to be found.
const PATIENCE: Duration = Duration::from_secs(2);

/// Has the simulated HeyMilo at `api` copied, which reaches the daemon at `public_url`.
pub fn copy(config: &mut Config, api: Url, public_url: Url) {
    config.workspaces = vec![Workspace {
        name: "demo".to_owned(),
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
        info!("no API key is set: copying the simulated HeyMilo at {api} as workspace demo");
        let mut public = config.http.listen;
        public.set_ip(ip);
        copy(config, api, Url::parse(&format!("http://{public}"))?);
    }
    Ok(())
}

/// The address by which somebody knows us, if somebody is there.
async fn seen_from(url: &Url) -> Option<IpAddr> {
    let there = (url.host_str()?, url.port_or_known_default()?);
    let stream = timeout(PATIENCE, TcpStream::connect(there)).await.ok()?.ok()?;
    Some(stream.local_addr().ok()?.ip())
}
