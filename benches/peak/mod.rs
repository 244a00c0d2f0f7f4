//! The most memory that a command had. Linux only: the figure is the kernel's own (`VmHWM`).

use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// KiB, and how long the command took.
pub(crate) fn of(command: &mut Command) -> (u32, Duration, ExitStatus) {
    let began = Instant::now();
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(now.unwrap_or_default());
        if let Some(ended) = child.try_wait().unwrap() {
            return (most, began.elapsed(), ended);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
