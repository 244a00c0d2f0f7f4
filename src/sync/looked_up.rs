use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::wire::Response;

/// What the look-ups of a run brought, by the venue's id: circles overlap, and a venue is looked up once.
///
/// Which tile asks is left to chance, but not what is asked: the question for a venue is the same in all of them.
#[derive(Debug, Default)]
pub(super) struct LookedUp(Mutex<HashMap<String, Arc<Response>>>);

impl LookedUp {
    pub(super) fn get(&self, id: &str) -> Option<Arc<Response>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(super) fn keep(&self, id: String, response: Response) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::new(response));
    }
}
