//! `when`: layers that count at times that come back.

use jiff::{Timestamp, tz::TimeZone};

use super::*;
use crate::definition::Edge;

const HAPPY: &str = "when: {schedule: '0 16 * * *', duration: 2h}\nitems: {NG: {price: 15000}}";
const WEEKEND: &str = "\
when: {schedule: '0 0 * * SAT', duration: 2d}
menus: [{name: Akhir Pekan, menu_items: [{external_id: SOP, name: Sop Buntut, price: 45000}]}]
";

fn files<'t>(layers: &[&'t str], own: &'t str) -> Vec<(String, String)> {
    let mut files = vec![("catalogs/brand.yaml".to_owned(), BRAND.to_owned())];
    files
        .extend(layers.iter().enumerate().map(|(at, text)| (format!("catalogs/l{}.yaml", at + 1), (*text).to_owned())));
    let extends: Vec<_> = files.iter().map(|(path, _)| path.trim_start_matches("catalogs/")).collect();
    let own = format!("{own}\noutlet: G1\nextends: [{}]\n", extends.join(", "));
    files.push(("catalogs/own.yaml".to_owned(), own));
    files
}

fn defined(layers: &[&str], own: &str) -> Definitions {
    let files = files(layers, own);
    definitions(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// `Sat 02 00:00 +l2`, in the zone.
fn told(edges: &[Edge], zone: &str) -> Vec<String> {
    let zone = TimeZone::get(zone).unwrap();
    let layers = |edge: &Edge| -> Vec<String> {
        let sign = |begins: bool| if begins { "+" } else { "-" };
        edge.layers.iter().map(|(file, begins)| format!("{}{}", sign(*begins), &file[9..file.len() - 5])).collect()
    };
    let words = |edge: &Edge| {
        let again = if edge.repeats { " …" } else { "" };
        format!("{} {}{again}", edge.at.to_zoned(zone.clone()).strftime("%a %d %H:%M"), layers(edge).join(" "))
    };
    edges.iter().map(words).collect()
}

fn telling(definitions: &Definitions, from: &str, until: &str) -> Vec<String> {
    let edges = definitions.telling_edges(&"G1".into(), (moment(from), moment(until)), &Policy::default());
    told(&edges, "Asia/Jakarta")
}

#[test]
fn a_layer_counts_at_its_times_on_the_clocks_of_the_outlet() {
    for (zone, utc, inside) in [
        ("Asia/Jakarta", "08:59:59", false),
        ("Asia/Jakarta", "09:00:00", true),
        ("Asia/Jakarta", "10:59:59", true),
        ("Asia/Jakarta", "11:00:00", false),
        ("Asia/Jayapura", "07:00:00", true),
        ("Asia/Jayapura", "09:00:00", false),
    ] {
        let composed = layered_at(&[HAPPY, &format!("timezone: {zone}")], &format!("2027-01-05T{utc}Z"));
        assert_eq!(declared(&composed.diagnostics), Vec::<String>::new());
        assert_eq!(price(&composed.catalog, "NG") == 15_000, inside, "{zone} {utc}");
        let next = composed.next_change.unwrap().to_zoned(TimeZone::get(zone).unwrap()).hour();
        assert_eq!(next, if inside { 18 } else { 16 }, "{zone} {utc}");
    }
}

#[test]
fn between_its_dates_only() {
    let layer = "from: 2027-01-04T17:00\nuntil: 2027-01-06T17:00\nwhen: {schedule: '0 16 * * *', duration: 2h}\nitems: {NG: {price: 15000}}";
    let edges = defined(&[layer], "").next_edges(&"G1".into(), moment("2027-01-01T00:00:00Z"), 10, &Policy::default());
    let expected = [
        "Mon 04 17:00 +l1",
        "Mon 04 18:00 -l1",
        "Tue 05 16:00 +l1",
        "Tue 05 18:00 -l1",
        "Wed 06 16:00 +l1",
        "Wed 06 17:00 -l1",
    ];
    assert_eq!(told(&edges, "Asia/Jakarta"), expected.map(|edge| format!("{edge} …")));
    let early = "from: 2027-01-04T09:00\nwhen: {schedule: '0 16 * * *', duration: 2h}";
    let next = layered_at(&[early, "{}"], "2027-01-01T00:00:00Z").next_change;
    assert_eq!(next, Some(moment("2027-01-04T09:00:00Z")), "not at its date, when it does not count yet");
}

#[test]
fn edges_at_one_moment_are_one() {
    let lunch = "when: {schedule: '0 11 * * *', duration: 5h}\nitems: {NG: {price: 20000}}";
    let also = "when: {schedule: '0 16 * * *', duration: 3h}\nitems: {NU: {price: 10000}}";
    let edges = defined(&[HAPPY, lunch, also], "").next_edges(
        &"G1".into(),
        moment("2027-01-05T00:00:00Z"),
        4,
        &Policy::default(),
    );
    let expected = ["Tue 05 11:00 +l2 …", "Tue 05 16:00 +l1 -l2 +l3 …", "Tue 05 18:00 -l1 …", "Tue 05 19:00 -l3 …"];
    assert_eq!(told(&edges, "Asia/Jakarta"), expected);
}

#[test]
fn a_date_comes_once_whatever_comes_again_at_the_same_moment() {
    let ramadan = "from: 2027-01-06T16:00\nuntil: 2027-01-07T17:00\nitems: {NU: {price: 10000}}";
    let edges =
        defined(&[HAPPY, ramadan], "").next_edges(&"G1".into(), moment("2027-01-05T00:00:00Z"), 6, &Policy::default());
    let kinds: Vec<_> = edges.iter().map(|edge| (edge.repeats, edge.is_dated)).collect();
    assert_eq!(
        kinds,
        [(true, false), (true, false), (true, true), (true, false), (true, false), (false, true)],
        "{edges:?}"
    );
}

#[test]
fn what_comes_back_is_told_once() {
    let week = ("2027-01-05T00:00:00Z", "2028-01-05T00:00:00Z");
    let daily = defined(&[HAPPY], "");
    assert_eq!(telling(&daily, week.0, week.1), ["Tue 05 16:00 +l1 …", "Tue 05 18:00 -l1 …"]);
    assert_eq!(
        telling(&daily, "2027-01-05T10:00:00Z", week.1),
        ["Tue 05 18:00 -l1 …", "Wed 06 16:00 +l1 …"],
        "begun already"
    );
    let begun = telling(&daily, "2027-01-05T09:00:00Z", week.1);
    assert_eq!(begun, ["Tue 05 18:00 -l1 …", "Wed 06 16:00 +l1 …"], "from the very moment on");
    let both = defined(&[HAPPY, WEEKEND], "");
    let expected = [
        "Tue 05 16:00 +l1 …",
        "Tue 05 18:00 -l1 …",
        "Sat 09 00:00 +l2 …",
        "Sat 09 16:00 +l1 …",
        "Sat 09 18:00 -l1 …",
        "Mon 11 00:00 -l2 …",
    ];
    assert_eq!(telling(&both, week.0, week.1), expected, "each alone, and both together");
    assert_eq!(telling(&both, week.0, "2027-01-05T11:00:00Z").len(), 2, "up to the moment asked for, and including it");
}

#[test]
fn a_season_meets_what_comes_back() {
    let season = "from: 2027-02-08\nuntil: 2027-03-10\nitems: {NG: {price: 30000}}";
    let found = telling(&defined(&[season, HAPPY], ""), "2027-01-05T00:00:00Z", "2030-01-05T00:00:00Z");
    let expected = [
        "Tue 05 16:00 +l2 …",
        "Tue 05 18:00 -l2 …",
        "Mon 08 00:00 +l1",
        "Mon 08 16:00 +l2 …",
        "Mon 08 18:00 -l2 …",
        "Wed 10 00:00 -l1",
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_leads_to_something_new_is_told_with_it() {
    // Late hours are known by Tuesday; on Saturday a layer begins in the middle of them.
    let late = "when: {schedule: '0 22 * * *', duration: 4h}\nitems: {NG: {price: 15000}}";
    let found = telling(&defined(&[late, WEEKEND], ""), "2027-01-05T00:00:00Z", "2027-01-09T12:00:00Z");
    let expected =
        ["Tue 05 22:00 +l1 …", "Wed 06 02:00 -l1 …", "Fri 08 22:00 +l1 …", "Sat 09 00:00 +l2 …", "Sat 09 02:00 -l1 …"];
    assert_eq!(found, expected);
}

#[test]
fn what_is_far_ahead_is_found() {
    let christmas = "when: {schedule: '0 0 25 12 *', duration: 1d}\nitems: {NU: {price: 10000}}";
    let found = telling(&defined(&[HAPPY, christmas], ""), "2027-01-05T00:00:00Z", "2028-01-05T00:00:00Z");
    assert!(
        found.contains(&"Sat 25 00:00 +l2 …".to_owned()) && found.contains(&"Sun 26 00:00 -l2 …".to_owned()),
        "{found:?}"
    );
}

#[test]
fn what_is_far_ahead_is_told_with_what_it_begins_in() {
    let late = "when: {schedule: '0 22 * * *', duration: 4h}\nitems: {NG: {price: 15000}}";
    let christmas = "when: {schedule: '0 0 25 12 *', duration: 12h}\nitems: {NU: {price: 10000}}";
    let found = telling(&defined(&[late, christmas], ""), "2027-01-05T00:00:00Z", "2028-01-05T00:00:00Z");
    let expected = [
        "Tue 05 22:00 +l1 …",
        "Wed 06 02:00 -l1 …",
        "Fri 24 22:00 +l1 …",
        "Sat 25 00:00 +l2 …",
        "Sat 25 02:00 -l1 …",
        "Sat 25 12:00 -l2 …",
    ];
    assert_eq!(found, expected);
}

#[test]
fn many_layers_that_come_back_stay_few_moments() {
    let layers: Vec<String> = (0..12)
        .map(|n| {
            format!(
                "when: {{schedule: '{} {} * * *', duration: {}m}}\nitems: {{NG: {{price: 1{n}000}}}}",
                n * 5,
                n + 6,
                40 + 50 * n
            )
        })
        .collect();
    let layers: Vec<&str> = layers.iter().map(String::as_str).collect();
    let found = telling(&defined(&layers, ""), "2027-01-05T00:00:00Z", "2028-01-05T00:00:00Z");
    assert!((24..=100).contains(&found.len()), "{}", found.len());
}

#[test]
fn in_a_zone_with_summer_time_it_lasts_its_duration() {
    let breakfast = "when: {schedule: '0 1 * * *', duration: 9h30m}".replace("9h30m", "570m");
    let edges = |from: &str| {
        let defined = defined(&[&breakfast], "timezone: Europe/Berlin");
        told(&defined.next_edges(&"G1".into(), moment(from), 2, &Policy::default()), "Europe/Berlin")
    };
    assert_eq!(edges("2027-03-27T12:00:00Z"), ["Sun 28 01:00 +l1 …", "Sun 28 11:30 -l1 …"]);
    assert_eq!(edges("2027-10-30T12:00:00Z"), ["Sun 31 01:00 +l1 …", "Sun 31 09:30 -l1 …"]);
    assert_eq!(edges("2027-06-30T12:00:00Z"), ["Thu 01 01:00 +l1 …", "Thu 01 10:30 -l1 …"]);
}

#[test]
fn what_it_brings_rests_between_its_times() {
    let at = |time: &str| layered_at(&[WEEKEND, "{}"], time);
    let (weekday, saturday) = (at("2027-01-05T00:00:00Z"), at("2027-01-09T00:00:00Z"));
    assert_eq!((shape(&weekday.catalog).contains("SOP"), shape(&saturday.catalog).contains("SOP")), (false, true));
    assert_eq!(weekday.recurring.resting, [("SOP".into(), ["catalogs/l1.yaml".into()].into())].into());
    assert_eq!((weekday.ended.len(), saturday.recurring.resting.len()), (0, 0));
    assert_eq!(saturday.recurring.files, ["catalogs/l1.yaml".into()].into());
    let not_yet = layered_at(&[&format!("from: 2027-03-01\n{WEEKEND}"), "{}"], "2027-01-05T00:00:00Z");
    assert!(not_yet.recurring.resting.is_empty(), "it has never counted");
    let away = |composed: &Composed| composed.recurring.away.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (composed, expected) in [(&weekday, "items/SOP"), (&saturday, ""), (&not_yet, "items/SOP")] {
        assert_eq!(away(composed).join(","), expected);
    }
    // What one takes away for a while is away, and what nobody defines any more is not.
    let fasting = "when: {schedule: '0 0 * * SAT', duration: 2d}\nitems: {NG: {remove: true}}";
    assert_eq!(away(&layered_at(&[fasting, "{}"], "2027-01-09T00:00:00Z")), ["items/NG"]);
    assert_eq!(away(&layered_at(&[fasting, "{}"], "2027-01-05T00:00:00Z")), [] as [&str; 0]);
    assert_eq!(away(&layered_at(&[HAPPY, "items: {NG: {remove: true}}"], "2027-01-09T09:00:00Z")), [] as [&str; 0]);
    let over = layered_at(&[&format!("until: 2027-01-03\n{WEEKEND}"), "{}"], "2027-01-05T00:00:00Z");
    assert_eq!((over.recurring.resting.len(), over.ended.len(), over.next_change), (1, 0, None));
    assert_eq!(away(&over), [] as [&str; 0]);
}

#[test]
fn what_it_defines_may_be_patched_at_any_time() {
    let own = "items: {SOP: {price: 50000}}";
    assert_eq!(declared(&layered_at(&[WEEKEND, own], "2027-01-05T00:00:00Z").diagnostics), Vec::<String>::new());
    assert_eq!(price(&layered_at(&[WEEKEND, own], "2027-01-09T00:00:00Z").catalog, "SOP"), 50_000);
}

fn complaints(layer: &str) -> Vec<String> {
    let composed = layered(&[layer, "{}"]);
    let words = |d: &Diagnostic| format!("{}: {} ({})", d.code, d.message, d.help.as_deref().unwrap_or("-"));
    let places = declared(&composed.diagnostics).into_iter().map(|d| d.split(' ').next_back().unwrap().to_owned());
    composed.diagnostics.iter().map(words).zip(places).map(|(words, place)| format!("{place} {words}")).collect()
}

#[test]
fn what_is_wrong_with_it_is_told_where_it_stands() {
    let wrong: Vec<String> = [
        "when: {schedule: '0 25 * * *', duration: 2h}",
        "when: {schedule: '0 0 30 2 *', duration: 2h}",
        "when: {schedule: '0 16 * * *', duration: 0h}",
        "when: {schedule: '0 16 * * *'}",
        "when: {schedule: '0 16 * * *', duration: 2h, outlets: ['*']}",
        "when: Friday",
        "when: {schedule: '0 16 * * *', duration: 1d}",
        "when: {schedule: '* * 1-7 * *', duration: 1m}",
        "when: {schedule: '0 16 * * *', duration: 20m}",
        "when: {schedule: '0 16 * * *', duration: 1425m}",
        "from: 2027-02-08\nuntil: 2027-02-10\nwhen: {schedule: '0 16 * * FRI', duration: 2h}",
        "account: sari\nwhen: {schedule: '0 16 * * *', duration: 2h}",
    ]
    .iter()
    .flat_map(|layer| complaints(layer))
    .collect();
    insta::assert_snapshot!(wrong.join("\n"), @r#"
    l1:1:18 cron: `schedule`: the hour field `25` is not understood (write `*`, numbers from 0 to 23, ranges `a-b` or steps `*/n`)
    l1:1:18 cron: `schedule`: the cron expression `0 0 30 2 *` never happens: no such month has such a day of month (write a day of month that the month has)
    l1:1:42 out-of-range: a `duration` of no length never begins (write 1m or more)
    l1:1:7 missing-key: `when` has no `duration` (add `duration: …`)
    l1:1:46 unknown-key: unknown key `outlets` in `when` (use `schedule` or `duration`, or begin it with `x-` to have it ignored)
    l1:1:7 wrong-type: expected a mapping for `when`, found `Friday` (write `key: value` lines, indented below it)
    l1:1:7 when-endless: this `when` does not end: each time lasts until the next begins, 100 times in a row or for ever (write one start and the whole duration, such as `{schedule: "0 16 * * *", duration: 3h}`; without `when` the layer always counts)
    l1:1:7 when-endless: this `when` does not end: each time lasts until the next begins, 100 times in a row or for ever (write one start and the whole duration, such as `{schedule: "0 16 * * *", duration: 3h}`; without `when` the layer always counts)
    l1:1:7 when-short: this `when` lasts 20m: it may be over before customers see it (make it 30m or longer, because a push may take as long until customers see it)
    l1:1:7 when-short: this `when` pauses for 15m: customers may not see that it ended before it begins again (make it 30m or longer, because a push may take as long until customers see it)
    l1:3:7 when-outside-dates: this `when` never begins between `from` and `until`, so the layer changes nothing (correct `schedule`, or the dates)
    l1:1:10 conflicting-keys: a dated layer cannot name an `account` (write it into the outlet, or into a layer without `from`, `until` and `when`)
    "#);
    assert_eq!(
        declared(&layered(&["when: {schedule: '0 16 * * *', duration: 2h}"]).diagnostics),
        ["dated-outlet own:1:1"]
    );
    for fine in [
        "when: ~",
        "when: {schedule: '0 16 * * FRI', duration: 6h}\nfrom: 2027-02-08\nuntil: 2027-02-13",
        "when: {schedule: '0 0 29 2 *', duration: 1d}",
        "when: {schedule: '0 9-17 * * *', duration: 30m}",
    ] {
        assert_eq!(complaints(fine), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn a_discount_counts_from_the_price_at_its_own_beginning() {
    // 16:00 to 18:00 is cheaper every day; a promotion two months ahead begins at midnight.
    let own = "promotions: {p: {external_menu_id: NG, discount: 20%, start_date: 2027-03-10, end_date: 2027-03-12}}";
    for (at, place) in [
        ("2027-01-05T00:00:00Z", "before"),
        ("2027-01-05T09:30:00Z", "in a happy hour before"),
        ("2027-03-10T09:30:00Z", "in a happy hour of it"),
    ] {
        let composed = layered_at(&[HAPPY, own], at);
        let promotion = &composed.catalog.promotions[0];
        assert_eq!(promotion.detail.selling_price.0, 20_000, "{place}");
        assert!(promotion.prices.iter().any(|price| price.0 == 15_000), "{place}: {:?}", promotion.prices);
    }
}
