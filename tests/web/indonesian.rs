//! The pages for those who read Indonesian.

use menusync::state::PushOutcome;
use reqwest::Method;

use crate::site::{HOSTILE, Served};

/// Status, the headers about the language and the page for a browser that asks for `accepted`.
async fn read_in(served: &Served, path: &str, accepted: &str) -> (u16, String, String) {
    let response = served.request(Method::GET, path).header("accept-language", accepted).send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    assert_eq!(header("vary"), "accept-language", "{path}");
    let (status, language) = (response.status().as_u16(), header("content-language"));
    (status, language, response.text().await.unwrap())
}

/// What lies between `start` and `end` is left out wherever it stands.
fn without(page: &str, start: &str, end: &str) -> String {
    let mut parts = page.split(start);
    let mut rest = parts.next().unwrap().to_owned();
    for part in parts {
        rest += &format!("{start}…{end}{}", part.split_once(end).map_or("", |(_, rest)| rest));
    }
    rest
}

/// The body of a page without what is another one in every run, in lines.
fn body(page: &str) -> String {
    let body = page.split_once("<body>").unwrap().1.replace("</body></html>", "");
    let body = without(&without(&body, "<time datetime=", "</time>"), "<span class=\"ago\">", "</span>");
    let opened =
        ["<h1", "<h2", "<p", "<li", "<nav", "<header", "<main", "<table", "<tr", "<th", "<td", "<dt", "<dd", "<ul"];
    opened.iter().fold(body, |body, tag| {
        // `<th` is not `<thead`, `<p` is no longer word.
        [">", " "].iter().fold(body, |body, next| body.replace(&format!("{tag}{next}"), &format!("\n{tag}{next}")))
    })
}

#[tokio::test]
async fn an_owner_reads_why_an_outlet_is_held_and_what_to_do() {
    let served = Served::start().await;
    served.hold("G2", "the price of Nasi Goreng would move by 92 %").await;
    let request_id = served.push("G2", PushOutcome::Rejected, Some("400 Bad Request: no")).await;
    served.base("G2", 24_000).await;
    let (status, language, page) = read_in(&served, "/outlets/G2", "id-ID,id;q=0.9,en;q=0.8").await;
    assert_eq!((status, language.as_str()), (200, "id"));
    assert!(page.contains("<html lang=\"id\""), "{page}");
    assert!(page.contains("data-silence=\"Tidak ada jawaban sejak {time}"), "{page}");
    insta::assert_snapshot!(body(&page).replace(&request_id.to_string(), "UUID"));
}

/// Words of pages that only an English one has.
const ENGLISH: [&str; 24] = [
    "the",
    "of",
    "and",
    "is",
    "are",
    "was",
    "with",
    "from",
    "since",
    "ago",
    "outlets",
    "push",
    "pushes",
    "files",
    "changed",
    "held",
    "failed",
    "pending",
    "invalid",
    "missing",
    "published",
    "rejected",
    "unknown",
    "none",
];

#[tokio::test]
async fn every_page_is_in_the_language_of_the_settings_else_of_the_browser() {
    let served = Served::start().await;
    served.stand("G1", "in_sync", None).await;
    served.hold("G2", "Nasi Goreng: 92 %").await;
    served.push("G1", PushOutcome::Published, None).await;
    served.stand("G7", "missing", None).await;
    let pages =
        ["/", "/events", "/outlets/G1", "/outlets/G1/menu", "/outlets/G2", "/outlets/G3", "/outlets/G7", "/outlets/no"];
    for path in pages {
        let (_, language, page) = read_in(&served, path, "in").await;
        assert_eq!(language, "id", "{path}");
        let page = page.split_once("<body>").unwrap().1;
        // What is English stays marked as such; what is typed is no language.
        let page = without(&without(page, "<span lang=\"en\">", "</span>"), "<code>", "</code>");
        let text: String =
            page.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text).to_owned() + " ").collect();
        let words: Vec<String> =
            text.split(|c: char| !c.is_alphanumeric() && c != '-').map(str::to_lowercase).collect();
        let english: Vec<&String> = words.iter().filter(|word| ENGLISH.contains(&word.as_str())).collect();
        assert!(english.is_empty(), "{path}: {english:?} in {text}");
    }
    for (accepted, language) in [("de", "en"), ("de,id;q=0.1", "id"), ("en,id;q=0.9", "en"), ("", "en")] {
        assert_eq!(read_in(&served, "/", accepted).await.1, language, "{accepted}");
    }
    // A link with a reason that was sent by somebody who reads another language.
    let (_, _, page) =
        read_in(&served, "/?cause=held+by+price-change:+%E2%80%9CNasi+Goreng%E2%80%9D,+catalogs/b.yaml:2", "id").await;
    assert!(page.contains("href=\"/outlets/G2\"") && !page.contains("href=\"/outlets/G1\""), "{page}");
    let starting = read_in(&Served::start_empty().await, "/", "id").await;
    assert_eq!(starting, (503, "id".to_owned(), "daemon masih memulai\n".to_owned()));
    served.write("menusync.yaml", "target: sandbox\nlang: id\n");
    served.take_files();
    assert_eq!(read_in(&served, "/", "en").await.1, "id");
}

#[tokio::test]
async fn hostile_texts_are_only_text_in_indonesian_too() {
    let served = Served::start().await;
    served.note("G4", HOSTILE).await;
    served.hold("G4", HOSTILE).await;
    served.push("G4", PushOutcome::Rejected, Some(HOSTILE)).await;
    served.stand("G9<b>\"/../x", "missing", Some(HOSTILE)).await;
    for path in
        ["/", "/events", "/outlets/G4", "/outlets/G4/menu", "/outlets/G9%3Cb%3E%22%2F..%2Fx", "/outlets/%3Cscript%3E"]
    {
        let (_, _, page) = read_in(&served, path, "id").await;
        let (_, body) = page.split_once("<body>").unwrap();
        assert!(!body.contains("<script") && !body.contains("<b>") && !page.contains('\u{202e}'), "{path}: {page}");
    }
}
