//! What a run would take, for a person.

use super::words::{count, grouped};
use crate::model::{Basis, Left, MethodPlan, MicroUsd, Plan, Span, Spent, UnfinishedRun};

/// The whole text, ending with a line end.
pub fn plan(plan: &Plan) -> String {
    let mut lines = vec![format!(
        "{} from {}: {} km² in {}; {}.",
        plan.region,
        plan.provider,
        area(plan.area_km2),
        count(plan.tiles, "tile", "tiles"),
        plan.last_complete.map_or_else(
            || "no run of it that asked the provider was complete yet".to_owned(),
            |at| format!("the last complete run ended {}", at.format("%Y-%m-%d %H:%M UTC"))
        )
    )];
    lines.extend(plan.unfinished.as_ref().map(unfinished));
    lines.push(String::new());
    lines.push("A whole run would take".to_owned());
    let width = plan.methods.iter().map(|method| method.method.len()).max().unwrap_or(0);
    lines.extend(plan.methods.iter().map(|of| method(of, width)));
    lines.extend(plan.methods.first().map(|method| format!("  {}", why(method, &plan.provider))));
    lines.push(String::new());
    lines.push("Spent this month (UTC)".to_owned());
    lines.push(format!("  this region  {}", spent(plan.month.region)));
    lines.push(format!("  {}  {}", column(&plan.provider, "this region".len()), spent(plan.month.provider)));
    lines.extend(left(&plan.left));
    lines.push(String::new());
    lines.join("\n")
}

fn area(km2: f64) -> String {
    if km2 < 10.0 {
        return format!("{km2:.1}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an area in whole square kilometres")]
    grouped(km2.round() as u64)
}

fn column(text: &str, width: usize) -> String {
    format!("{text:width$}")
}

fn unfinished(run: &UnfinishedRun) -> String {
    format!(
        "An unfinished run of {} goes on if it is synced now: {} of {} done, with {} and {}.",
        run.begun_at.format("%Y-%m-%d %H:%M UTC"),
        grouped(run.tiles_done),
        count(run.tiles, "tile", "tiles"),
        count(run.requests, "request", "requests"),
        run.cost,
    )
}

fn method(method: &MethodPlan, width: usize) -> String {
    let mark = if method.chosen { '*' } else { ' ' };
    let name = column(&method.method, width);
    // Whole cents, upwards: it is an outlook.
    let cost = |micro: u64| MicroUsd(i64::try_from(micro.div_ceil(10_000).saturating_mul(10_000)).unwrap_or(i64::MAX));
    let (least, most) = (cost(method.cost.least), cost(method.cost.most));
    let price = if least == most { least.to_string() } else { format!("{least} to {most}") };
    let paid = format!("{} paid for, {price} at list price", span(method.paid));
    let free = format!("{} for nothing", span(method.free));
    let what = match (method.paid.most, method.free.most) {
        (0, _) => free,
        (_, 0) => paid,
        _ => format!("{paid}; {free}"),
    };
    format!("{mark} {name}  {what}")
}

fn span(span: Span) -> String {
    if span.least == span.most {
        return count(span.least, "request", "requests");
    }
    format!("{} to {} requests", grouped(span.least), grouped(span.most))
}

/// What the numbers are reckoned from.
fn why(method: &MethodPlan, provider: &str) -> String {
    let sampled = match method.every {
        0 | 1 => String::new(),
        every => format!("; every {every}th tile was reckoned"),
    };
    match &method.basis {
        Basis::Learned { venues } => format!(
            "reckoned with the {} of the last complete run: the least if nothing has changed, the most if a tenth has{sampled}",
            count(*venues, "venue", "venues")
        ),
        Basis::Stored { provider: whose, venues } if whose == provider => format!(
            "a guess by the {} that are stored of the region; no run of it was complete{sampled}",
            count(*venues, "venue", "venues")
        ),
        Basis::Stored { provider: whose, venues } => format!(
            "a guess by the {} that {whose} has in the region; no run from {provider} was complete{sampled}",
            count(*venues, "venue", "venues")
        ),
        Basis::Area => {
            "a guess by the area alone: from hardly a venue to an inner city's 500 a km²; a run from osm, which costs \
                        nothing, makes it a better one"
                .to_owned()
        }
    }
}

fn spent(spent: Spent) -> String {
    let requests = count(spent.requests, "request", "requests");
    format!("{requests}, {} of them free; {} at list price", grouped(spent.requests_free), spent.cost)
}

fn left(left: &Left) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |of: &str, what: String| lines.push(format!("  left of {of}: {what}"));
    if let Some(requests) = left.requests_today {
        line("the day's limit", count(requests, "request", "requests"));
    }
    if let Some(requests) = left.requests {
        line("max_requests_per_month", count(requests, "request", "requests"));
    }
    if let Some(cost) = left.cost {
        line("max_cost_per_month", cost.to_string());
    }
    for allowance in &left.allowances {
        let (name, of) = (&allowance.name, grouped(allowance.of));
        line(
            &format!("{name}'s {of} free requests a month"),
            format!("{}, as far as is known here", grouped(allowance.left)),
        );
    }
    lines.extend(left.price_list.as_ref().map(|list| format!("  prices: {list}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AllowanceLeft, MonthSpent};

    fn example() -> Plan {
        let method = |name: &str, chosen, paid: (u64, u64), free: (u64, u64)| MethodPlan {
            method: name.to_owned(),
            chosen,
            paid: Span { least: paid.0, most: paid.1 },
            free: Span { least: free.0, most: free.1 },
            cost: Span { least: paid.0 * 35_000, most: paid.1 * 35_000 },
            basis: Basis::Learned { venues: 15_847 },
            every: 1,
        };
        Plan {
            region: "lisbon".to_owned(),
            provider: "google".to_owned(),
            area_km2: 148.7,
            tiles: 7,
            last_complete: chrono::DateTime::from_timestamp(1_782_975_600, 0),
            unfinished: None,
            methods: vec![
                method("nearby", true, (1_268, 1_402), (0, 0)),
                method("text", false, (830, 890), (2_000, 2_000)),
            ],
            month: MonthSpent {
                region: Spent { requests: 400, requests_free: 0, cost: MicroUsd(14_000_000) },
                provider: Spent { requests: 1_000, requests_free: 12, cost: MicroUsd(34_580_000) },
                requests_today: 0,
            },
            left: Left {
                cost: Some(MicroUsd(15_420_000)),
                allowances: vec![AllowanceLeft { name: "Nearby Search Enterprise".to_owned(), of: 1_000, left: 12 }],
                ..Left::default()
            },
        }
    }

    #[test]
    fn a_plan_says_what_it_takes_why_and_what_is_left() {
        let expected = "\
lisbon from google: 149 km² in 7 tiles; the last complete run ended 2026-07-02 07:00 UTC.

A whole run would take
* nearby  1,268 to 1,402 requests paid for, $44.38 to $49.07 at list price
  text    830 to 890 requests paid for, $29.05 to $31.15 at list price; 2,000 requests for nothing
  reckoned with the 15,847 venues of the last complete run: the least if nothing has changed, the most if a tenth has

Spent this month (UTC)
  this region  400 requests, 0 of them free; $14.00 at list price
  google       1,000 requests, 12 of them free; $34.58 at list price
  left of max_cost_per_month: $15.42
  left of Nearby Search Enterprise's 1,000 free requests a month: 12, as far as is known here
";
        assert_eq!(plan(&example()), expected);
    }

    #[test]
    fn a_plan_as_json_is_one_object_in_dollars() {
        let json = serde_json::to_value(example()).unwrap();
        assert_eq!(json["methods"][0]["cost_usd"], serde_json::json!({"least": 44.38, "most": 49.07}));
        assert_eq!(json["methods"][0]["basis"], serde_json::json!({"from": "learned", "venues": 15847}));
        assert_eq!(json["left"]["cost_usd"], 15.42);
    }
}
