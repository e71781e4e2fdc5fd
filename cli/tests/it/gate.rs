//! A way to the server on which nothing comes back until it is let through.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    open: watch::Sender<bool>,
    /// How many bytes have come from the client.
    sent: Arc<AtomicUsize>,
}

impl Gate {
    pub(crate) fn before(server: SocketAddr, runtime: &Runtime) -> Self {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (open, opened) = watch::channel(false);
        let sent = Arc::new(AtomicUsize::new(0));
        let (address, counted) = (listener.local_addr().unwrap(), Arc::clone(&sent));
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server, opened.clone(), Arc::clone(&counted)));
            }
        });
        Self { address, open, sent }
    }

    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    pub(crate) fn wait_for_bytes(&self) {
        let start = Instant::now();
        while self.sent.load(Ordering::SeqCst) == 0 {
            assert!(start.elapsed() < Duration::from_secs(60), "nothing was sent");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

async fn pass(client: TcpStream, server: SocketAddr, mut opened: watch::Receiver<bool>, sent: Arc<AtomicUsize>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = TcpStream::connect(server).await.unwrap().into_split();
    tokio::spawn(async move {
        let mut bytes = vec![0; 65536];
        while let Ok(number @ 1..) = from_client.read(&mut bytes).await {
            sent.fetch_add(number, Ordering::SeqCst);
            if to_server.write_all(&bytes[..number]).await.is_err() {
                return;
            }
        }
    });
    if opened.wait_for(|open| *open).await.is_ok() {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
    }
}
