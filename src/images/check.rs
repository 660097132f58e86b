//! Many images checked, a few at a time, with what is remembered of earlier looks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    Finding,
    fetch::{Fetched, Fetcher, Lookup, Validators},
};
use crate::{
    settings::Images,
    state::{ImageRow, SharedState},
};

/// Fetches at a time, over the whole process (our choice: kind to small servers; 8 MiB of memory).
static SLOTS: Semaphore = Semaphore::const_new(8);

/// How long a good verdict counts without a new look, where nothing else is known to have changed (our choice).
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// Counts up with every change of what is judged, so that verdicts of older releases are not taken over.
const JUDGEMENT: i64 = 1;

/// Is told how many of how many images are done.
pub type Progress<'a> = &'a mut (dyn FnMut(usize, usize) + Send);

/// Where verdicts are remembered, and the time.
#[derive(Clone)]
pub struct Remembered {
    /// The state; `None`: nothing is remembered.
    pub state: Option<SharedState>,
    /// Now.
    pub now: Timestamp,
}

/// Looks at every address, asking the servers whether what was seen earlier still holds. The answer has every address.
pub async fn check(
    urls: BTreeSet<String>,
    settings: &Images,
    lookup: Lookup,
    remembered: &Remembered,
    progress: Progress<'_>,
) -> BTreeMap<String, Vec<Finding>> {
    let total = urls.len();
    let fetcher = match Fetcher::new(settings, lookup) {
        Ok(fetcher) => Arc::new(fetcher),
        Err(why) => return urls.into_iter().map(|url| (url, vec![Finding::unchecked(&why)])).collect(),
    };
    let mut tasks = JoinSet::new();
    for url in &urls {
        let (url, fetcher, remembered) = (url.clone(), Arc::clone(&fetcher), remembered.clone());
        tasks.spawn(async move {
            // The semaphore is never closed.
            let _slot = SLOTS.acquire().await.ok();
            let findings = look(&url, &fetcher, &remembered).await;
            (url, findings)
        });
    }
    let mut checked = BTreeMap::new();
    progress(0, total);
    while let Some(done) = tasks.join_next().await {
        checked.extend(done.ok());
        progress(checked.len(), total);
    }
    let lost = |url: String| {
        let finding = Finding::unchecked("a fault in menusync itself");
        (!checked.contains_key(&url)).then(|| (url, vec![finding]))
    };
    let lost: Vec<_> = urls.into_iter().filter_map(lost).collect();
    checked.extend(lost);
    checked
}

/// What is wrong with those addresses that were not found good within a day: before a push, where most were seen before.
/// Only addresses with findings are in the answer.
pub async fn check_new(
    urls: BTreeSet<String>,
    settings: &Images,
    lookup: Lookup,
    remembered: &Remembered,
) -> BTreeMap<String, Vec<Finding>> {
    let mut stale = BTreeSet::new();
    for url in urls {
        if !is_fresh(&url, remembered).await {
            stale.insert(url);
        }
    }
    let urls = stale;
    if urls.is_empty() {
        return BTreeMap::new();
    }
    let mut checked = check(urls, settings, lookup, remembered, &mut |_, _| {}).await;
    checked.retain(|_, findings| !findings.is_empty());
    checked
}

async fn is_fresh(url: &str, remembered: &Remembered) -> bool {
    let Some((row, findings)) = recall(url, remembered).await else { return false };
    let age = remembered.now.duration_since(row.checked_at);
    findings.is_empty() && !age.is_negative() && age < FRESH
}

async fn look(url: &str, fetcher: &Fetcher, remembered: &Remembered) -> Vec<Finding> {
    let known = recall(url, remembered).await;
    let validators =
        known.as_ref().map(|(row, _)| Validators { etag: row.etag.clone(), last_modified: row.last_modified.clone() });
    let validators = validators.unwrap_or_default();
    match (fetcher.fetch(url, &validators).await, known) {
        (Fetched::Judged(findings, validators), _) => {
            remember(url, &findings, validators, remembered).await;
            findings
        }
        (Fetched::NotModified, Some((_, findings))) if validators.is_some() => {
            remember(url, &findings, validators, remembered).await;
            findings
        }
        (Fetched::NotModified, _) => vec![Finding::unchecked("HTTP 304 although nothing is known of it")],
        (Fetched::Unknown(finding), _) => vec![finding],
    }
}

/// What is remembered of an image, if it can be used. That the state cannot be read costs a fetch and nothing else.
async fn recall(url: &str, remembered: &Remembered) -> Option<(ImageRow, Vec<Finding>)> {
    let row = remembered.state.as_ref()?.image(url).await.ok()??;
    let findings = Finding::from_json(&row.findings).filter(|_| row.judgement == JUDGEMENT)?;
    Some((row, findings))
}

async fn remember(url: &str, findings: &[Finding], validators: Validators, remembered: &Remembered) {
    let Some(state) = &remembered.state else { return };
    let Validators { etag, last_modified } = validators;
    let row = ImageRow {
        url: url.to_owned(),
        etag,
        last_modified,
        checked_at: remembered.now,
        judgement: JUDGEMENT,
        findings: Finding::to_json(findings),
    };
    if let Err(error) = state.set_image(row).await {
        tracing::debug!(url, %error, "cannot remember how an image looked");
    }
}
