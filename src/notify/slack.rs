//! What Slack and those that are compatible with it take at an incoming webhook. The texts come from menus and errors, so
//! nothing in them may mention, link or format.

use serde_json::{Value, json};

use super::message::{Line, Notification};
use crate::report::Lang;

/// The most outlets in a message (our choice: a screen), and its longest text (Discord takes 2,000 characters).
const MOST_LINES: usize = 15;
const LONGEST: usize = 1_900;

/// The body of the request.
pub(super) fn body(notification: &Notification) -> Value {
    let mut text = format!("menusync: {}", plain(&notification.summary));
    let help = notification.help.as_deref().map(|help| format!("\n{}", plain(help))).unwrap_or_default();
    let link = notification.url.as_deref().map(|url| format!("\n{url}")).unwrap_or_default();
    let longest = LONGEST - (help.chars().count() + link.chars().count()).min(LONGEST);
    // One outlet is named by the summary already.
    let detail_only = notification.total == 1 && notification.states.is_none();
    for line in notification.outlets.iter().take(MOST_LINES) {
        let line = outlet_line(line, detail_only, notification.lang);
        if text.chars().count() + line.chars().count() > longest {
            break;
        }
        text.push_str(&line);
    }
    let shown = text.lines().count() - 1;
    if !detail_only && shown < notification.total {
        text.push_str(&format!("\n{}", notification.lang.and_more(notification.total - shown)));
    }
    text.push_str(&help);
    // Ours, and nothing in it is as somebody else wrote it.
    text.push_str(&link);
    json!({"text": text, "mrkdwn": false, "link_names": false, "unfurl_links": false, "unfurl_media": false})
}

fn outlet_line(line: &Line, detail_only: bool, lang: Lang) -> String {
    let Line { outlet, name, state, detail, .. } = line;
    let detail = detail.as_deref().map(plain);
    if detail_only {
        return detail.map(|detail| format!("\n{detail}")).unwrap_or_default();
    }
    let state = state.as_deref().map(|state| format!(" {}", lang.state(state))).unwrap_or_default();
    let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("\n• {} ({}){state}{detail}", plain(name), plain(outlet))
}

/// Text that only shows itself: no `<!channel>`, no `@here`, no link, no code block.
fn plain(text: &str) -> String {
    const NOTHING: &str = "\u{200b}";
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let text = text.replace('@', &format!("@{NOTHING}")).replace("://", &format!(":{NOTHING}//"));
    text.replace("www.", &format!("www{NOTHING}.")).replace("](", &format!("]{NOTHING}(")).replace('`', "'")
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};

    use super::*;
    use crate::{notify::Detail, policy::Guard, settings::NotificationKind};

    fn text(name: &str, detail: &str, count: usize) -> String {
        let lines = (0..count).map(|n| Line::new(&format!("G{n}"), name, None, Some(detail))).collect();
        let notification = Notification::of_outlets(NotificationKind::Failed, Timestamp::UNIX_EPOCH, lines, Lang::En);
        body(&notification)["text"].as_str().unwrap_or_default().to_owned()
    }

    #[test]
    fn names_and_errors_mention_nobody_and_link_nowhere() {
        let evil =
            "<!channel> <@U123> @here <https://evil.example|x> [x](https://evil.example) www.evil.example &amp; ```";
        let text = text(evil, evil, 2);
        for active in ["<", ">", "@here", "https://", "](", "www.", "`"] {
            assert!(!text.contains(active), "{active} in {text}");
        }
        assert!(text.contains("&lt;!channel&gt;"), "{text}");
    }

    #[test]
    fn what_waits_for_a_person_says_what_to_do_next() {
        let lines = vec![Line::new("G1", "Kuta", None, Some("deletes: 2 of 6"))];
        let notification = Notification::of_outlets(NotificationKind::Held, Timestamp::UNIX_EPOCH, lines, Lang::En);
        assert_eq!(
            body(&notification)["text"],
            "menusync: Kuta (G1) is held by a guard\ndeletes: 2 of 6\n'menusync plan --outlet G1' shows what would be \
             pushed, and how to let it through if it is meant"
        );
    }

    #[test]
    fn an_owner_reads_indonesian_with_the_commands_as_they_are() {
        let of = |event, lines| Notification::of_outlets(event, Timestamp::UNIX_EPOCH, lines, Lang::Id);
        let detail = Detail::Held { guards: vec![Guard::Deletes], findings: "deletes: 2 of 6".to_owned() };
        let detail = detail.words(Lang::Id, &TimeZone::UTC);
        let line = |id: &str, name: &str| Line::new(id, name, None, Some(&detail));
        let held = of(NotificationKind::Held, vec![line("G1", "Kuta <!channel>")]);
        let failed =
            of(NotificationKind::Failed, (0..16).map(|n| Line::new(&format!("G{n}"), "Kuta", None, None)).collect());
        let states = [("held", 1), ("in_sync", 37)].map(|(state, count)| (state.to_owned(), count)).into();
        let troubled = vec![Line { state: Some("held".to_owned()), ..line("G1", "Kuta") }];
        let digest = Notification::digest(Timestamp::UNIX_EPOCH, states, 1, troubled, Lang::Id);
        let texts = [held, failed, digest].map(|told| body(&told)["text"].as_str().unwrap_or_default().to_owned());
        insta::assert_snapshot!(texts.join("\n\n"));
    }

    #[test]
    fn one_outlet_takes_two_lines_and_many_are_counted() {
        assert_eq!(text("Kuta", "404 Not Found", 1), "menusync: Kuta (G0) has failed\n404 Not Found");
        let many = text("Kuta", &"x".repeat(300), 300);
        assert!(many.chars().count() < 2_000, "{}", many.chars().count());
        let listed = many.lines().count() - 2;
        assert!(many.starts_with("menusync: 300 outlets have failed\n• Kuta (G0): xxx"), "{many}");
        assert!(many.ends_with(&format!("\n… and {} more", 300 - listed)), "{many}");
    }
}
