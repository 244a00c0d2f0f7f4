use super::failure::Failure;
use super::open::{Opened, ensure_schema, open};
use super::region::region;
use crate::cli::settings::plan_job::PlanJob;
use crate::cli::terminal::Terminal;
use crate::coverage::Region;
use crate::model::{AllowanceLeft, Free, Left, MicroUsd, Picture, Plan, TariffItem};
use crate::provider::{self, Provider};
use crate::report;
use crate::store::{self, Past};
use crate::sync::{self, Outlook};

/// Venues that are drawn at most.
const DRAWN: i64 = 40_000;

/// Plans the jobs in turn, each told of as it is done. Nobody is asked anything.
pub async fn plan(jobs: &[PlanJob], terminal: &Terminal, tell: &dyn Fn(&Plan)) -> Result<(), Failure> {
    for job in jobs {
        let shape = region(&job.shape)
            .map_err(|source| Failure::Region { region: format!("region `{}`", job.region), source })?;
        let opened = open(&job.database, 2, terminal).await?;
        ensure_schema(&opened, false).await?;
        let done = one(job, &shape, &opened).await;
        opened.database.close().await;
        tell(&done?);
    }
    Ok(())
}

async fn one(job: &PlanJob, region: &Region, opened: &Opened) -> Result<Plan, Failure> {
    let usual = provider::all()
        .into_iter()
        .find(|provider| provider.name() == job.provider.name)
        .ok_or_else(|| Failure::Bug(format!("provider {} is gone", job.provider.name)))?;
    let usual = job.provider.tier.and_then(|tier| usual.at(tier)).unwrap_or(usual);
    let others: Vec<(&str, Option<Box<dyn Provider>>)> =
        usual.methods().iter().map(|method| (*method, usual.by(method))).collect();
    let asking: Vec<(&str, &dyn Provider)> = others
        .iter()
        .map(|(method, other)| (*method, other.as_ref().map_or(usual.as_ref(), |other| other.as_ref())))
        .collect();
    let outlook = Outlook { region_name: &job.region, region, types: &job.types, asking: &asking, chosen: &job.method };
    let methods = sync::plan_methods(&outlook, &opened.database).await?;
    let past = store::past(&opened.database, &job.region, usual.name()).await?;
    if let Some(file) = &job.svg {
        let drawing = report::picture(&drawn(job, region, opened).await?);
        let failed = |source| Failure::Source { what: "cannot draw into", path: file.clone(), source };
        std::fs::write(file, drawing).map_err(failed)?;
    }
    Ok(Plan {
        region: job.region.clone(),
        provider: usual.name().to_owned(),
        area_km2: (region.area_km2() * 1e3).round() / 1e3,
        tiles: u64::try_from(region.tiles().len()).unwrap_or(u64::MAX),
        last_complete: past.last_complete,
        left: left(job, usual.as_ref(), &past),
        month: past.month,
        unfinished: past.unfinished,
        methods,
    })
}

fn left(job: &PlanJob, provider: &dyn Provider, past: &Past) -> Left {
    let settings = &job.provider;
    let spent = past.month.provider;
    let of_provider = || provider.limits().requests_per_day.filter(|_| settings.base_url.is_none()).map(u64::from);
    let a_day = settings.max_requests_per_day.or_else(of_provider);
    let tariff = provider.tariff();
    let billed = |call: &str| past.billed.iter().find(|(known, _)| known == call).map_or(0, |(_, requests)| *requests);
    let allowance = |item: &TariffItem| match item.free {
        Free::Monthly(free) => {
            let of = u64::from(free);
            Some(AllowanceLeft { name: item.name.to_owned(), of, left: of.saturating_sub(billed(item.call)) })
        }
        Free::None | Free::Trial { .. } | Free::Always => None,
    };
    Left {
        requests_today: a_day.map(|most| most.saturating_sub(past.month.requests_today)),
        requests: settings.max_requests_per_month.map(|most| most.saturating_sub(spent.requests)),
        cost: settings.max_cost_per_month.map(|most| MicroUsd((most.0 - spent.cost.0).max(0))),
        allowances: tariff.iter().flat_map(|tariff| &tariff.items).filter_map(allowance).collect(),
        price_list: tariff.as_ref().map(|tariff| format!("{}, as of {}", tariff.source, tariff.as_of)),
    }
}

async fn drawn(job: &PlanJob, region: &Region, opened: &Opened) -> Result<Picture, Failure> {
    let (database, provider) = (&opened.database, job.provider.name);
    let asked = store::asked(database, &job.region, provider).await?;
    let (mut venues, mut all_venues) = store::places_within(database, provider, region.bounds(), DRAWN).await?;
    if u64::try_from(venues.len()).is_ok_and(|drawn| drawn == all_venues) {
        venues.retain(|place| region.contains(*place));
        all_venues = u64::try_from(venues.len()).unwrap_or(u64::MAX);
    }
    Ok(Picture {
        region: job.region.clone(),
        provider: provider.to_owned(),
        outline: region.outline(),
        tiles: asked.tiles,
        asked: asked.areas,
        capped: asked.capped,
        venues,
        all_venues,
        begun: asked
            .begun_at
            .map_or_else(|| "no run yet".to_owned(), |at| format!("run of {}", at.format("%Y-%m-%d %H:%M UTC"))),
    })
}
