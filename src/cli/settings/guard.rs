//! `[guard]` and `[regions.NAME.guard]`: how much may be lost from one run to the next before it is not believed.

use super::toml_section::{FileFault, Section};
use crate::model::GuardLimits;

/// What is said of the guard in one place; what is not said there is as in the next wider one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GuardSettings {
    enabled: Option<bool>,
    least: Option<f64>,
    least_of_a_type: Option<f64>,
    least_seen_again: Option<f64>,
    least_in_a_tile: Option<f64>,
    most: Option<f64>,
    least_usable: Option<f64>,
    most_shift: Option<f64>,
    floor: Option<u64>,
    missing_after: Option<u32>,
}

impl GuardSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Result<Self, FileFault> {
        let settings = Self {
            enabled: section.flag("enabled")?,
            least: part(section, "least")?,
            least_of_a_type: part(section, "least_of_a_type")?,
            least_seen_again: part(section, "least_seen_again")?,
            least_in_a_tile: part(section, "least_in_a_tile")?,
            most: section.number("most")?,
            least_usable: part(section, "least_usable")?,
            most_shift: section.number("most_shift")?,
            floor: section.count("floor")?,
            missing_after: missing_after(section)?,
        };
        if settings.most.is_some_and(|most| most <= 1.0) {
            return Err(
                section.fault("most must be more than 1: so many times the venues of the last good runs are too many")
            );
        }
        if settings.most_shift.is_some_and(|shift| shift <= 0.0) {
            return Err(
                section.fault("most_shift must be more than 0: a part of the venues' mean distance from their middle")
            );
        }
        Ok(settings)
    }

    /// What holds where these settings say nothing is what others say.
    pub fn over(self, wider: GuardLimits) -> GuardLimits {
        GuardLimits {
            enabled: self.enabled.unwrap_or(wider.enabled),
            least: self.least.unwrap_or(wider.least),
            least_of_a_type: self.least_of_a_type.unwrap_or(wider.least_of_a_type),
            least_seen_again: self.least_seen_again.unwrap_or(wider.least_seen_again),
            least_in_a_tile: self.least_in_a_tile.unwrap_or(wider.least_in_a_tile),
            most: self.most.unwrap_or(wider.most),
            least_usable: self.least_usable.unwrap_or(wider.least_usable),
            most_shift: self.most_shift.unwrap_or(wider.most_shift),
            floor: self.floor.unwrap_or(wider.floor),
            missing_after: self.missing_after.unwrap_or(wider.missing_after),
        }
    }
}

fn part(section: &mut Section<'_>, key: &'static str) -> Result<Option<f64>, FileFault> {
    let part = section.number(key)?;
    if part.is_some_and(|part| !(0.0..=1.0).contains(&part)) {
        return Err(section.fault(&format!("{key} must be from 0 to 1: the part that has to be left")));
    }
    Ok(part)
}

fn missing_after(section: &mut Section<'_>) -> Result<Option<u32>, FileFault> {
    let Some(runs) = section.count("missing_after")? else { return Ok(None) };
    match u32::try_from(runs).ok().filter(|runs| *runs <= 100) {
        Some(runs) => Ok(Some(runs)),
        None => Err(section.fault("missing_after must be from 1 to 100 complete runs")),
    }
}
