//! A look at new images between the plan and the question: an outlet that would be refused for one is not pushed.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    command_error::CommandError,
    output::note,
    session::{MOST_DIAGNOSTICS, Session, block_on},
};
use crate::{
    diagnostic::{self, Diagnostic},
    fleet::ImageUses,
    images::Remembered,
    plan::Action,
    report::{self, OutletReport, PlanReport},
    state::SharedState,
    sync::recall,
};

/// Where to look.
pub(super) struct NewImages<'a> {
    pub(super) session: &'a Session,
    /// When the plan was made.
    pub(super) at: Timestamp,
}

impl NewImages<'_> {
    /// Takes the plans of outlets away whose new images have errors, and shows what is wrong. An image that cannot be
    /// looked at holds nothing back.
    pub(super) fn leave_out_bad(&self, report: &mut PlanReport) -> Result<(), CommandError> {
        let loaded = self.session.loaded()?;
        let state = self.session.remembered()?;
        let uses = block_on(async {
            let mut uses = Vec::new();
            for outlet in &report.outlets {
                uses.push(self.uses(outlet, state.as_ref()).await?);
            }
            Ok::<_, CommandError>(uses)
        })??;
        let urls: BTreeSet<String> = uses.iter().flat_map(|uses| uses.keys().cloned()).collect();
        if urls.is_empty() {
            return Ok(());
        }
        let remembered = Remembered { state: self.session.memory(), now: self.at };
        let found = block_on(loaded.look_at(urls, &remembered))?;
        let mut shown: Vec<Diagnostic> = Vec::new();
        for (outlet, uses) in report.outlets.iter_mut().zip(&uses) {
            let diagnostics = loaded.image_diagnostics(uses, &found);
            if let Some(why) = report::errors_brief(&diagnostics) {
                (outlet.plan, outlet.state, outlet.error) = (None, "invalid", Some(why));
            }
            shown.extend(diagnostics);
        }
        diagnostic::sort(&mut shown);
        if !shown.is_empty() {
            let texts = |file: &str| self.session.text(file);
            note(&report::diagnostics_text(&shown, &texts, false, MOST_DIAGNOSTICS));
        }
        Ok(())
    }

    /// The images that a push of this outlet brings.
    async fn uses(&self, outlet: &OutletReport, state: Option<&SharedState>) -> Result<ImageUses, CommandError> {
        if outlet.plan.as_ref().is_none_or(|plan| plan.action != Action::Put) {
            return Ok(ImageUses::new());
        }
        let loaded = self.session.loaded()?;
        let Ok(desired) = loaded.desired(&outlet.outlet, self.at) else { return Ok(ImageUses::new()) };
        let base = match state {
            Some(state) => recall(state, &outlet.outlet, self.at).await?.base,
            None => None,
        };
        Ok(loaded.new_images(&desired, &base.unwrap_or_default()))
    }
}
