//! An order in which nothing comes before what it needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::catalogue::{Id, Kind};

/// What is made first where nothing else decides, so that files read alike.
fn rank(id: &Id) -> u8 {
    match id.kind {
        Kind::Schema => 0,
        Kind::Enum => 1,
        Kind::Function => 2,
        Kind::Table => 3,
        Kind::Column => 4,
        Kind::Constraint => 5,
        Kind::Index => 6,
        Kind::View => 7,
        Kind::Other => 8,
    }
}

/// The ids of `needs` (what each of them needs among them), each after what it needs. In a circle some one comes first: a
/// database refuses that, and says why.
pub(super) fn in_order(needs: &BTreeMap<Id, BTreeSet<Id>>) -> Vec<Id> {
    let mut left: BTreeSet<(u8, &Id)> = needs.keys().map(|id| (rank(id), id)).collect();
    let mut ordered = Vec::new();
    while let Some(first) = left.first().copied() {
        let free =
            |(_, id): &&(u8, &Id)| needs[*id].iter().all(|need| need == *id || !left.contains(&(rank(need), need)));
        let next = left.iter().find(free).copied().unwrap_or(first);
        left.remove(&next);
        ordered.push(next.1.clone());
    }
    ordered
}
