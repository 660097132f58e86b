//! Which outlets the page lists, as its address says it.

use serde::Deserialize;

use super::causes::Cause;
use crate::{
    fleet::Member,
    report::{Lang, StatusLine, html::shown, untrusted::url_part},
    web::snapshot::Snapshot,
};

/// The fields of the form, and what the links add to them. An empty field is none.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::web) struct Filter {
    state: Option<String>,
    q: Option<String>,
    layer: Option<String>,
    account: Option<String>,
    reason: Option<String>,
    /// A reason as a link names it: the whole of it. A part of it would also be found in others.
    cause: Option<String>,
    sort: Option<String>,
    page: Option<usize>,
}

fn given(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

fn has(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

impl Filter {
    pub(super) fn state(&self) -> Option<&str> {
        given(&self.state)
    }

    pub(super) fn search(&self) -> &str {
        given(&self.q).unwrap_or_default()
    }

    pub(super) fn layer(&self) -> Option<&str> {
        given(&self.layer)
    }

    pub(super) fn account(&self) -> Option<&str> {
        given(&self.account)
    }

    pub(super) fn reason(&self) -> &str {
        given(&self.reason).unwrap_or_default()
    }

    pub(super) fn cause(&self) -> Option<&str> {
        given(&self.cause)
    }

    pub(super) fn sort(&self) -> Option<&str> {
        given(&self.sort)
    }

    /// From 1 on.
    pub(super) fn page(&self) -> usize {
        self.page.unwrap_or(1).max(1)
    }

    /// Whether it leaves out outlets.
    pub(super) fn selects(&self) -> bool {
        [&self.state, &self.q, &self.layer, &self.account, &self.reason, &self.cause]
            .into_iter()
            .any(|field| given(field).is_some())
    }

    /// An address may come from somebody who reads another language, so a reason is one in any.
    pub(super) fn matches(&self, line: &StatusLine, member: Option<&Member>, snapshot: &Snapshot) -> bool {
        let is_named = |part: &str| has(&line.outlet, part) || line.name.as_deref().is_some_and(|name| has(name, part));
        let extends = |layer: &str| member.is_some_and(|member| member.layers.iter().any(|known| &**known == layer));
        let is_of = |account: &str| member.is_some_and(|member| member.account.as_deref() == Some(account));
        let causes = || Lang::ALL.into_iter().filter_map(|lang| Cause::of(line, snapshot, lang));
        let is_reason = |part: &str| causes().any(|cause| has(&cause.text(), part));
        let is_cause = |words: &str| causes().any(|cause| shown(&cause.text()).trim() == shown(words));
        given(&self.state).is_none_or(|state| line.state == state)
            && given(&self.q).is_none_or(is_named)
            && given(&self.layer).is_none_or(extends)
            && given(&self.account).is_none_or(is_of)
            && given(&self.reason).is_none_or(is_reason)
            && given(&self.cause).is_none_or(is_cause)
    }

    pub(super) fn with_state(&self, state: Option<&str>) -> Self {
        Self { state: state.map(str::to_owned), page: None, ..self.clone() }
    }

    pub(super) fn with_sort(&self, sort: &str) -> Self {
        Self { sort: Some(sort.to_owned()), page: None, ..self.clone() }
    }

    pub(super) fn with_page(&self, page: usize) -> Self {
        Self { page: Some(page), ..self.clone() }
    }

    /// Outlets in one state for one reason.
    pub(super) fn of_cause(state: &str, cause: &str) -> Self {
        Self { state: Some(state.to_owned()), cause: Some(cause.to_owned()), ..Self::default() }
    }

    /// The address of the list.
    pub(super) fn link(&self) -> String {
        let page = self.page.filter(|page| *page > 1).map(|page| page.to_string());
        let fields = [
            ("state", given(&self.state)),
            ("q", given(&self.q)),
            ("layer", given(&self.layer)),
            ("account", given(&self.account)),
            ("reason", given(&self.reason)),
            ("cause", given(&self.cause)),
            ("sort", given(&self.sort)),
            ("page", page.as_deref()),
        ];
        let fields = fields.iter().filter_map(|(key, value)| Some(format!("{key}={}", url_part((*value)?))));
        let query = fields.collect::<Vec<_>>().join("&");
        if query.is_empty() { "/".to_owned() } else { format!("/?{query}") }
    }
}
