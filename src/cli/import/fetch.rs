//! What is live and what is remembered, for some outlets, a few at a time.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::JoinSet};

use super::super::{command_error::CommandError, progress::Progress, session::Session};
use crate::{
    catalog::{Catalog, OutletId, live::LiveCatalog},
    plan::{OutletPlan, PeerPrices},
    policy::Policy,
    remote::Read,
    sync::{Desired, Moment, Recalled, Target, compare, fetch, recall},
};

/// One outlet as it stands.
pub(super) struct Fetched {
    pub(super) outlet: OutletId,
    pub(super) live: LiveCatalog,
    /// What is stored of it.
    pub(super) recalled: Recalled,
}

impl Fetched {
    /// What a push of `catalog` would do.
    pub(super) fn plan(&self, catalog: &Catalog, policy: &Policy) -> OutletPlan {
        let desired = Desired::of_catalog(catalog.clone(), policy.clone());
        let target = Target::new(self.outlet.clone(), "", "");
        let peers = PeerPrices::new();
        let moment = Moment::new(jiff::Timestamp::now(), &peers);
        compare(self.live.clone(), self.recalled.clone(), &target, &desired, moment).plan
    }
}

/// Fetches all of `outlets`, in their order; the first that cannot be fetched ends it, so that nothing is half done.
pub(super) async fn all(
    session: &Session,
    outlets: &[OutletId],
    account_of: &dyn Fn(&OutletId) -> Option<Arc<str>>,
) -> Result<Vec<Fetched>, CommandError> {
    let reader = session.client()?.reader();
    let state = session.remembered()?;
    let slots = Arc::new(Semaphore::new(session.settings()?.gobiz.concurrency));
    let mut tasks = JoinSet::new();
    for outlet in outlets {
        let recalled = match &state {
            Some(state) => recall(state, outlet, jiff::Timestamp::now()).await?,
            None => Recalled::default(),
        };
        let reader = reader.as_account(account_of(outlet).as_deref());
        let (outlet, slots) = (outlet.clone(), Arc::clone(&slots));
        tasks.spawn(async move {
            let _slot = slots.acquire_owned().await.ok();
            // A copy that is behind would bring back into the files what they have just changed.
            let live = fetch(&reader, &recalled, &outlet, jiff::Timestamp::now()).await;
            (outlet, recalled, live)
        });
    }
    let mut fetched = Vec::new();
    let progress = Progress::new("outlets");
    while let Some(done) = tasks.join_next().await {
        progress.tell(fetched.len() + 1, outlets.len());
        let (outlet, recalled, live) = done?;
        let live = live.map_err(|error| CommandError::failed(format!("cannot import outlet {outlet}"), error))?;
        fetched.push(Fetched { outlet, live, recalled });
    }
    fetched.sort_by(|a, b| a.outlet.cmp(&b.outlet));
    Ok(fetched)
}
