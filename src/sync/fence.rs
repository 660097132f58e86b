//! The state, which knows who has an outlet, asked before calls leave.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::chain;
use crate::{catalog::OutletId, remote::Fence, state::SharedState};

/// Asks the state.
pub fn fence(state: SharedState) -> Arc<dyn Fence> {
    Arc::new(StateFence(state))
}

struct StateFence(SharedState);

#[async_trait]
impl Fence for StateFence {
    async fn before_call(&self, outlet: &OutletId, lasts: Duration) -> Result<(), String> {
        self.0.before_call(outlet.as_str(), lasts).await.map_err(|error| chain(&error))
    }

    fn call_ended(&self, outlet: &OutletId) {
        self.0.call_ended(outlet.as_str());
    }
}
