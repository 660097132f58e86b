//! What a look at files is at, so that whoever waits for it can say what hangs.

use std::sync::{Arc, Mutex, PoisonError};

/// The thing that is waited for. Its clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Doing(Arc<Mutex<Arc<str>>>);

impl Doing {
    /// This is waited for from now on.
    pub fn set(&self, what: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = what.into();
    }

    /// What is waited for.
    pub fn get(&self) -> Arc<str> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
