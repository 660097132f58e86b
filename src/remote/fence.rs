//! What is asked before a call leaves that changes something at an outlet.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::catalog::OutletId;

/// Says whether an outlet is still in our hands: another process may have taken it over while this one stood still.
#[async_trait]
pub trait Fence: Send + Sync {
    /// Asked once nothing is waited for any more and the call, which takes so long at most, would leave; `Err` says why it must
    /// not.
    async fn before_call(&self, outlet: &OutletId, lasts: Duration) -> Result<(), String>;

    /// The call is over, whatever came of it. Not said of a call that nobody waits for any more.
    fn call_ended(&self, outlet: &OutletId);
}

/// Nobody else can have an outlet that is held here.
pub fn unfenced() -> Arc<dyn Fence> {
    struct Unfenced;

    #[async_trait]
    impl Fence for Unfenced {
        async fn before_call(&self, _: &OutletId, _: Duration) -> Result<(), String> {
            Ok(())
        }

        fn call_ended(&self, _: &OutletId) {}
    }

    Arc::new(Unfenced)
}
