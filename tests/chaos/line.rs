//! The line to the database, which can be cut.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_util::sync::CancellationToken;

/// How a client of ours ends a transaction: a message of its own.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

/// What is said of an answer before that.
const ANSWER: &[u8] = b"insert into venue_sync.answers";

/// When a line is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    /// After so many bytes at most, drawn anew for each connection.
    Bytes(usize),
    /// At every so many commits, in turn: the server has heard of it and done it, and nobody hears of that; or it has not heard of it.
    Commits(u64),
    /// Where an answer is committed: the server has done it, nobody hears of that, and nothing comes through any more.
    Answer,
    /// Never.
    Never,
}

/// A loopback port that leads to a server's socket, and hangs up.
#[derive(Clone)]
pub(crate) struct Line {
    port: u16,
    cuts: Arc<AtomicU64>,
    commits: Arc<AtomicU64>,
    gone: Arc<AtomicBool>,
    mute: CancellationToken,
}

impl Line {
    pub(crate) async fn to(socket: String, seed: u64, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let line = Self {
            port,
            cuts: Arc::default(),
            commits: Arc::default(),
            gone: Arc::default(),
            mute: CancellationToken::new(),
        };
        let shared = line.clone();
        let dice = Mutex::new(fastrand::Rng::with_seed(seed));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.gone.load(Ordering::Relaxed) {
                    continue;
                }
                let left = match cut {
                    Cut::Bytes(most) => dice.lock().unwrap().usize(most / 10..most),
                    Cut::Commits(_) | Cut::Answer | Cut::Never => usize::MAX,
                };
                let (shared, socket) = (shared.clone(), socket.clone());
                tokio::spawn(async move {
                    if let Ok(server) = UnixStream::connect(&socket).await {
                        // A line that is cut has nobody to tell.
                        shared.pass(client, server, (left, cut)).await.ok();
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

    /// From now on nothing comes through, and nobody is told.
    pub(crate) fn falls_silent(&self) {
        self.mute.cancel();
    }

    async fn pass(
        &self,
        mut client: TcpStream,
        mut server: UnixStream,
        (mut left, cut): (usize, Cut),
    ) -> std::io::Result<()> {
        let (mut up, mut down) = ([0; 1024], [0; 1024]);
        let mut of_answer = false;
        loop {
            let (data, to_server) = tokio::select! {
                read = client.read(&mut up) => (&up[..read?], true),
                read = server.read(&mut down) => (&down[..read?], false),
                () = self.mute.cancelled() => std::future::pending().await,
            };
            if data.is_empty() {
                return Ok(());
            }
            let says = |words: &[u8]| to_server && data.windows(words.len()).any(|part| part == words);
            of_answer |= says(ANSWER);
            let cut = match cut {
                // What the server was told last may have been `commit`; nobody hears of it.
                Cut::Bytes(_) => data.len() > left,
                Cut::Answer if of_answer && says(COMMIT) => {
                    self.gone.store(true, Ordering::Relaxed);
                    server.write_all(data).await?;
                    server.readable().await?;
                    true
                }
                Cut::Commits(every) if says(COMMIT) => {
                    let commits = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
                    let cut = commits.is_multiple_of(every);
                    if cut && (commits / every).is_multiple_of(2) {
                        server.write_all(data).await?;
                        // It has answered: it is done.
                        server.readable().await?;
                    }
                    cut
                }
                Cut::Commits(_) | Cut::Answer | Cut::Never => false,
            };
            if cut {
                self.cuts.fetch_add(1, Ordering::Relaxed);
                return client.set_zero_linger();
            }
            left -= data.len();
            if to_server {
                server.write_all(data).await?;
            } else {
                client.write_all(data).await?;
            }
        }
    }
}
