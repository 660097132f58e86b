//! `schedule`: when passes come, windows open and close, and dated layers begin and end. Offline.

use jiff::Timestamp;

use super::{Exit, command_error::CommandError, output::Format, session::Session, when::When};
use crate::{
    fleet::Survey,
    report::{self, Rounds},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
    /// Number of passes, and of changes of each kind for every outlet
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
    /// As seen at this moment instead of now, such as `2027-02-08 00:00` or `2027-02-08 00:00 WITA`
    #[arg(long, value_name = "TIME")]
    at: Option<When>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    let (now, count) = (session.moment(args.at.as_ref())?, usize::from(args.count));
    let loaded = session.loaded()?;
    let survey = session.survey(now)?;
    let rounds = rounds(session, session.settings()?, &survey, now, count)?;
    let selected = session.select(&survey, &args.outlet)?;
    session.tell_errors(&survey, &selected);
    let agendas: Vec<_> = selected.iter().map(|member| loaded.agenda(member, now, count)).collect();
    session.outputs.emit(|format, _| match format {
        Format::Json => report::schedule_json(&rounds, &agendas, now),
        _ => report::schedule_text(&rounds, &agendas),
    })?;
    let invalid = selected.iter().any(|member| !member.valid);
    Ok(if invalid { Exit::Invalid } else { session.exit_of_files(&survey) })
}

fn rounds(
    session: &Session,
    settings: &Settings,
    survey: &Survey,
    now: Timestamp,
    count: usize,
) -> Result<Rounds, CommandError> {
    let loaded = session.loaded()?;
    let (zone, load) = (loaded.timezone(), loaded.round_load(&settings.gobiz, &settings.schedule, survey, now));
    let next = |at: &Timestamp| settings.schedule.next_after(*at, &zone);
    let at = std::iter::successors(next(&now), next).take(count).collect();
    Ok(Rounds { schedule: settings.schedule.to_string(), jitter: settings.jitter, at, zone, load })
}
