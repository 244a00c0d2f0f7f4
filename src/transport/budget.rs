//! The stock of further attempts that all requests of a run share.

use std::sync::{Mutex, PoisonError};

use super::retry::RetryPolicy;

/// Counted in fine answers: a further attempt costs as many as put it back.
#[derive(Debug)]
pub(super) struct Budget {
    left: Mutex<u32>,
    full: u32,
    price: u32,
}

impl Budget {
    pub(super) fn new(policy: &RetryPolicy) -> Self {
        let price = policy.answers_per_refill.max(1);
        let full = policy.budget.saturating_mul(price);
        Self { left: Mutex::new(full), full, price }
    }

    /// Further attempts in stock.
    pub(super) fn left(&self) -> u32 {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) / self.price
    }

    /// Takes one further attempt, as far as there is one.
    pub(super) fn spend(&self) {
        self.change(|left| left.saturating_sub(self.price));
    }

    /// Counts a fine answer.
    pub(super) fn refill(&self) {
        self.change(|left| left.saturating_add(1).min(self.full));
    }

    fn change(&self, to: impl Fn(u32) -> u32) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = to(*left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(budget: u32, answers_per_refill: u32) -> Budget {
        Budget::new(&RetryPolicy { budget, answers_per_refill, ..RetryPolicy::default() })
    }

    #[test]
    fn fine_answers_put_attempts_back_up_to_the_full_stock() {
        let stock = budget(2, 3);
        stock.spend();
        assert_eq!(stock.left(), 1);
        stock.refill();
        stock.refill();
        assert_eq!(stock.left(), 1, "two answers of three");
        stock.refill();
        assert_eq!(stock.left(), 2);
        stock.refill();
        assert_eq!(stock.left(), 2, "never more than full");
    }

    #[test]
    fn an_empty_stock_stays_empty() {
        let stock = budget(1, 10);
        stock.spend();
        stock.spend();
        assert_eq!(stock.left(), 0);
        assert_eq!(budget(0, 0).left(), 0);
    }
}
