//! The machine's view of a run.

use crate::model::Summary;

/// Exactly one line, without its end, in the published order of members.
pub fn json_line(summary: &Summary) -> Result<String, serde_json::Error> {
    serde_json::to_string(summary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    #[test]
    fn the_line_is_the_published_one() {
        let line = json_line(&example::report().summary).unwrap();
        assert_eq!(
            line,
            concat!(
                r#"{"run_id":"01980000-0000-7000-8000-000000000001","region":"demo","provider":"google","#,
                r#""status":"complete","stopped_by":null,"requests":1031,"requests_free":0,"cost_usd":1.085,"#,
                r#""duration_ms":2437,"venues":{"received":1216,"inserted":1212,"updated":0,"unchanged":0,"#,
                r#""rejected":2,"outside":1,"duplicate":1},"profiles_stubbed":1212,"#,
                r#""coverage":{"tiles":9,"complete":9,"capped":1,"failed":0}}"#,
            )
        );
    }

    #[test]
    fn a_region_with_a_line_end_in_its_name_stays_one_line() {
        let mut summary = example::report().summary;
        summary.region = "a\nb".to_owned();
        assert!(!json_line(&summary).unwrap().contains('\n'));
    }
}
