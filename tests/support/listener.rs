//! Listens in on a client of the test server: what a pooler between them would have to get right.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};

/// What clients said so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// Statements, one-off or prepared.
    pub(crate) statements: usize,
    /// Those that were prepared under a name.
    pub(crate) named: Vec<String>,
    /// Those that were sent outside a transaction.
    pub(crate) outside: Vec<String>,
}

/// Between clients and the server.
pub(crate) struct Listener {
    url: String,
    heard: Arc<Mutex<Heard>>,
}

impl Listener {
    /// Listens on loopback until the test's runtime ends.
    pub(crate) async fn start(server: &PgConnectOptions) -> Self {
        let folder = server.get_socket().expect("the test server has a socket");
        let socket = folder.join(format!(".s.PGSQL.{}", server.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let name = server.get_database().expect("the test database has a name");
        let url = format!("postgresql://{}@127.0.0.1:{port}/{name}?sslmode=disable", server.get_username());
        let heard = Arc::new(Mutex::new(Heard::default()));
        let notes = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = UnixStream::connect(&socket).await else { return };
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                // As the server's last word has it: `I`dle, in a `T`ransaction, or in one that has `E`rred.
                let status = Arc::new(AtomicU8::new(b'I'));
                let told = Arc::clone(&status);
                tokio::spawn(pass(from_server, to_client, true, move |kind, body| {
                    if kind == b'Z' {
                        told.store(body[0], Ordering::SeqCst);
                    }
                }));
                let notes = Arc::clone(&notes);
                tokio::spawn(pass(from_client, to_server, false, move |kind, body| {
                    note(
                        &mut notes.lock().expect("nobody panics with the notes"),
                        kind,
                        body,
                        status.load(Ordering::SeqCst),
                    );
                }));
            }
        });
        Self { url, heard }
    }

    /// How to connect through it.
    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// What was said so far.
    pub(crate) fn heard(&self) -> Heard {
        self.heard.lock().expect("nobody panics with the notes").clone()
    }
}

fn note(heard: &mut Heard, kind: u8, body: &[u8], status: u8) {
    let mut texts = body.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
    let (name, statement) = match kind {
        b'P' => (texts.next().unwrap_or_default(), texts.next().unwrap_or_default()),
        b'Q' => (String::new(), texts.next().unwrap_or_default()),
        _ => return,
    };
    heard.statements += 1;
    if !name.is_empty() {
        heard.named.push(statement.clone());
    }
    // The driver's way of asking whether a connection still lives is a comment.
    if status == b'I' && !statement.starts_with("BEGIN") && !statement.starts_with("/*") {
        heard.outside.push(statement);
    }
}

/// Passes messages on and shows them. The first one of a client has no kind.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut has_kind: bool,
    show: impl Fn(u8, &[u8]),
) -> std::io::Result<()> {
    loop {
        let kind = if has_kind { Some(from.read_u8().await?) } else { None };
        let length = from.read_u32().await?;
        let mut body = vec![0; usize::try_from(length).map_err(std::io::Error::other)?.saturating_sub(4)];
        from.read_exact(&mut body).await?;
        if let Some(kind) = kind {
            show(kind, &body);
            to.write_u8(kind).await?;
        }
        to.write_u32(length).await?;
        to.write_all(&body).await?;
        to.flush().await?;
        has_kind = true;
    }
}
