//! The fewest sets that hold every element: a local search that swaps sets and weighs what it keeps missing.
//!
//! It is the weighting search known for problems without costs: of a selection that misses nothing a set is dropped, then sets are
//! exchanged, one out and one in, until again nothing is missed. Elements that stay missed grow heavier, so that it does not go round
//! in circles. No chance is in it: the same sets give the same selection.

use std::cmp::Reverse;

use super::growth::push;

/// Elements, and sets of them.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// The elements of each set.
    sets: Vec<Vec<u32>>,
    /// The sets of each element.
    holders: Vec<Vec<u32>>,
    /// Weight of each element.
    weights: Vec<i32>,
    /// How many selected sets hold each element, and the sum of their numbers: of one, its number.
    held: Vec<(u32, u32)>,
    /// What is known of each set.
    marks: Vec<Mark>,
    chosen: Vec<u32>,
    missing: Missing,
    step: u32,
}

/// What is known of a set.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// What selecting it would gain, or what dropping it would lose (negative).
    score: i32,
    /// The step in which it came or went last.
    changed: u32,
    selected: bool,
    /// Whether its surroundings have changed since it was dropped.
    may_return: bool,
}

/// Elements that no selected set holds, in no order.
#[derive(Debug, Default)]
struct Missing {
    list: Vec<u32>,
    place: Vec<u32>,
}

const NOWHERE: u32 = u32::MAX;

impl Missing {
    fn insert(&mut self, element: u32) {
        self.place[element as usize] = number(self.list.len());
        self.list.push(element);
    }

    fn remove(&mut self, element: u32) {
        let at = self.place[element as usize] as usize;
        self.list.swap_remove(at);
        if let Some(moved) = self.list.get(at) {
            self.place[*moved as usize] = number(at);
        }
        self.place[element as usize] = NOWHERE;
    }
}

pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Selection {
    /// `sets` over elements numbered below `elements`. Elements that no set holds are left out of account.
    pub(super) fn new(sets: Vec<Vec<u32>>, elements: usize) -> Self {
        let mut search = Self::default();
        let mut holders = vec![0; elements];
        sets.iter().flatten().for_each(|element| holders[*element as usize] += 1);
        for holders in holders {
            search.holders.push(Vec::with_capacity(holders));
            search.weights.push(1);
            search.held.push((0, 0));
            search.missing.place.push(NOWHERE);
        }
        for set in sets {
            search.add_set(set);
        }
        search
    }

    /// One more set; its number.
    pub(super) fn add_set(&mut self, elements: Vec<u32>) -> u32 {
        let set = number(self.sets.len());
        let mut score = 0;
        for element in &elements {
            push(&mut self.holders[*element as usize], set);
            if self.held[*element as usize].0 == 0 {
                score += self.weights[*element as usize];
                if self.missing.place[*element as usize] == NOWHERE {
                    self.missing.insert(*element);
                }
            }
        }
        self.sets.push(elements);
        self.marks.push(Mark { score, changed: 0, selected: false, may_return: true });
        set
    }

    /// One more element, and the sets that hold it.
    pub(super) fn add_element(&mut self, holders: Vec<u32>) {
        let element = number(self.holders.len());
        self.weights.push(1);
        self.held.push((0, 0));
        self.missing.place.push(NOWHERE);
        for set in &holders {
            push(&mut self.sets[*set as usize], element);
            if self.marks[*set as usize].selected {
                let (count, sum) = self.held[element as usize];
                self.held[element as usize] = (count + 1, sum.wrapping_add(*set));
            }
        }
        match self.held[element as usize] {
            (0, _) if !holders.is_empty() => {
                self.missing.insert(element);
                for set in &holders {
                    self.marks[*set as usize].score += 1;
                }
            }
            (1, only) => self.marks[only as usize].score -= 1,
            _ => {}
        }
        self.holders.push(holders);
    }

    /// One more set that holds an element.
    pub(super) fn add_holder(&mut self, element: u32, set: u32) {
        let at = element as usize;
        push(&mut self.sets[set as usize], element);
        push(&mut self.holders[at], set);
        let (weight, (count, sum)) = (self.weights[at], self.held[at]);
        if self.marks[set as usize].selected {
            self.held[at] = (count + 1, sum.wrapping_add(set));
            match count {
                0 => {
                    self.missing.remove(element);
                    for other in &self.holders[at] {
                        if *other != set {
                            self.marks[*other as usize].score -= weight;
                        }
                    }
                    self.marks[set as usize].score -= weight;
                }
                1 => self.marks[sum as usize].score += weight,
                _ => {}
            }
        } else if count == 0 {
            self.marks[set as usize].score += weight;
            if self.missing.place[at] == NOWHERE {
                self.missing.insert(element);
            }
        }
    }

    /// The sets that hold an element.
    pub(super) fn holders(&self, element: u32) -> &[u32] {
        &self.holders[element as usize]
    }

    pub(super) fn holds(&self, element: u32, set: u32) -> bool {
        self.holders[element as usize].contains(&set)
    }

    /// The elements that were hardest to hold, hardest first, at most so many.
    pub(super) fn hardest(&self, most: usize) -> Vec<u32> {
        let mut heavy: Vec<u32> =
            (0..number(self.weights.len())).filter(|element| self.weights[*element as usize] > 1).collect();
        heavy.sort_by_key(|element| (Reverse(self.weights[*element as usize]), *element));
        heavy.truncate(most);
        heavy
    }

    /// The numbers of the selected sets, in order.
    pub(super) fn chosen(&self) -> Vec<u32> {
        let mut chosen = self.chosen.clone();
        chosen.sort_unstable();
        chosen
    }

    pub(super) fn select(&mut self, set: u32) {
        if self.marks[set as usize].selected {
            return;
        }
        self.marks[set as usize].selected = true;
        self.chosen.push(set);
        self.marks[set as usize].changed = self.step;
        self.marks[set as usize].score = -self.marks[set as usize].score;
        for index in 0..self.sets[set as usize].len() {
            let element = self.sets[set as usize][index];
            let weight = self.weights[element as usize];
            let (count, sum) = self.held[element as usize];
            self.held[element as usize] = (count + 1, sum.wrapping_add(set));
            if count == 0 {
                self.missing.remove(element);
                for other in &self.holders[element as usize] {
                    if *other != set {
                        let mark = &mut self.marks[*other as usize];
                        mark.score -= weight;
                        mark.may_return = true;
                    }
                }
            } else if count == 1 {
                self.marks[sum as usize].score += weight;
            }
        }
    }

    fn drop_set(&mut self, set: u32) {
        self.marks[set as usize].selected = false;
        self.chosen.retain(|other| *other != set);
        self.marks[set as usize].changed = self.step;
        self.marks[set as usize].may_return = false;
        self.marks[set as usize].score = -self.marks[set as usize].score;
        for index in 0..self.sets[set as usize].len() {
            let element = self.sets[set as usize][index];
            let weight = self.weights[element as usize];
            let (count, sum) = self.held[element as usize];
            let rest = (count - 1, sum.wrapping_sub(set));
            self.held[element as usize] = rest;
            if count == 1 {
                self.missing.insert(element);
                for other in &self.holders[element as usize] {
                    if *other != set {
                        let mark = &mut self.marks[*other as usize];
                        mark.score += weight;
                        mark.may_return = true;
                    }
                }
            } else if count == 2 {
                self.marks[rest.1 as usize].score -= weight;
            }
        }
    }

    /// Selects, each time the set that gains most, until nothing is missed.
    pub(super) fn complete(&mut self) {
        while !self.missing.list.is_empty() {
            let unselected = (0..number(self.sets.len())).filter(|set| !self.marks[*set as usize].selected);
            let Some(best) = unselected.max_by_key(|set| (self.marks[*set as usize].score, Reverse(*set))) else {
                return;
            };
            self.select(best);
        }
    }

    /// Searches for so many steps and is left with the smallest selection seen that misses nothing.
    pub(super) fn search(&mut self, steps: u32) {
        self.complete();
        let mut best = self.chosen();
        let mut newest = None;
        for _ in 0..steps {
            while self.missing.list.is_empty() {
                best = self.chosen();
                let Some(out) = self.cheapest(None) else { return };
                self.drop_set(out);
            }
            self.step += 1;
            let Some(out) = self.cheapest(newest) else { break };
            self.drop_set(out);
            let turn = self.step.wrapping_mul(0x9E37_79B1) as usize;
            let element = self.missing.list[turn % self.missing.list.len()];
            let holders = self.holders[element as usize].iter().copied();
            let wanted = holders.filter(|set| self.marks[*set as usize].may_return);
            let incoming = wanted.max_by_key(|set| {
                (self.marks[*set as usize].score, Reverse(self.marks[*set as usize].changed), Reverse(*set))
            });
            if let Some(incoming) = incoming {
                self.select(incoming);
                newest = Some(incoming);
            }
            for index in 0..self.missing.list.len() {
                let element = self.missing.list[index];
                self.weights[element as usize] += 1;
                for set in &self.holders[element as usize] {
                    self.marks[*set as usize].score += 1;
                }
            }
        }
        if self.missing.list.is_empty() && self.chosen.len() <= best.len() {
            return;
        }
        for set in self.chosen() {
            if best.binary_search(&set).is_err() {
                self.drop_set(set);
            }
        }
        for set in best {
            self.select(set);
        }
    }

    /// The selected set, other than one, whose loss is least; of equal ones that which has been there longest.
    fn cheapest(&self, but: Option<u32>) -> Option<u32> {
        let order = |set: &&u32| {
            (self.marks[**set as usize].score, Reverse(self.marks[**set as usize].changed), Reverse(**set))
        };
        self.chosen.iter().filter(|set| but != Some(**set)).max_by_key(order).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_search_misses_nothing_and_takes_no_more_sets_than_greed_does(
            sets in prop::collection::vec(prop::collection::btree_set(0..40_u32, 1..12), 1..40),
            later in prop::collection::btree_set(0..40_u32, 1..12),
        ) {
            let mut sets: Vec<Vec<u32>> = sets.into_iter().map(|set| set.into_iter().collect()).collect();
            let mut search = Selection::new(sets.clone(), 40);
            search.complete();
            let greedy = search.chosen().len();
            search.search(50);
            prop_assert!(search.chosen().len() <= greedy);
            let set: Vec<u32> = later.into_iter().collect();
            search.add_set(set.clone());
            sets.push(set);
            search.search(50);
            let chosen = search.chosen();
            for element in 0..40 {
                let holds = |set: &u32| sets[*set as usize].contains(&element);
                let is_held = chosen.iter().any(holds);
                prop_assert_eq!(is_held, sets.iter().any(|set| set.contains(&element)), "{}", element);
            }
        }
    }
}
