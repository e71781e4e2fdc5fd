//! What somebody writes who chose the feature `rustls-no-provider`, and installs no provider.

use lumetra_engram::{EngramClient, EngramError};

fn main() {
    if let Err(EngramError::Config(problem)) = EngramClient::new("eng_live_key") {
        println!("{problem}");
    }
}
