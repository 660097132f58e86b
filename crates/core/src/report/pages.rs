//! Whole files of HTML: a report with the dates at which dated layers change it.

use maud::{Markup, html};

use super::{
    Lang,
    horizon::{Moment, moment},
    html::{Document, PhotoAlbum, shown},
    minute,
    plan::{PlanReport, Room, View, plan_section, risks_html, sentence},
};

/// What is found at one link of the page.
struct Stop<'a> {
    anchor: String,
    /// `From Mon 2027-02-08 00:00 WIB`
    heading: String,
    report: &'a PlanReport,
}

/// A report, and what dated layers will change after it, as one file. `None`: only what they will change.
pub fn plan_html(now: Option<&PlanReport>, later: &[Moment], photos: &mut PhotoAlbum<'_>) -> String {
    let dated = later.iter().zip(1..).map(|(moment, number)| Stop {
        anchor: format!("date-{number}"),
        heading: Lang::En.from_then(&moment.heading()),
        report: &moment.report,
    });
    let first = now.map(|report| Stop { anchor: "now".to_owned(), heading: heading(report), report });
    let compared = now.iter().flat_map(|report| &report.later).zip(1..).map(|(moment, number)| Stop {
        anchor: format!("later-{number}"),
        heading: moment.heading(),
        report: &moment.report,
    });
    let stops: Vec<Stop<'_>> = first.into_iter().chain(compared).chain(dated).collect();
    let title = now.map_or("Menus: what dated layers will change", |report| title(report.view));
    let mut room = Room::new();
    let sections: Vec<Markup> = stops.iter().map(|stop| section(stop, photos, &mut room)).collect();
    let body = html! {
        header {
            h1 { (title) }
            @if let Some(report) = now { (about(report)) }
        }
        (dates(&stops.iter().map(|stop| (stop.anchor.as_str(), stop.heading.as_str())).collect::<Vec<_>>(), Lang::En))
        main {
            @if stops.is_empty() { p { "No dated layer begins or ends within this time." } }
            @for section in &sections { (section) }
        }
    };
    Document { lang: Lang::En, title: title.to_owned(), body }.into_file(photos)
}

/// Links between the dates, where there are several.
pub(super) fn dates(stops: &[(&str, &str)], lang: Lang) -> Markup {
    html! {
        @if stops.len() > 1 {
            nav.dates aria-label=(lang.dates()) { @for (anchor, heading) in stops { a href={ "#" (anchor) } { (heading) } } }
        }
    }
}

fn title(view: View) -> &'static str {
    match view {
        View::Plan => "Menus: what a push would change",
        View::Drift => "Menus: what was changed elsewhere",
        View::Diff => "Menus: what differs between the files",
    }
}

fn heading(report: &PlanReport) -> String {
    match (report.view, &report.at) {
        (View::Drift, _) => "Since the last push".to_owned(),
        (View::Plan | View::Diff, None) => "Now".to_owned(),
        (View::Plan | View::Diff, Some(at)) => format!("At {}", moment(at)),
    }
}

fn about(report: &PlanReport) -> Markup {
    let revision = report.revision.as_ref().map(|revision| revision.chars().take(10).collect::<String>());
    html! {
        p { (sentence(report)) }
        (risks_html(report))
        p.quiet {
            "Made " (minute(report.generated_at, &report.zone))
            @if let Some(revision) = revision { " of commit " code { (shown(&revision)) } }
            @if let Some(target) = &report.target { " for " (shown(&target.to_string())) }
            "."
        }
    }
}

fn section(stop: &Stop<'_>, photos: &mut PhotoAlbum<'_>, room: &mut Room) -> Markup {
    let told = plan_section(stop.report, photos, room);
    html! {
        section id=(stop.anchor) {
            h2 { (stop.heading) }
            @if stop.anchor != "now" { p { (sentence(stop.report)) } (risks_html(stop.report)) }
            (told)
        }
    }
}
