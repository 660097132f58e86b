//! What is live and what is remembered, for some outlets, a few at a time.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::JoinSet};

use super::super::{session::Session, trouble::Trouble};
use crate::{
    catalog::{Catalog, OutletId, live::LiveCatalog},
    plan::{Base, Inputs, OutletPlan, PeerPrices, plan},
    policy::Policy,
    remote::Read as _,
    sync::base_of,
};

/// One outlet as it stands.
pub(super) struct Fetched {
    pub(super) outlet: OutletId,
    pub(super) live: LiveCatalog,
    /// What we last pushed and saw arrive.
    pub(super) base: Option<Base>,
}

impl Fetched {
    /// What a push of `desired` would do.
    pub(super) fn plan(&self, desired: &Catalog, policy: &Policy) -> OutletPlan {
        plan(&Inputs {
            outlet: &self.outlet,
            desired,
            base: self.base.as_ref(),
            live: &self.live,
            policy,
            revert: false,
            released: &Default::default(),
            peers: &PeerPrices::new(),
            ended: &Default::default(),
            past: &Default::default(),
            place: &|_| None,
        })
    }
}

/// Fetches all of `outlets`, in their order; the first that cannot be fetched ends it, so that nothing is half done.
pub(super) async fn all(session: &Session, outlets: &[OutletId]) -> Result<Vec<Fetched>, Trouble> {
    let reader = session.client()?.reader();
    let store = session.remembered()?;
    let slots = Arc::new(Semaphore::new(session.settings()?.gobiz.concurrency));
    let mut tasks = JoinSet::new();
    for outlet in outlets {
        let (reader, outlet, slots) = (reader.clone(), outlet.clone(), Arc::clone(&slots));
        tasks.spawn(async move {
            let _slot = slots.acquire_owned().await.ok();
            let live = reader.fetch(&outlet).await;
            (outlet, live)
        });
    }
    let mut fetched = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (outlet, live) = done?;
        let live = live.map_err(|error| Trouble::failed(format!("cannot import outlet {outlet}"), error))?;
        let base = store.as_ref().map(|store| base_of(store, &outlet)).transpose()?.flatten();
        fetched.push(Fetched { outlet, live, base });
    }
    fetched.sort_by(|a, b| a.outlet.cmp(&b.outlet));
    Ok(fetched)
}
