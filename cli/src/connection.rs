//! Which server, and with which key.

use clap::Args;
use lumetra_engram::EngramClient;

use crate::failure::Failure;

#[derive(Debug, Args)]
pub(crate) struct Connection {
    /// The server [default: the one of `login`, else https://api.lumetra.io]
    #[arg(long, global = true, env = "ENGRAM_BASE_URL", value_name = "URL")]
    pub(crate) base_url: Option<String>,
}

impl Connection {
    /// A client with the key of the environment.
    pub(crate) fn client(&self) -> Result<EngramClient, Failure> {
        let builder = EngramClient::builder();
        Ok(self.base_url.iter().fold(builder, |builder, url| builder.base_url(url)).build()?)
    }
}
