use std::sync::Mutex;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::store::embedded::Progress;

/// Shows how the embedded server comes up: one line that changes on a terminal, a log line a step elsewhere.
#[derive(Debug)]
pub struct ServerSteps {
    bar: Option<ProgressBar>,
    /// The step told last, so that a download is one log line and not thousands.
    told: Mutex<String>,
}

impl ServerSteps {
    pub(super) fn new(bars: Option<&MultiProgress>) -> Self {
        Self { bar: bars.map(|bars| bars.add(ProgressBar::no_length())), told: Mutex::default() }
    }

    /// Shows a step.
    pub fn show(&self, step: &Progress) {
        let words = step.to_string();
        if let Some(bar) = &self.bar {
            if let Progress::Downloading { done, total: Some(total) } = *step {
                bar.set_style(style("{msg} {bar:30} {bytes}/{total_bytes} {eta}"));
                bar.set_length(total);
                bar.set_position(done);
            } else {
                bar.set_style(style("{spinner} {msg}"));
                bar.tick();
            }
            bar.set_message(words);
            return;
        }
        if let Ok(mut told) = self.told.lock()
            && *told != words
        {
            tracing::info!("{words}");
            *told = words;
        }
    }

    /// Takes the line away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
