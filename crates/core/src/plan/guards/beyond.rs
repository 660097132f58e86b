//! Guards on what a push cannot carry over, because it is not understood: `unread-field`, `unknown-field`.

use super::{
    super::extras::{Sent, Unread, named},
    Finding, Judge,
};

impl Judge<'_> {
    /// Values that the payload would have to copy from live, where they cannot be read.
    pub(super) fn unread_field(&self) -> Option<Finding> {
        let sent = Sent::of(&self.compared.payload);
        let items: Vec<_> = self.compared.uncopied.iter().filter(|path| sent.has(path)).cloned().collect();
        if items.is_empty() {
            return None;
        }
        let unread = items.iter().filter_map(|path| self.matched.extras.unread.get(path)).flatten();
        let words: Vec<String> = unread.map(Unread::words).collect();
        Some(Finding {
            limit: None,
            actual: Some(items.len() as f64),
            trips: true,
            message: format!(
                "what no file says is copied from the live menu, and this cannot be read: {}; stock would be sent as sold \
                 out, anything else would be lost",
                named(&words)
            ),
            items,
        })
    }

    /// Keys that nobody has seen come back after a push.
    pub(super) fn unknown_field(&self) -> Option<Finding> {
        let (words, things) = self.matched.extras.lost_keys(&self.compared.payload, self.inputs.base);
        if words.is_empty() {
            return None;
        }
        Some(Finding {
            limit: None,
            actual: Some(things.len().max(1) as f64),
            trips: true,
            items: things.into_iter().collect(),
            message: format!("the live menu has what menusync does not know, and a push would lose: {}", named(&words)),
        })
    }
}
