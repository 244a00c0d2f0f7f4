//! Google by text, against its double without a server between: what a run finds and what it is billed, what an audit tells, and what the
//! double refuses, so that no test passes on a question that the provider would not take.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod double;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::DateTime;
use double::city::{self, Place};
use double::google::{Call, Desk, KEY, Manners, Tier};
use serde_json::{Value, json};
use venue_sync::coverage::{Next, Region, Rules, SECTION_VENUES, TileCover, audit, seen};
use venue_sync::model::{Ask, CappedSpot, Field, MicroUsd, Position, Purpose};
use venue_sync::provider::{self, Cursor, Page, Provider};
use venue_sync::wire::{HeaderValue, Request, Response, Verdict};

const BOUNDS: [f64; 4] = [2.25, 48.82, 2.43, 48.90];

fn nearby() -> Box<dyn Provider> {
    provider::all().into_iter().find(|provider| provider.name() == "google").unwrap()
}

fn by_text() -> Box<dyn Provider> {
    nearby().by("text").unwrap()
}

fn region() -> Region {
    let [west, south, east, north] = BOUNDS;
    Region::from_bbox(west, south, east, north).unwrap()
}

/// Venues denser in the middle, three in four of them restaurants, many of these with a kitchen of their own.
fn town(count: usize) -> Vec<Place> {
    let mut dice = fastrand::Rng::with_seed(77);
    let [west, south, east, north] = BOUNDS;
    let mut places = Vec::new();
    while places.len() < count {
        let spread = if places.len() % 3 == 0 { 1.0 } else { 0.2 };
        let mut part = || 0.5 + spread * (dice.f64() - 0.5);
        let (lat, lng) = (south + (north - south) * part(), west + (east - west) * part());
        let types: &[&str] = match places.len() % 8 {
            0 | 4 => &["cafe", "food", "establishment"],
            1 | 2 => &["italian_restaurant", "restaurant", "food"],
            3 => &["bar", "restaurant", "establishment"],
            _ => &["restaurant", "food", "establishment"],
        };
        let row = json!({
            "id": format!("ChIJ{:023}", places.len()),
            "displayName": {"text": format!("Number {}", places.len())},
            "location": {"latitude": lat, "longitude": lng},
            "types": types,
            "rating": 4,
        });
        places.push(Place { lat, lng, row });
    }
    places
}

fn with(places: &[Place], kinds: &[&str]) -> BTreeSet<String> {
    let fits = |place: &&Place| place.types().any(|kind| kinds.contains(&kind)) && place.row.get("location").is_some();
    places.iter().filter(fits).map(|place| place.id().to_owned()).collect()
}

/// The double's response to a request of ours, judged fine.
fn answer(desk: &Desk, provider: &dyn Provider, request: &Request) -> Response {
    let response = response(desk, request);
    assert_eq!(provider.judge(&response), Verdict::Fine, "{:?}", String::from_utf8_lossy(&response.body));
    response
}

fn response(desk: &Desk, request: &Request) -> Response {
    let call = if request.call == "searchText" { Call::Text } else { Call::Nearby };
    assert_eq!(request.path, call.path());
    let mask = request.headers.iter().find_map(|(name, value)| match value {
        HeaderValue::Plain(mask) if name == "x-goog-fieldmask" => Some(mask.as_str()),
        _ => None,
    });
    let answer = desk.ask(call, KEY, mask.unwrap_or_default(), request.json.as_ref().unwrap());
    let (status, body) = answer.map_or_else(|refusal| refusal, |places| (200, places));
    let received_at = DateTime::from_timestamp(1_795_340_000, 0).unwrap();
    Response { status, headers: vec![], body: body.to_string().into_bytes(), received_at }
}

/// All pages of the answer to a question.
fn ask(desk: &Desk, provider: &dyn Provider, ask: &Ask) -> Page {
    let (mut whole, mut cursor): (Page, Option<Cursor>) = (Page::default(), None);
    loop {
        let request = provider.request(ask, "en", cursor.as_ref());
        let page = provider.parse(&request, &answer(desk, provider, &request));
        whole.rows.extend(page.rows);
        whole.truncated |= page.truncated || provider.limits().may_be_cut(ask.purpose, whole.rows.len());
        cursor = page.next;
        if cursor.is_none() {
            return whole;
        }
    }
}

fn ids(page: &Page) -> Vec<String> {
    page.rows.iter().map(|row| row.as_ref().unwrap().provider_id.clone()).collect()
}

#[derive(Default)]
struct Run {
    found: BTreeSet<String>,
    places: Vec<Position>,
    capped: Vec<CappedSpot>,
}

/// Covers the region to its end.
fn run(desk: &Desk, provider: &dyn Provider, types: &[&str]) -> Run {
    let limits = provider.limits();
    let words = provider.words(&types.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
    let rules = Rules {
        shape: limits.shape,
        ranking: limits.ranking,
        largest_radius_m: limits.largest_radius_m,
        words_per_query: limits.words_per_query,
        rows_per_answer: limits.rows_per_answer,
        rows_per_query: limits.rows_per_query,
        counts: limits.counts,
        count_words: provider.count_words(&words),
        section_venues: SECTION_VENUES,
        words,
    };
    let mut run = Run::default();
    for tile in region().tiles() {
        let mut cover = TileCover::new(&region(), tile, rules.clone(), &[]).unwrap();
        let mut held = HashSet::new();
        loop {
            let question = match cover.next() {
                Next::Ask(question) => question,
                Next::Done { capped } => {
                    run.capped.extend(capped);
                    break;
                }
            };
            let page = ask(desk, provider, &question);
            let positions: Vec<Option<Position>> = page
                .rows
                .iter()
                .map(|row| match row.as_ref().unwrap().position {
                    Field::Present((lat, lng)) => Position::new(lat, lng).ok(),
                    _ => None,
                })
                .collect();
            let mut told = seen(&question, &positions, page.truncated, (limits.shape, limits.ranking)).unwrap();
            let ids = ids(&page);
            told.fresh = u32::try_from(ids.iter().filter(|id| !held.contains(*id)).count()).ok();
            if question.purpose == Purpose::Rows {
                run.places.extend(positions.into_iter().flatten());
                held.extend(ids.iter().cloned());
                run.found.extend(ids);
            }
            cover.told(&told);
        }
    }
    run
}

#[test]
fn a_run_by_text_finds_all_and_is_billed_for_little_more_than_full_pages() {
    let places = town(2_400);
    let desk = Desk::new(places.clone(), Manners::GOOD);
    let run = run(&desk, by_text().as_ref(), &["google:restaurant"]);
    let wanted = with(&places, &["restaurant"]);
    assert_eq!((run.found.len(), run.found == wanted, run.capped.len()), (1_800, true, 0));

    let bill = desk.bill();
    let paid = bill[&(Call::Text, Tier::Enterprise)];
    let free = bill[&(Call::Text, Tier::IdsOnly)];
    assert_eq!(bill.len(), 2, "nothing else is asked for: {bill:?}");
    assert!(paid * 100 <= 90 * 108, "{paid} pages for 90 full ones");
    assert!(free <= 5 * paid, "{free} free requests for {paid} paid ones");
    assert_eq!(desk.cost(), paid * 35_000);
}

#[test]
fn words_that_find_the_same_again_are_not_paid_for_again() {
    let places = town(2_400);
    let types = ["google:italian_restaurant", "google:restaurant", "google:cafe", "google:bar"];
    let desk = Desk::new(places.clone(), Manners::GOOD);
    let all = run(&desk, by_text().as_ref(), &types);
    assert_eq!(all.found, with(&places, &["restaurant", "cafe", "bar"]));
    let alone = |kind: &str| {
        let desk = Desk::new(places.clone(), Manners::GOOD);
        run(&desk, by_text().as_ref(), &[kind]);
        desk.bill()[&(Call::Text, Tier::Enterprise)]
    };
    let paid = desk.bill()[&(Call::Text, Tier::Enterprise)];
    assert_eq!(paid, alone("google:restaurant") + alone("google:cafe"), "Italian ones and bars are restaurants, too");
}

#[test]
fn a_question_has_its_price_and_a_count_has_none() {
    let (text, nearby) = (by_text(), nearby());
    let [west, south, east, north] = BOUNDS;
    let area = venue_sync::model::Area::Rectangle(venue_sync::model::BoundingBox { south, west, north, east });
    let question = |purpose| Ask { area, words: vec!["bar".to_owned()], purpose };
    for provider in [&text, &nearby] {
        assert_eq!(provider.price(&question(Purpose::Rows)), MicroUsd(35_000));
        assert_eq!(provider.price(&question(Purpose::Audit)), MicroUsd(35_000));
        assert_eq!(provider.price(&question(Purpose::Count)), MicroUsd(0));
        assert_eq!(provider.request(&question(Purpose::Count), "en", None).call, "searchText");
        assert_eq!(provider.request(&question(Purpose::Audit), "en", None).call, "searchNearby");
    }
    assert_eq!(text.request(&question(Purpose::Rows), "en", None).call, "searchText");
    assert_eq!(nearby.request(&question(Purpose::Rows), "en", None).call, "searchNearby");
    assert_eq!((text.name(), text.methods(), nearby.by("nearby").is_none()), ("google", nearby.methods(), true));
}

#[test]
fn every_price_list_says_when_it_was_read_and_agrees_with_the_limits() {
    for provider in provider::all().into_iter().chain([by_text()]) {
        let tariff = provider.tariff().unwrap();
        assert!(tariff.as_of.parse::<chrono::NaiveDate>().is_ok() && !tariff.source.is_empty());
        let [west, south, east, north] = BOUNDS;
        let area = venue_sync::model::Area::Rectangle(venue_sync::model::BoundingBox { south, west, north, east });
        let call = provider.request(&Ask::rows(area, vec!["bar".to_owned()]), "en", None).call;
        assert_eq!(tariff.item(&call).map(|item| item.price), Some(provider.limits().price), "{}", provider.name());
    }
}

/// Asks an audit of a run; venues, and those that the run did not find.
fn audited(desk: &Desk, run: &Run, seed: &str, questions: u32) -> (u32, u32) {
    let words = nearby().words(&["google:restaurant".to_owned()]).unwrap();
    let asks = audit::plan(&region(), &run.places, &[words], seed, questions);
    assert_eq!(asks.len(), usize::try_from(questions).unwrap());
    let venues: BTreeSet<String> =
        asks.iter().flat_map(|question| ids(&ask(desk, by_text().as_ref(), question))).collect();
    let missed = venues.iter().filter(|id| !run.found.contains(*id)).count();
    (u32::try_from(venues.len()).unwrap(), u32::try_from(missed).unwrap())
}

#[test]
fn an_audit_sees_what_text_search_finds_irrelevant() {
    let places = town(2_400);
    let desk = Desk::new(places.clone(), Manners { irrelevant: Some(10), ..Manners::GOOD });
    let run = run(&desk, by_text().as_ref(), &["google:restaurant"]);
    let wanted = with(&places, &["restaurant"]).len();
    assert!(run.found.len() < wanted, "a tenth of them is hidden");

    let (venues, missed) = audited(&desk, &run, "a run", 20);
    let recall = audit::judge(venues, missed).unwrap();
    let truth = f64::from(u32::try_from(run.found.len()).unwrap()) / f64::from(u32::try_from(wanted).unwrap());
    assert!(recall.between.0 <= truth && truth <= recall.between.1, "{recall:?} of {truth}");
    assert!(recall.at_least < 0.95, "{recall:?}");
    assert_eq!(desk.bill()[&(Call::Nearby, Tier::Enterprise)], 20, "counted apart");
}

#[test]
fn an_audit_of_a_whole_run_misses_nothing() {
    let desk = Desk::new(town(2_400), Manners::GOOD);
    let run = run(&desk, by_text().as_ref(), &["google:restaurant"]);
    let paid = u32::try_from(desk.bill()[&(Call::Text, Tier::Enterprise)]).unwrap();
    let (venues, missed) = audited(&desk, &run, "a run", audit::questions(paid));
    let recall = audit::judge(venues, missed).unwrap();
    assert!(venues >= 60 && missed == 0 && recall.at_least > 0.95, "{recall:?}");
}

#[test]
fn pages_end_where_the_venues_do_and_sixty_are_never_all() {
    let at = |count: usize| {
        let mut places = town(count);
        for place in &mut places {
            place.row["types"] = json!(["bar"]);
        }
        let desk = Desk::new(places, Manners::GOOD);
        let [west, south, east, north] = BOUNDS;
        let area = venue_sync::model::Area::Rectangle(venue_sync::model::BoundingBox { south, west, north, east });
        let page = ask(&desk, by_text().as_ref(), &Ask::count(area, vec!["bar".to_owned()]));
        assert!(page.rows.iter().all(|row| row.as_ref().unwrap().name == Field::NotAsked));
        (page.rows.len(), page.truncated, desk.bill()[&(Call::Text, Tier::IdsOnly)])
    };
    for (count, rows, truncated, pages) in
        [(0, 0, false, 1), (20, 20, false, 1), (21, 21, false, 2), (40, 40, false, 2), (59, 59, false, 3)]
    {
        assert_eq!(at(count), (rows, truncated, pages), "{count} venues");
    }
    assert_eq!(at(60), (60, true, 3));
    assert_eq!(at(75), (60, true, 3));
}

/// A question of Text Search that the double takes.
fn taken() -> Value {
    json!({
        "textQuery": "bar",
        "includedType": "bar",
        "strictTypeFiltering": true,
        "locationRestriction": {"rectangle": {
            "low": {"latitude": 36.488, "longitude": -30.035},
            "high": {"latitude": 36.512, "longitude": -30.0},
        }},
        "pageSize": 20,
        "languageCode": "en",
    })
}

#[test]
fn the_double_refuses_what_google_refuses() {
    let desk = Desk::new(city::town(), Manners::GOOD);
    let text = |path: &str, value: Value| {
        let mut body = taken();
        match path.rsplit_once('/') {
            Some((above, last)) => *body.pointer_mut(above).unwrap().get_mut(last).unwrap() = value,
            None => body[path] = value,
        }
        desk.ask(Call::Text, KEY, "places.id,nextPageToken", &body)
    };
    let refused = |answer: Result<Value, (u16, Value)>| {
        let (status, body) = answer.unwrap_err();
        assert_eq!((status, &body["error"]["status"]), (400, &json!("INVALID_ARGUMENT")));
        body["error"]["message"].as_str().unwrap().to_owned()
    };
    assert!(text("pageSize", json!(20)).is_ok());
    let low = "/locationRestriction/rectangle/low";
    for (path, value) in [
        ("textQuery", json!("")),
        ("includedType", json!(["bar"])),
        ("pageSize", json!(21)),
        ("pageSize", json!(0)),
        ("pageToken", json!("made up")),
        ("rankPreference", json!("POPULARITY")),
        ("maxResultCount", json!(20)),
        ("locationBias", json!({})),
        ("locationRestriction", json!({"circle": {"center": {"latitude": 1, "longitude": 1}, "radius": 5}})),
        (&format!("{low}/latitude"), json!(36.6)),
        (&format!("{low}/longitude"), json!(-180.000_001)),
        // More than half round the earth.
        (&format!("{low}/longitude"), json!(-29.9)),
    ] {
        refused(text(path, value));
    }
    assert!(refused(text("includedType", json!("food"))).contains("Unsupported types: food"), "only in answers");

    let circle = json!({"circle": {"center": {"latitude": 36.5, "longitude": -30.02}, "radius": 500.0}});
    let near = |member: &str, value: Value| {
        let mut body = json!({"locationRestriction": circle.clone(), "rankPreference": "DISTANCE"});
        body[member] = value;
        desk.ask(Call::Nearby, KEY, "places.id", &body)
    };
    assert!(near("maxResultCount", json!(20)).is_ok());
    for (member, value) in [
        ("maxResultCount", json!(21)),
        ("rankPreference", json!("RELEVANCE")),
        ("includedTypes", json!(vec!["bar"; 51])),
        ("includedTypes", json!(["cafee"])),
        ("pageToken", json!("there are no pages")),
        ("locationRestriction", taken()["locationRestriction"].clone()),
    ] {
        refused(near(member, value));
    }
    for mask in ["", "places.id, places.rating", "places.tastes", "id"] {
        refused(desk.ask(Call::Text, KEY, mask, &taken()));
    }
    refused(desk.ask(Call::Nearby, KEY, "places.id,nextPageToken", &json!({"locationRestriction": circle})));
    assert!(refused(desk.ask(Call::Text, "another key", "places.id", &taken())).contains("API key not valid"));
    assert_eq!(desk.bill().values().sum::<u64>(), 2, "what is refused is not billed");
}

#[test]
fn a_page_is_had_with_the_parameters_of_the_first_one_only() {
    let desk = Desk::new(town(600), Manners::GOOD);
    let text = by_text();
    let [west, south, east, north] = BOUNDS;
    let area = venue_sync::model::Area::Rectangle(venue_sync::model::BoundingBox { south, west, north, east });
    let question = |word: &str| Ask::rows(area, vec![word.to_owned()]);
    let first = text.request(&question("cafe"), "en", None);
    let token = text.parse(&first, &answer(&desk, text.as_ref(), &first)).next.unwrap();
    let second = text.request(&question("cafe"), "en", Some(&token));
    assert_eq!(text.parse(&second, &answer(&desk, text.as_ref(), &second)).rows.len(), 20);

    let (other_word, other_language) =
        (text.request(&question("bar"), "en", Some(&token)), text.request(&question("cafe"), "de", Some(&token)));
    desk.mend(Manners { forgets_pages: true, ..Manners::GOOD });
    for request in [other_word, other_language, second] {
        let verdict = text.judge(&response(&desk, &request));
        assert!(matches!(verdict, Verdict::NotUsable { .. }), "the question is asked again as a whole: {verdict:?}");
    }
}

#[test]
fn throttles_name_the_call_and_the_window() {
    let desk =
        Desk::new(city::town(), Manners { minute: Some((2, std::time::Duration::from_hours(1))), ..Manners::GOOD });
    let ask = |call: Call, body: &Value| desk.ask(call, KEY, "places.id", body);
    assert!(ask(Call::Text, &taken()).is_ok() && ask(Call::Text, &taken()).is_ok());
    let (status, body) = ask(Call::Text, &taken()).unwrap_err();
    let limit = body.pointer("/error/details/0/metadata/quota_limit").unwrap();
    assert_eq!((status, limit), (429, &json!("SearchTextRequestPerMinutePerProject")));
    let judged = |body: &Value| {
        let received_at = DateTime::from_timestamp(0, 0).unwrap();
        by_text().judge(&Response { status: 429, headers: vec![], body: body.to_string().into_bytes(), received_at })
    };
    assert!(matches!(judged(&body), Verdict::RetryAfter { wait: Some(_), .. }));
    let circle = json!({"circle": {"center": {"latitude": 36.5, "longitude": -30.02}, "radius": 500.0}});
    assert!(ask(Call::Nearby, &json!({"locationRestriction": circle})).is_ok(), "each call has its own quota");
    assert_eq!(desk.instants(Call::Text).len(), 3);

    desk.mend(Manners { a_day: Some(3), ..Manners::GOOD });
    let (_, body) = ask(Call::Text, &taken()).unwrap_err();
    assert!(matches!(judged(&body), Verdict::QuotaGone { .. }), "{body}");
}

#[test]
fn the_double_bills_by_the_mask() {
    let desk = Desk::new(city::town(), Manners::GOOD);
    for mask in ["places.id", "places.id,places.types", "places.rating,places.id", "places.reviews", "*"] {
        desk.ask(Call::Text, KEY, mask, &taken()).unwrap();
    }
    let circle = json!({"circle": {"center": {"latitude": 36.5, "longitude": -30.02}, "radius": 500.0}});
    desk.ask(Call::Nearby, KEY, "places.id", &json!({"locationRestriction": circle})).unwrap();
    let bill = BTreeMap::from([
        ((Call::Nearby, Tier::Pro), 1),
        ((Call::Text, Tier::IdsOnly), 1),
        ((Call::Text, Tier::Pro), 1),
        ((Call::Text, Tier::Enterprise), 1),
        ((Call::Text, Tier::Atmosphere), 2),
    ]);
    assert_eq!((desk.bill(), desk.cost()), (bill, 2 * 32_000 + 35_000 + 2 * 40_000));
}
