//! A certificate authority of our own, which the clients of this process trust.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// The host in the gateways' certificate.
pub(crate) const HOST: &str = "localhost";
/// Names the file of certificates that rustls trusts in place of the system's.
const TRUSTED: &str = "SSL_CERT_FILE";

/// Writes the certificate of the authority to the file `trusted`, and those of a gateway, with its key, to a file in the directory.
pub(crate) fn certify(trusted: &Path, directory: &Path) -> Result<PathBuf> {
    // On many machines the variable names the system's own certificates, which nothing here may touch.
    let is_trusted = std::env::var_os(TRUSTED).is_some_and(|file| file == trusted);
    ensure!(is_trusted, "{TRUSTED} must name {}: use `cargo xtask gateways`", trusted.display());
    let mut authority = CertificateParams::new([])?;
    authority.distinguished_name.push(DnType::CommonName, "authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate()?;
    fs::write(trusted, authority.self_signed(&authority_key)?.pem())?;
    let key = KeyPair::generate()?;
    let issuer = Issuer::new(authority, authority_key);
    let certificate = CertificateParams::new([HOST.to_owned()])?.signed_by(&key, &issuer)?;
    let file = directory.join("gateway.pem");
    fs::write(&file, certificate.pem() + &key.serialize_pem())?;
    Ok(file)
}
