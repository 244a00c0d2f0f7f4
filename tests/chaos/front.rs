//! What stands between the command and a double of the provider, and behaves as the network and the provider do on a bad day.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Longer than whatever else happens here, and shorter than a test's patience.
const STALLED_FOR: Duration = Duration::from_secs(2);

/// How many requests in a thousand meet what.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Weather {
    pub(crate) throttled: u32,
    pub(crate) unavailable: u32,
    pub(crate) reset: u32,
    pub(crate) truncated: u32,
    /// Nothing comes, and the line is cut when nobody believes in it any more.
    pub(crate) stalled: u32,
    pub(crate) html: u32,
    /// The answer comes and holds a row twice.
    pub(crate) repeated: u32,
    /// The answer comes, and its first two rows have changed places.
    pub(crate) reordered: u32,
    /// The answer comes, and holds a row that lies far away.
    pub(crate) elsewhere: u32,
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    pub(crate) body: Value,
    /// It was answered by the double, whole.
    pub(crate) answered: bool,
}

/// A front that runs until the test's runtime ends.
#[derive(Clone)]
pub(crate) struct Front {
    address: String,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    weather: Arc<Mutex<Weather>>,
}

impl Front {
    /// Before the server at `http://HOST:PORT`.
    pub(crate) async fn before(upstream: &str, weather: Weather, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            arrivals: Arc::default(),
            weather: Arc::new(Mutex::new(weather)),
        };
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let dice = Arc::new(Mutex::new(fastrand::Rng::with_seed(seed)));
        let shared = front.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, upstream, dice) = (shared.clone(), upstream.clone(), Arc::clone(&dice));
                tokio::spawn(async move {
                    // A worker that was killed has nobody to tell.
                    serve(stream, &shared, &upstream, &dice).await.ok();
                });
            }
        });
        front
    }

    pub(crate) fn url(&self) -> &str {
        &self.address
    }

    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap().clone()
    }

    /// The most requests that arrived within any second.
    pub(crate) fn most_in_a_second(&self) -> usize {
        let instants: Vec<Instant> = self.arrivals().iter().map(|arrival| arrival.at).collect();
        let second = Duration::from_secs(1);
        let within = |from: Instant| instants.iter().filter(|at| **at >= from && **at < from + second).count();
        instants.iter().map(|at| within(*at)).max().unwrap_or(0)
    }
}

async fn serve(
    mut client: TcpStream,
    front: &Front,
    upstream: &str,
    dice: &Mutex<fastrand::Rng>,
) -> std::io::Result<()> {
    let (head, body) = read_message(&mut client).await?;
    let index = {
        let mut arrivals = front.arrivals.lock().unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        arrivals.push(Arrival { at: Instant::now(), body, answered: false });
        arrivals.len() - 1
    };
    let weather = *front.weather.lock().unwrap();
    let mut luck = dice.lock().unwrap().u32(0..1000);
    let mut meets = |many: u32| {
        let met = luck < many;
        luck = luck.saturating_sub(many).max(if met { 1000 } else { 0 });
        met
    };
    for (many, refusal) in [
        (weather.throttled, "429 Too Many Requests\r\nretry-after: 0\r\ncontent-length: 2\r\n\r\n{}"),
        (weather.unavailable, "503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"),
        (weather.html, "200 OK\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\r\n<html>sign in</html>"),
    ] {
        if meets(many) {
            return client.write_all(format!("HTTP/1.1 {refusal}").as_bytes()).await;
        }
    }
    if meets(weather.reset) {
        client.set_zero_linger()?;
        return Ok(());
    }
    if meets(weather.stalled) {
        tokio::time::sleep(STALLED_FOR).await;
        return Ok(());
    }
    let mut server = TcpStream::connect(upstream).await?;
    let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    server.write_all(head.as_bytes()).await?;
    server.write_all(&body).await?;
    let (head, mut body) = read_message(&mut server).await?;
    if meets(weather.truncated) {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        client.write_all(head.as_bytes()).await?;
        return client.write_all(&body[..body.len() / 2]).await;
    }
    let status = head.lines().next().unwrap_or_default().to_owned();
    for (many, change) in [
        (weather.repeated, repeat as fn(&mut Vec<Value>)),
        (weather.reordered, reorder),
        (weather.elsewhere, move_away),
    ] {
        if meets(many) {
            body = changed(&body, change);
        }
    }
    front.arrivals.lock().unwrap()[index].answered = status.contains(" 200");
    let head = format!(
        "{status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await?;
    client.write_all(&body).await
}

/// A request or a response: its head, with the empty line, and its body.
async fn read_message(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let end = loop {
        if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.trim().parse().ok())
        .unwrap_or(0);
    while read.len() < end + length {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok((head, read.split_off(end)))
}

fn changed(body: &[u8], change: fn(&mut Vec<Value>)) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    if let Some(places) = answer["places"].as_array_mut() {
        change(places);
    }
    answer.to_string().into_bytes()
}

fn repeat(places: &mut Vec<Value>) {
    // Not beyond the cap: an answer with more rows than were asked for is another matter.
    if let (Some(first), true) = (places.first().cloned(), places.len() < 20) {
        places.insert(0, first);
    }
}

fn reorder(places: &mut Vec<Value>) {
    if let Some(first) = places.pop() {
        places.insert(0, first);
    }
}

fn move_away(places: &mut Vec<Value>) {
    if let (Some(mut first), true) = (places.first().cloned(), places.len() < 20) {
        first["id"] = "ChIJelsewhere".into();
        first["location"] = serde_json::json!({ "latitude": -45.0, "longitude": 170.0 });
        places.push(first);
    }
}
