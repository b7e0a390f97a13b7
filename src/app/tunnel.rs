//! An encrypted connection to a server whose certificate has version 1 of X.509, which the driver
//! cannot read. Nothing in it is verified, as with `sslmode=require` and libpq.

use std::{io, net::Ipv4Addr, sync::Arc};

use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

/// The message that asks a Postgres server for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// The tunnel, until it is dropped.
#[derive(Debug)]
pub(super) struct Tunnel {
    _accepting: AbortOnDropHandle<()>,
}

/// Whether an error says that the server's certificate has version 1, and the settings do not ask
/// for verification.
pub(super) fn is_needed(error: &sqlx::Error, options: &PgConnectOptions) -> bool {
    matches!(options.get_ssl_mode(), PgSslMode::Prefer | PgSslMode::Require)
        && matches!(error, sqlx::Error::Io(error) if error.to_string().contains("UnsupportedCertVersion"))
}

/// Opens the tunnel. Returns the options with which the driver uses it.
pub(super) async fn open(options: &PgConnectOptions) -> io::Result<(Tunnel, PgConnectOptions)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let server = (options.get_host().to_owned(), options.get_port());
    let connector = connector();
    let accepting = tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let (connector, server) = (connector.clone(), server.clone());
            tokio::spawn(async move {
                if let Err(error) = carry(near, &connector, &server).await {
                    debug!(%error, "a connection through the tunnel to the database ended");
                }
            });
        }
    });
    let through = options
        .clone()
        .host(&Ipv4Addr::LOCALHOST.to_string())
        .port(port)
        .ssl_mode(PgSslMode::Disable);

    Ok((Tunnel { _accepting: AbortOnDropHandle::new(accepting) }, through))
}

async fn carry(
    mut near: TcpStream,
    connector: &TlsConnector,
    (host, port): &(String, u16),
) -> io::Result<()> {
    let mut far = TcpStream::connect((host.as_str(), *port)).await?;
    far.set_nodelay(true)?;
    near.set_nodelay(true)?;
    far.write_all(&SSL_REQUEST).await?;
    if far.read_u8().await? != b'S' {
        return Err(io::Error::other("the server no longer offers TLS"));
    }

    let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
    let mut far = connector.connect(name, far).await?;
    copy_bidirectional(&mut near, &mut far).await.map(drop)
}

fn connector() -> TlsConnector {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anything(provider)))
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// Accepts any certificate. A signature by an unverified key would prove nothing.
#[derive(Debug)]
struct Anything(Arc<CryptoProvider>);

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
