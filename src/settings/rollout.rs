//! `rollout`: a change of many outlets goes out in waves.

use std::time::Duration;

use crate::{
    definition::policy::outlet_globs,
    document::{Decoder, Fields, Node, Spanned, Value},
    rollout::{Rollout, WaveSize},
};

/// What is written where nothing better is known.
const HELP: &str = "write waves that grow, such as `[1, 10%, 100%]`, or name the first: `[[G916309315], 10%, 100%]`";
/// The pause where none is given (our choice: a quarter of an hour of orders).
const BAKE: Duration = Duration::from_secs(15 * 60);

/// Reads the section, and the patterns in its waves; `None` if there is none.
pub(super) fn rollout(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Option<(Rollout, Vec<Spanned<String>>)> {
    let (key, node) = fields.take_entry("rollout")?;
    let mut inner = decoder.mapping(node, "rollout")?;
    let bake = inner.take("bake").and_then(|node| decoder.duration(node, "bake")).map_or(BAKE, |bake| bake.value);
    let mut patterns = Vec::new();
    let waves = match inner.take("waves") {
        Some(node) => waves(decoder, node, &mut patterns),
        None => {
            decoder.error("missing-key", &key.span, "`rollout` has no `waves`").help(HELP);
            None
        }
    };
    decoder.finish(inner, "rollout");
    Some((Rollout { waves: waves?, bake }, patterns))
}

fn waves(decoder: &mut Decoder, node: &Node, patterns: &mut Vec<Spanned<String>>) -> Option<Vec<WaveSize>> {
    let nodes = decoder.list(node, "waves")?;
    let mut waves: Vec<WaveSize> = Vec::new();
    let mut is_good = true;
    for node in nodes {
        let Some(size) = size(decoder, node, patterns) else {
            is_good = false;
            continue;
        };
        if let Some(why) = waves.iter().rev().find_map(|before| not_more(before, &size)) {
            decoder.error("out-of-range", &node.span, why).help(HELP);
            is_good = false;
        }
        waves.push(size);
    }
    if is_good && matches!(waves.as_slice(), [] | [WaveSize::Percent(100.0..)]) {
        decoder.error("out-of-range", &node.span, "`waves` has no wave before the last one, which is all").help(HELP);
        return None;
    }
    is_good.then_some(waves)
}

fn size(decoder: &mut Decoder, node: &Node, patterns: &mut Vec<Spanned<String>>) -> Option<WaveSize> {
    if let Value::Sequence(globs) = &node.value {
        if globs.is_empty() {
            decoder.error("wrong-type", &node.span, "a wave names no outlets").help(HELP);
            return None;
        }
        let globs = outlet_globs(decoder, node)?;
        patterns.extend(globs.iter().cloned());
        return Some(WaveSize::Named(globs.into_iter().map(|glob| glob.value).collect()));
    }
    if node.scalar().is_some_and(|scalar| scalar.text.trim_end().ends_with('%')) {
        let percent = decoder.percent(node, "waves")?.value;
        if percent > 0.0 && percent <= 100.0 {
            return Some(WaveSize::Percent(percent));
        }
        decoder.error("out-of-range", &node.span, format!("a wave cannot be {percent}% of the outlets")).help(HELP);
        return None;
    }
    if node.scalar().is_none_or(|scalar| !scalar.text.starts_with(|c: char| c.is_ascii_digit() || c == '-')) {
        let what = "a wave is a number of outlets, a share of them, or a list of patterns that name them";
        decoder.error("wrong-type", &node.span, what).help(HELP);
        return None;
    }
    let count = decoder.integer(node, "waves")?.value;
    match usize::try_from(count) {
        Ok(count @ 1..) => Some(WaveSize::Count(count)),
        _ => {
            decoder.error("out-of-range", &node.span, format!("a wave cannot be {count} outlets")).help(HELP);
            None
        }
    }
}

/// Why a wave takes nobody beyond an earlier one, or may not.
fn not_more(before: &WaveSize, size: &WaveSize) -> Option<String> {
    match (before, size) {
        (WaveSize::Count(before), WaveSize::Count(count)) if count <= before => Some(format!(
            "a wave up to {count} outlets takes nobody after one up to {before}: each number counts those before it too"
        )),
        (WaveSize::Percent(before), WaveSize::Percent(percent)) if percent <= before => {
            Some(format!("a wave up to {percent}% takes nobody after one up to {before}%"))
        }
        (WaveSize::Percent(100.0..), _) => Some("nobody is left after a wave of 100%".to_owned()),
        (WaveSize::Percent(before), WaveSize::Count(count)) => {
            Some(format!("a wave up to {count} outlets may take nobody after one up to {before}%: numbers come first"))
        }
        _ => None,
    }
}
