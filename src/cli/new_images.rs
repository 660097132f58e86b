//! A look at new images between the plan and the question: an outlet that would be refused for one is not pushed.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    output::note,
    session::{MOST_DIAGNOSTICS, Session, block_on},
    trouble::Trouble,
};
use crate::{
    diagnostic::{self, Diagnostic},
    fleet::ImageUses,
    images::Remembered,
    plan::Action,
    report::{self, OutletReport, PlanReport},
    sync::base_of,
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
    pub(super) fn leave_out_bad(&self, report: &mut PlanReport) -> Result<(), Trouble> {
        let loaded = self.session.loaded()?;
        let uses: Vec<ImageUses> = report.outlets.iter().map(|outlet| self.uses(outlet)).collect::<Result<_, _>>()?;
        let urls: BTreeSet<String> = uses.iter().flat_map(|uses| uses.keys().cloned()).collect();
        if urls.is_empty() {
            return Ok(());
        }
        let remembered = Remembered { store: self.session.memory(), now: self.at };
        let found = block_on(loaded.look_at(urls, &remembered))?;
        let mut told: Vec<Diagnostic> = Vec::new();
        for (outlet, uses) in report.outlets.iter_mut().zip(&uses) {
            let diagnostics = loaded.image_diagnostics(uses, &found);
            if let Some(why) = report::errors_brief(&diagnostics) {
                (outlet.plan, outlet.state, outlet.error) = (None, "invalid", Some(why));
            }
            told.extend(diagnostics);
        }
        diagnostic::sort(&mut told);
        if !told.is_empty() {
            let texts = |file: &str| self.session.text(file);
            note(&report::diagnostics_text(&told, &texts, false, MOST_DIAGNOSTICS));
        }
        Ok(())
    }

    /// The images that a push of this outlet brings.
    fn uses(&self, outlet: &OutletReport) -> Result<ImageUses, Trouble> {
        if outlet.plan.as_ref().is_none_or(|plan| plan.action != Action::Put) {
            return Ok(ImageUses::new());
        }
        let loaded = self.session.loaded()?;
        let Some(wanted) = loaded.wanted(&outlet.outlet, self.at) else { return Ok(ImageUses::new()) };
        let base = self.session.remembered()?.map(|store| base_of(&store, &outlet.outlet)).transpose()?.flatten();
        Ok(loaded.new_images(&wanted, &base.unwrap_or_default()))
    }
}
