//! The outlets that are linked to the credential: a facilitator's alone can list them (documentation).

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use super::{
    Client, RemoteError,
    answer::Answer,
    call::{Body, Call},
    token,
};
use crate::catalog::OutletId;

/// Outlets that are asked for at a time (our choice; the documentation names no most).
const PER_PAGE: &str = "100";
/// A list that never ends is cut here (our choice).
const MOST_PAGES: u32 = 1000;

/// A linked outlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedOutlet {
    /// GoFood's id.
    pub id: OutletId,
    /// The id that the facilitator gave it; `None` if there is none.
    pub external_id: Option<String>,
}

impl Client {
    /// All linked outlets, sorted by id. Asks for the scope `partner:outlet:read`, which a direct integration is never
    /// granted: then the error is final ([`RemoteError::lacks_right`]).
    pub async fn linked_outlets(&self) -> Result<Vec<LinkedOutlet>, RemoteError> {
        let session = self.session(token::READ_OUTLETS);
        let (mut outlets, mut known) = (Vec::new(), BTreeSet::new());
        // How many outlets a page has at most is the server's to say: the first page without news is the end.
        for page in 1..=MOST_PAGES {
            let mut order =
                session.order(Method::GET, &["integrations", "partner", "v1", "linked-outlets"], Body::None);
            order.url.query_pairs_mut().append_pair("per", PER_PAGE).append_pair("page", &page.to_string());
            let mut fresh: Vec<LinkedOutlet> = session.read(&order, listed).await?;
            fresh.retain(|outlet| known.insert(outlet.id.clone()));
            if fresh.is_empty() {
                break;
            }
            outlets.append(&mut fresh);
        }
        outlets.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(outlets)
    }
}

/// `data.outlets[]`; a list that is `null` or missing is an empty one.
fn listed(answer: &Answer, call: &Call<'_>) -> Result<Vec<LinkedOutlet>, RemoteError> {
    let data = answer.data(call)?;
    let list = match data.get("outlets") {
        None | Some(Value::Null) if data.is_null() || data.is_object() => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        _ => return Err(answer.unexpected(call, "no list of outlets can be read from the answer")),
    };
    let read = list.iter().map(|outlet| {
        let id = outlet.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| answer.unexpected(call, "an outlet in the list has no id"))?;
        let external_id = outlet.get("external_outlet_id").and_then(Value::as_str).filter(|id| !id.is_empty());
        Ok(LinkedOutlet { id: id.into(), external_id: external_id.map(str::to_owned) })
    });
    read.collect()
}
