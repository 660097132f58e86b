//! Two states of the files are compared at each moment at which dated layers begin or end, too.

use jiff::{ToSpan, Zoned};

use crate::harness::{Ran, Repository, brand, outlet};

/// A month in which Takjil is sold. Weeks lie before it whatever the day and the zone: where it is tomorrow, Kuta is there already.
struct Month {
    from: String,
    until: String,
}

impl Month {
    fn next() -> Self {
        let first = Zoned::now().checked_add(2.months()).unwrap().first_of_month().unwrap();
        let after = first.checked_add(1.month()).unwrap();
        Self { from: first.strftime("%Y-%m-%d").to_string(), until: after.strftime("%Y-%m-%d").to_string() }
    }

    fn layer(&self, kolak: u32, more: &str) -> String {
        format!(
            "from: {}T00:00\nuntil: {}T00:00\nmenus:\n  - name: Takjil\n    menu_items:\n      - {{external_id: KOLAK, \
             name: Kolak Pisang, description: Manis, price: {kolak}}}\n{more}",
            self.from, self.until
        )
    }

    /// Kuta lives an hour ahead of the others.
    fn repository(&self) -> Repository {
        let repository = brand();
        repository.write("catalogs/month.yaml", self.layer(12000, ""));
        for (index, name) in ["Kemang", "Kuta", "Ubud"].iter().enumerate() {
            let zone = if *name == "Kuta" { "timezone: Asia/Makassar\n" } else { "" };
            let file =
                outlet(&format!("G{index}"), name, zone).replace("../layer.yaml", "../layer.yaml, ../month.yaml");
            repository.write(&format!("catalogs/outlets/{index}.yaml"), file);
        }
        repository.commit();
        repository
    }

    /// With names for the days, which are others tomorrow.
    fn redacted(&self, text: &str) -> String {
        let weekday = |date: &str| date.parse::<jiff::civil::Date>().unwrap().strftime("%a").to_string();
        let day = |text: String, date: &str, name: &str| text.replace(&format!("{} {date}", weekday(date)), name);
        day(day(text.to_owned(), &self.from, "FIRST DAY"), &self.until, "LAST DAY")
    }
}

fn diff(repository: &Repository, format: &str) -> Ran {
    let ran = repository.run(&["diff", "HEAD", "--output", format]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""), "{}", ran.out);
    ran
}

#[test]
fn what_a_layer_will_change_is_shown_at_its_date() {
    let month = Month::next();
    let repository = month.repository();
    repository.write("catalogs/month.yaml", month.layer(14000, "items:\n  NG: {price: 2500}\n"));
    insta::assert_snapshot!("later-text", month.redacted(&diff(&repository, "text").out));
    insta::assert_snapshot!("later-markdown", month.redacted(&diff(&repository, "markdown").out));
    let json = diff(&repository, "json").json();
    assert_eq!(json["summary"]["changed"], 0);
    let later = json["later"].as_array().unwrap();
    assert_eq!(later[0]["at"], format!("{}T00:00:00", month.from));
    assert_eq!(later[0]["zones"], serde_json::json!(["WIB", "WITA"]));
    assert_eq!(later[0]["layers"], serde_json::json!([{"file": "catalogs/month.yaml", "begins": true}]));
    // Each outlet's own midnight.
    let at = |outlet: usize| later[0]["outlets"][outlet]["at"].as_str().unwrap();
    let midnight = |offset: &str| format!("{}T00:00:00{offset}", month.from);
    let of_all: std::collections::BTreeSet<&str> = (0..3).map(at).collect();
    assert_eq!(of_all, [&*midnight("+07:00"), &*midnight("+08:00")].into());
    assert_eq!((&later[0]["summary"]["changed"], &later[1]["summary"]["changed"]), (&3.into(), &0.into()));
}

#[test]
fn what_is_shown_already_is_not_shown_again_at_a_later_date() {
    let month = Month::next();
    let repository = month.repository();
    repository.write("catalogs/layer.yaml", crate::harness::layer(27000));
    insta::assert_snapshot!("later-same", month.redacted(&diff(&repository, "text").out));
}

#[test]
fn a_layer_that_moves_or_goes_is_seen_at_the_dates_of_both_sides() {
    let month = Month::next();
    let repository = month.repository();
    let other = Month { from: format!("{}-03", &month.from[.."2027-01".len()]), until: month.until.clone() };
    repository.write("catalogs/month.yaml", other.layer(12000, ""));
    let text = other.redacted(&month.redacted(&diff(&repository, "text").out)).replace("FIRST DAY", "A DAY");
    insta::assert_snapshot!("later-moved", text);
}

#[test]
fn at_a_moment_that_is_asked_for_only_that_is_compared() {
    let month = Month::next();
    let repository = month.repository();
    repository.write("catalogs/month.yaml", month.layer(14000, ""));
    let at = format!("{}T12:00:00+07:00", month.from);
    let json = repository.run(&["diff", "HEAD", "--at", &at, "--output", "json"]).json();
    assert_eq!((&json["summary"]["changed"], json.get("later")), (&3.into(), None));
    assert_eq!(json["at"], at);
}

/// Two hours a day.
fn happy_hour(price: u32, hour: &str) -> String {
    format!("when: {{schedule: '0 {hour} * * *', duration: 2h}}\nitems: {{NG: {{price: {price}}}}}\n")
}

#[test]
fn a_change_of_what_comes_back_is_shown_once_and_said_to_come_again() {
    let repository = brand();
    repository.write("catalogs/happy.yaml", happy_hour(20_000, "16"));
    let file = outlet("G0", "Kemang", "").replace("../layer.yaml", "../layer.yaml, ../happy.yaml");
    repository.write("catalogs/outlets/0.yaml", file);
    repository.commit();
    repository.write("catalogs/happy.yaml", happy_hour(18_000, "16"));
    let json = diff(&repository, "json").json();
    let later = json["later"].as_array().unwrap();
    let of = |price: &str| -> Vec<String> {
        let all = [&json].into_iter().chain(later);
        let outlets = all.flat_map(|moment| moment["outlets"].as_array().unwrap());
        let changes = outlets.filter_map(|outlet| outlet["changes"].as_array()).flatten();
        changes
            .filter(|change| change["path"] == price)
            .map(|change| format!("{}→{}", change["from"], change["to"]))
            .collect()
    };
    assert_eq!(of("items/NG/price"), ["20000→18000"], "now or later, once: {json:#}");
    assert_eq!(later.len(), 2, "once on, once off");
    assert!(later.iter().all(|moment| moment["repeats"] == true), "{json:#}");
    // It begins an hour later: for an hour it is cheaper before, for another after.
    repository.write("catalogs/happy.yaml", happy_hour(20_000, "17"));
    let moved = diff(&repository, "text").out;
    assert!(moved.contains("begins") && moved.contains("and again as `when` says"), "{moved}");
}
