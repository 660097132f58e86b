//! A look at images that are new to an outlet, before they are pushed: one bad image makes GoFood refuse the whole menu.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{ImageUse, ImageUses, Loaded};
use crate::{
    catalog::{Catalog, ItemField, Path},
    images::{self, Finding, Remembered},
    plan::Base,
    policy::Ignorable,
    sync::Desired,
};

impl Loaded {
    /// The images that a push of `desired` would bring; none where settings want no look. What was pushed and seen to arrive is
    /// in `base`, and not looked at again.
    pub fn new_images(&self, desired: &Desired, base: &Base) -> ImageUses {
        let is_off = self.settings.as_ref().is_none_or(|settings| !settings.images.check);
        if is_off || desired.paused || desired.policy.ignore.contains(&Ignorable::Image) {
            return ImageUses::new();
        }
        let known: BTreeSet<&str> = images_of(&base.catalog).map(|(_, url)| url).collect();
        let severities = Arc::new(desired.policy.rules.clone());
        let mut uses = ImageUses::new();
        for (path, url) in images_of(&desired.catalog).filter(|(_, url)| !known.contains(url)) {
            let Some(place) = desired.place(&path) else { continue };
            let used = ImageUse { place, severities: Arc::clone(&severities) };
            uses.entry(url.to_owned()).or_default().insert(used);
        }
        uses
    }

    /// Looks at those images that were not found good of late. The answer has what something is to be said about, for
    /// [`Self::image_diagnostics`]; what cannot be looked at is a warning there.
    pub async fn look_at(&self, urls: BTreeSet<String>, remembered: &Remembered) -> BTreeMap<String, Vec<Finding>> {
        match &self.settings {
            Some(settings) => images::check_new(urls, &settings.images, images::system_lookup(), remembered).await,
            None => BTreeMap::new(),
        }
    }
}

fn images_of(catalog: &Catalog) -> impl Iterator<Item = (Path, &str)> {
    catalog.items().filter_map(|(_, item)| {
        let path = Path::item_field(&item.external_id, ItemField::Image);
        Some((path, item.image.value()?.as_str()))
    })
}
