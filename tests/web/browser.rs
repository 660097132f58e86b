//! The pages in a browser, on a screen and on a phone, in light and dark, with and without the script. Chromium is driven
//! over HTTP by chromedriver; where that is not installed, the test says so and is left out.

use std::{
    io::Write as _,
    process::{Child, Command, Stdio},
    time::Duration,
};

use menusync::{
    remote::install_crypto,
    report::{
        html::{Photo, PhotoAlbum},
        preview_html,
    },
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::site::Served;

/// What must hold on every page; answers a list of what does not.
const CHECKS: &str = include_str!("browser.js");

const SCREEN: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (390, 844);

struct Browser {
    driver: Child,
    session: String,
    client: reqwest::Client,
}

impl Browser {
    /// `None`: there is none.
    async fn start((width, height): (u32, u32), with_script: bool) -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        let is_here = |tool: &str| std::env::split_paths(&path).any(|room| room.join(tool).is_file());
        if !is_here("chromedriver") || !is_here("chromium") {
            let _ = writeln!(std::io::stderr(), "left out: there is no chromium with its chromedriver");
            return None;
        }
        install_crypto();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut driver = Command::new("chromedriver");
        let driver = driver.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(90)).build().unwrap();
        let mut browser = Self { driver, session: format!("http://127.0.0.1:{port}/session"), client };
        let window = format!("--window-size={width},{height}");
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", &window];
        let scripts = if with_script { 1 } else { 2 };
        let options =
            json!({"args": arguments, "prefs": {"profile.managed_default_content_settings.javascript": scripts}});
        let capabilities = json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let began = Instant::now();
        let started = loop {
            match browser.call("", json!({"capabilities": {"alwaysMatch": capabilities}})).await {
                Ok(started) => break started,
                Err(error) => assert!(began.elapsed() < Duration::from_secs(60), "{error}"),
            }
            sleep(Duration::from_millis(100)).await;
        };
        browser.session = format!("{}/{}", browser.session, started["sessionId"].as_str().unwrap());
        // Headless windows are never as narrow as a phone.
        let phone = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        browser.devtools("Emulation.setDeviceMetricsOverride", phone).await;
        Some(browser)
    }

    async fn call(&self, command: &str, body: Value) -> Result<Value, String> {
        let asked = self.client.post(format!("{}{command}", self.session)).json(&body).send().await;
        let answer: Value =
            asked.map_err(|error| error.to_string())?.json().await.map_err(|error| error.to_string())?;
        match answer["value"]["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"])),
            None => Ok(answer["value"].clone()),
        }
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        self.call("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await.unwrap();
    }

    async fn open(&self, url: &str) {
        self.call("/url", json!({"url": url})).await.unwrap();
    }

    async fn run(&self, script: &str) -> Value {
        self.call("/execute/sync", json!({"script": script, "args": []})).await.unwrap()
    }

    /// What the browser complained of: what a content policy forbids is there.
    async fn complaints(&self) -> Vec<String> {
        let lines = self.call("/se/log", json!({"type": "browser"})).await.unwrap();
        let severe = lines.as_array().unwrap().iter().filter(|line| line["level"] == "SEVERE");
        severe.map(|line| line["message"].to_string()).filter(|line| !line.contains("favicon.ico")).collect()
    }

    async fn check(&self, url: &str) {
        self.open(url).await;
        for scheme in ["light", "dark"] {
            let scheme_feature = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            self.devtools("Emulation.setEmulatedMedia", scheme_feature).await;
            let found = self.run(CHECKS).await;
            assert_eq!(found, json!([]), "{url} in {scheme}");
        }
        assert_eq!(self.complaints().await, [""; 0], "{url}");
    }
}

/// Where `.ci/axe` puts axe-core.
const AXE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/axe/axe.min.js");

/// What axe-core finds that keeps somebody from using a page.
const SERIOUS: &str = "
    const [rules, done] = arguments;
    const options = rules === null ? {} : {runOnly: rules};
    const is_serious = (found) => ['serious', 'critical'].includes(found.impact);
    const words = (found) => found.id + ': ' + found.nodes.map((node) => node.target + ' ' + node.failureSummary).join('; ');
    axe.run(document, {...options, resultTypes: ['violations']})
      .then((all) => done(all.violations.filter(is_serious).map(words)), (error) => done([String(error)]));";

impl Browser {
    /// Has the open page judged by axe-core: in light by all its rules, in dark by that for colours.
    async fn judge(&self) {
        let Ok(axe) = std::fs::read_to_string(AXE) else {
            let _ = writeln!(std::io::stderr(), "left out: there is no axe-core, which `.ci/axe` fetches");
            return;
        };
        self.run(&axe).await;
        for (scheme, rules) in [("light", Value::Null), ("dark", json!(["color-contrast"]))] {
            let scheme_feature = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            self.devtools("Emulation.setEmulatedMedia", scheme_feature).await;
            let asked = json!({"script": SERIOUS, "args": [rules]});
            let found = self.call("/execute/async", asked).await.unwrap();
            let url = self.run("return location.href").await;
            assert_eq!(found, json!([]), "{url} in {scheme}");
        }
    }
}

impl Browser {
    fn end_session(&self) -> std::io::Result<()> {
        let url = reqwest::Url::parse(&self.session).map_err(std::io::Error::other)?;
        let mut driver = std::net::TcpStream::connect(("127.0.0.1", url.port().unwrap_or_default()))?;
        driver.set_read_timeout(Some(Duration::from_secs(20)))?;
        write!(driver, "DELETE {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", url.path())?;
        // It answers once that is done, and keeps the connection.
        std::io::Read::read_exact(&mut driver, &mut [0])
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A browser that outlives its driver goes on asking the address of its page, where other servers are by then.
        let _ = self.end_session();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

async fn fleet(outlets: usize) -> Served {
    let served = Served::start_fleet(outlets).await;
    served.hold("G0", "the price of “Dish 0” would move by 92 %").await;
    for id in 1..outlets.min(9) {
        served.stand(&format!("G{id}"), "failed", Some("GoBiz answered 401 Unauthorized")).await;
    }
    served.base("G0", 9_000).await;
    served.push("G0", menusync::state::PushOutcome::Rejected, Some("400 Bad Request: no")).await;
    served
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_read_on_a_screen_and_on_a_phone() {
    for outlets in [1, 30, 5_000] {
        let served = fleet(outlets).await;
        if outlets == 1 {
            served.write("menusync.yaml", "target: sandbox\nlang: id\nrules: {image-missing: off}\n");
            served.take_files();
        }
        let site = format!("http://{}", served.server.address());
        for size in [SCREEN, PHONE] {
            let Some(browser) = Browser::start(size, true).await else { return };
            // An outlet's own pages are the same in a fleet of any size. The words of Indonesian are longer.
            let own: &[&str] = if outlets == 30 || (outlets == 1 && size == PHONE) {
                &["/outlets/G0", "/outlets/G0/menu"]
            } else {
                &[]
            };
            for path in ["/", "/?q=nobody", "/events"].iter().chain(own) {
                browser.check(&format!("{site}{path}")).await;
                if outlets == 30 && size == SCREEN {
                    browser.judge().await;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_menus_can_be_read_on_a_screen_and_on_a_phone() {
    let served = Served::start_fleet(2).await;
    let (loaded, survey) = served.view.shown().files.unwrap();
    let members: Vec<_> = survey.members.iter().collect();
    let now = jiff::Timestamp::now();
    let photo = |_: &str| Photo::Elsewhere;
    let page =
        preview_html(&loaded.menus(&members, now, now), &mut PhotoAlbum::new(&photo), menusync::report::Lang::En);
    let file = served.state_dir().join("menus.html");
    std::fs::write(&file, page).unwrap();
    for size in [SCREEN, PHONE] {
        let Some(browser) = Browser::start(size, true).await else { return };
        browser.check(&format!("file://{}", file.display())).await;
        browser.judge().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checks_see_what_is_wrong() {
    let Some(browser) = Browser::start(SCREEN, true).await else { return };
    let page = "<h1>A</h1><h3>B</h3><p style='color:%23999'>pale</p><input><table><tr><th>x</table><p style='width:1900px'>wide</p>";
    browser.open(&format!("data:text/html,{page}")).await;
    if let Ok(axe) = std::fs::read_to_string(AXE) {
        browser.run(&axe).await;
        let found =
            browser.call("/execute/async", json!({"script": SERIOUS, "args": [null]})).await.unwrap().to_string();
        assert!(found.contains("color-contrast") && found.contains("html-has-lang"), "{found}");
    }
    let found = browser.run(CHECKS).await.to_string();
    for part in
        ["no language", "no title", "main part", "level of headings", "wider than", "no label", "no head", "contrast"]
    {
        assert!(found.contains(part), "no {part} in {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_shows_what_has_changed_without_loading_itself_again() {
    let Some(browser) = Browser::start(SCREEN, true).await else { return };
    let served = fleet(3).await;
    browser.open(&format!("http://{}/", served.server.address())).await;
    browser.run("window.isSame = true; document.querySelector('[name=q]').value = 'half a word'").await;
    served.stand("G1", "held", Some("a guard holds it")).await;
    served.view.update(|shown| shown.stopping = true);
    let began = Instant::now();
    let state = "return [document.body.innerText.includes('a guard holds it'), window.isSame === true, \
                 document.querySelector('[name=q]').value]";
    loop {
        let seen = browser.run(state).await;
        if seen[0] == true {
            assert_eq!(seen, json!([true, true, "half a word"]));
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{seen}");
        sleep(Duration::from_millis(200)).await;
    }
}

/// Stands in for the browser's stream of events, and for its clock.
const STAND_IN: &str = "
    window.streams = [];
    window.EventSource = class extends EventTarget {
      static CLOSED = 2;
      constructor(url) { super(); this.url = url; this.readyState = 0; window.streams.push(this); }
    };
    const [now, begin] = [Date.now, setTimeout];
    window.later = 0;
    Date.now = () => now() + window.later;
    window.setTimeout = (work, wait) => begin(work, wait / 100);
    window.setInterval = (work, wait) => { const turn = () => { work(); begin(turn, wait / 100); }; return begin(turn, wait / 100); };";

impl Browser {
    /// Waits until an expression of the page is so.
    async fn until(&self, expression: &str) {
        let began = Instant::now();
        while self.run(&format!("return Boolean({expression})")).await != true {
            let page = self.run("return document.body.innerText").await;
            assert!(began.elapsed() < Duration::from_secs(30), "never {expression}: {page}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_hears_nothing_says_so_and_asks_again() {
    let Some(browser) = Browser::start(SCREEN, true).await else { return };
    let served = fleet(3).await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": STAND_IN})).await;
    browser.open(&format!("http://{}/", served.server.address())).await;
    browser.until("streams.length === 1 && !document.body.innerText.includes('No answer since')").await;
    browser.run("window.later = 41_000").await;
    browser.until("document.body.innerText.includes('No answer since ')").await;
    // An answer that is no stream of events, such as 503, ends the stream for good.
    browser.run("streams[0].readyState = 2; streams[0].dispatchEvent(new Event('error'))").await;
    browser.until("streams.length === 2").await;
    browser.run("streams[1].dispatchEvent(new Event('open'))").await;
    browser.until("!document.body.innerText.includes('No answer since')").await;
    // What could not be loaded is loaded again.
    served.stand("G1", "held", Some("a guard holds it")).await;
    let failing = "const load = window.fetch; let times = 0; window.tries = () => times; \
                   window.fetch = (...asked) => times++ === 0 ? Promise.reject(new TypeError('no')) : load(...asked)";
    browser.run(failing).await;
    browser.run("streams[1].dispatchEvent(new Event('message'))").await;
    browser.until("tries() >= 2 && document.body.innerText.includes('a guard holds it')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_has_the_focus_is_brought_up_to_date_and_keeps_it() {
    let Some(browser) = Browser::start(SCREEN, true).await else { return };
    let served = fleet(3).await;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({"source": STAND_IN})).await;
    browser.open(&format!("http://{}/", served.server.address())).await;
    browser.run("window.isSame = true; document.querySelector('#content a[href=\"/outlets/G1\"]').focus()").await;
    served.stand("G1", "held", Some("a guard holds it")).await;
    browser.run("streams[0].dispatchEvent(new Event('message'))").await;
    browser.until("document.querySelector('#content').innerText.includes('a guard holds it')").await;
    browser.until("window.isSame && document.activeElement.getAttribute('href') === '/outlets/G1'").await;
    // The policy of this document would not know a style sheet with other photos.
    browser.run("document.querySelector('style').textContent += '.photo-1 {}'").await;
    browser.run("streams[0].dispatchEvent(new Event('message'))").await;
    browser.until("window.isSame === undefined").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_script_everything_is_there_and_the_page_loads_itself_again() {
    let Some(browser) = Browser::start(PHONE, false).await else { return };
    let served = fleet(30).await;
    browser.open(&format!("http://{}/?state=failed", served.server.address())).await;
    let body = browser.call("/element", json!({"using": "css selector", "value": "body"})).await.unwrap();
    let id = body.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
    let asked = browser.client.get(format!("{}/element/{id}/text", browser.session)).send().await.unwrap();
    let text = asked.json::<Value>().await.unwrap()["value"].as_str().unwrap().to_owned();
    for part in ["9 of 30 outlets need a person", "8 outlets: GoBiz answered 401", "Warung 8"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    // A link of the counts, and the form.
    let link = json!({"using": "css selector", "value": "a[href='/?state=held']"});
    let link = browser.call("/element", link).await.unwrap();
    let id = link.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
    browser.call(&format!("/element/{id}/click"), json!({})).await.unwrap();
    let url = browser.client.get(format!("{}/url", browser.session)).send().await.unwrap();
    assert!(url.json::<Value>().await.unwrap()["value"].as_str().unwrap().ends_with("/?state=held"));
}
