//! Images of a PUT, fetched as the platform does it (documentation: public, JPEG or PNG, at most 1 MB).

use std::{collections::BTreeSet, time::Duration};

use reqwest::Client;

use super::written::Catalog;

/// Largest image (documentation).
const LARGEST: usize = 1_000_000;
/// How long one image may take (our choice).
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is wrong with the images of a body; each address is fetched once.
pub(super) async fn check(catalog: &Catalog) -> Vec<String> {
    let urls: BTreeSet<&str> = catalog.items().filter_map(|item| item.image.as_deref()).collect();
    let client = super::delivery::build_client(TIMEOUT);
    let mut complaints = Vec::new();
    for url in urls.into_iter().filter(|url| !url.is_empty()) {
        complaints.extend(check_one(&client, url).await);
    }
    complaints
}

async fn check_one(client: &Client, url: &str) -> Option<String> {
    let unreachable = || Some(format!("menu_items.image: image cannot be fetched: {url}"));
    let Ok(mut answer) = client.get(url).send().await else { return unreachable() };
    if !answer.status().is_success() {
        return unreachable();
    }
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST {
            return Some("menu_items.image: image is larger than 1 MB".into());
        }
    }
    let is_known = bytes.starts_with(b"\xFF\xD8\xFF") || bytes.starts_with(b"\x89PNG\r\n\x1A\n");
    (!is_known).then(|| "invalid image type".into())
}
