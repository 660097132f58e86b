//! By what events are known to be genuine, as the files in use say it. The secrets are read again whenever the files were.

use std::{
    path::Path,
    sync::{Arc, Weak},
};

use crate::{
    fleet::Loaded,
    settings::{EventSecret, Signature, webhook_secrets},
};

/// What holds at the moment.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) signature: Signature,
    pub(super) secrets: Arc<Vec<EventSecret>>,
    /// The files that they were read for.
    of: Weak<Loaded>,
}

impl Keys {
    pub(super) fn new(signature: Signature, secrets: Vec<EventSecret>) -> Self {
        Self { signature, secrets: Arc::new(secrets), of: Weak::new() }
    }

    /// Follows the files in use. Without a `webhook` section, or if the secrets cannot be read, the old ones hold.
    pub(super) fn follow(&mut self, loaded: &Arc<Loaded>, root: &Path) {
        if std::ptr::eq(self.of.as_ptr(), Arc::as_ptr(loaded)) {
            return;
        }
        self.of = Arc::downgrade(loaded);
        let Some(settings) = &loaded.settings else { return };
        let Some(webhook) = &settings.webhook else { return };
        // The daemon says so if they cannot be read.
        if let Ok(secrets) = webhook_secrets(settings, root) {
            tell_unread(&secrets);
            (self.signature, self.secrets) = (webhook.signature, Arc::new(secrets));
        }
    }
}

/// Nobody vouches for the outlets of an account whose secret cannot be read; the others go on.
pub(super) fn tell_unread(secrets: &[EventSecret]) {
    for why in secrets.iter().filter_map(|secret| secret.secret.as_ref().err()) {
        tracing::error!("events of its outlets are refused: {why}");
    }
}
