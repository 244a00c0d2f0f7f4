//! How much of an allowed rate a whole run uses, measured where the requests arrive: a provider that takes 300 ms over an answer, a limit
//! of 10 a second, and the command's own choice of how many are under way. The peer of the same run is one request at a time.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should say where, and print what it found"
)]

#[path = "../tests/double/mod.rs"]
mod double;
#[path = "../tests/support/mod.rs"]
mod support;
mod towns;

use std::num::NonZeroU64;
use std::time::Duration;

use double::google::Call;
use towns::{MANY, Terms, Towns};

/// Requests per second.
const LIMIT: u32 = 10;
const SECOND: Duration = Duration::from_secs(1);
const DELAY: Duration = Duration::from_millis(300);

fn main() {
    // `cargo test --benches` only wants to know whether it works.
    let requests = if std::env::args().any(|argument| argument == "--bench") { 100 } else { 12 };
    let requests = NonZeroU64::new(requests).unwrap();
    println!("{LIMIT} a second are allowed, an answer takes {} ms, {requests} requests", DELAY.as_millis());
    println!("under way at most   a second   of the limit   most in a sliding second");
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        // As `--concurrency` is chosen from the rate, and its peer.
        for concurrency in [8, 1] {
            measure(requests, concurrency).await;
        }
    });
}

async fn measure(requests: NonZeroU64, concurrency: usize) {
    let towns = Towns::with(MANY, 1.0, DELAY).await;
    let types = &["restaurant", "cafe", "bar", "bakery"];
    towns.run(Terms { types, limit: LIMIT, concurrency, requests: Some(requests) }, 1).await;
    let instants = towns.double.instants(Call::Nearby);
    let (first, last) = (instants.first().unwrap(), instants.last().unwrap());
    let spaces = u32::try_from(instants.len() - 1).unwrap();
    let rate = f64::from(spaces) / last.duration_since(*first).as_secs_f64();
    let most = towns.double.busiest(Call::Nearby, SECOND);
    println!("{concurrency:18} {rate:10.2} {:13.1} % {most:26}", rate / f64::from(LIMIT) * 100.0);
}
