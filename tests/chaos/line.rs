//! The line to the database, which can be cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};

/// A loopback port that leads to a server's socket. After so many bytes, drawn anew for each connection, it hangs up.
#[derive(Clone)]
pub(crate) struct Line {
    port: u16,
    cuts: Arc<AtomicU64>,
}

impl Line {
    pub(crate) async fn to(socket: String, seed: u64, most_bytes: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Self { port: listener.local_addr().unwrap().port(), cuts: Arc::default() };
        let cuts = Arc::clone(&line.cuts);
        tokio::spawn(async move {
            let mut dice = fastrand::Rng::with_seed(seed);
            while let Ok((mut client, _)) = listener.accept().await {
                let (socket, cuts) = (socket.clone(), Arc::clone(&cuts));
                let mut left = dice.usize(most_bytes / 10..most_bytes);
                tokio::spawn(async move {
                    let Ok(mut server) = UnixStream::connect(&socket).await else { return };
                    let (mut up, mut down) = ([0; 1024], [0; 1024]);
                    loop {
                        let (data, to_server) = tokio::select! {
                            read = client.read(&mut up) => (read.map(|many| &up[..many]), true),
                            read = server.read(&mut down) => (read.map(|many| &down[..many]), false),
                        };
                        let Ok(data) = data else { return };
                        if data.is_empty() {
                            return;
                        }
                        if data.len() > left {
                            // What the server was told last may have been `commit`; nobody hears of it.
                            cuts.fetch_add(1, Ordering::Relaxed);
                            client.set_zero_linger().ok();
                            return;
                        }
                        left -= data.len();
                        let sent = if to_server { server.write_all(data).await } else { client.write_all(data).await };
                        if sent.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        line
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Connections that were cut.
    pub(crate) fn cuts(&self) -> u64 {
        self.cuts.load(Ordering::Relaxed)
    }
}
