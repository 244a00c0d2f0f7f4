/// A venue as shown to a person at the end of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleVenue {
    /// Its name.
    pub name: String,
    /// Its most specific category code.
    pub category: Option<String>,
    /// 0–5.
    pub rating: Option<f64>,
    /// 0–4.
    pub price_level: Option<i32>,
    /// Its week: seven lines, Monday first, each with its day's name and a colon in front.
    pub weekday_text: Option<Vec<String>>,
}
