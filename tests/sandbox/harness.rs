//! A running stand-in with a client that knows nothing of the project's own.

use std::{sync::Once, time::Duration};

use menusync::sandbox::{self, Control, Entry, Options, Sandbox, written};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

pub(crate) const OUTLET: &str = "G916309315";

/// One stand-in, one client, one token with all scopes.
pub(crate) struct Harness {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    pub(crate) token: String,
}

impl Harness {
    /// A stand-in whose outlet sells [`menu`].
    pub(crate) async fn with_menu() -> Self {
        let harness = Self::with_options(Options::default()).await;
        harness.control().seed(OUTLET, catalog(menu()));
        harness
    }

    pub(crate) async fn with_options(options: Options) -> Self {
        let sandbox = sandbox::start(options).await.unwrap();
        let mut harness = Self { client: client(), token: String::new(), sandbox };
        harness.token = harness.new_token("gofood:catalog:read gofood:catalog:write gofood:order:read").await;
        harness.control().clear_log();
        harness
    }

    pub(crate) fn control(&self) -> &Control {
        self.sandbox.control()
    }

    pub(crate) async fn new_token(&self, scope: &str) -> String {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        let request = self.client.post(self.sandbox.oauth_url()).basic_auth("sandbox", Some("sandbox")).form(&form);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().into()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.sandbox.url())).bearer_auth(&self.token)
    }

    pub(crate) fn get(&self) -> RequestBuilder {
        self.request(Method::GET, &format!("/integrations/gofood/outlets/{OUTLET}/v2/catalog"))
    }

    pub(crate) fn put(&self, body: &Value) -> RequestBuilder {
        self.request(Method::PUT, &format!("/integrations/gofood/outlets/{OUTLET}/v1/catalog")).json(body)
    }

    pub(crate) fn stock(&self, kind: &str, body: &Value) -> RequestBuilder {
        self.request(Method::PATCH, &format!("/integrations/gofood/outlets/{OUTLET}/v2/{kind}_stocks")).json(body)
    }

    /// The `data` of a GET.
    pub(crate) async fn read(&self) -> Value {
        let (status, mut answer) = send(self.get()).await;
        assert_eq!((status, &answer["success"]), (StatusCode::OK, &json!(true)), "{answer}");
        answer["data"].take()
    }

    /// A PUT that must be accepted.
    pub(crate) async fn push(&self, body: &Value) {
        let (status, answer) = send(self.put(body)).await;
        assert_eq!((status, &answer["success"]), (StatusCode::OK, &json!(true)), "{answer}");
    }

    /// The live menu in the written shape.
    pub(crate) fn published(&self) -> Value {
        serde_json::to_value(self.control().outlet(OUTLET).unwrap().published).unwrap()
    }

    pub(crate) fn last_entry(&self) -> Entry {
        self.control().log().pop().unwrap()
    }

    /// Sends an order over HTTP, without a token.
    pub(crate) async fn order(&self, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
        send(self.client.request(method, format!("{}/_sandbox{path}", self.sandbox.url())).json(body)).await
    }
}

pub(crate) fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    Client::builder().no_proxy().build().unwrap()
}

/// Status and body as JSON.
pub(crate) async fn send(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// All messages of a refusal.
pub(crate) fn messages(answer: &Value) -> Vec<&str> {
    assert_eq!(answer["success"], false, "{answer}");
    answer["errors"].as_array().unwrap().iter().map(|error| error["message"].as_str().unwrap()).collect()
}

/// Moves tokio's clock without waiting.
pub(crate) async fn advance(duration: Duration) {
    tokio::time::pause();
    tokio::time::advance(duration).await;
    tokio::time::resume();
}

pub(crate) fn catalog(body: Value) -> written::Catalog {
    serde_json::from_value(body).unwrap()
}

/// A small menu as a PUT body.
pub(crate) fn menu() -> Value {
    json!({
        "request_id": "5f1d2c34-9a51-4e9b-8f43-3b0d9a3a8f10",
        "menus": [
            { "name": "Nasi", "menu_items": [
                { "external_id": "NG", "name": "Nasi Goreng", "internal_name": "NasGor", "description": "Telur mata sapi",
                  "price": 25000, "in_stock": true, "image": "https://img.example.com/ng.png",
                  "operational_hours": { "monday": [{ "start": "10:00", "end": "22:00" }] },
                  "variant_category_external_ids": ["VC-PEDAS"] },
                { "external_id": "NU", "name": "Nasi Uduk", "price": 20000, "in_stock": true }
            ] },
            { "name": "Minuman", "menu_items": [
                { "external_id": "TEH", "name": "Es Teh", "price": 5000, "in_stock": false }
            ] }
        ],
        "variant_categories": [
            { "external_id": "VC-PEDAS", "name": "Level pedas", "internal_name": "Pedas (wajib)",
              "rules": { "selection": { "min_quantity": 1, "max_quantity": 1 } },
              "variants": [
                { "external_id": "LV-0", "name": "Tidak pedas", "price": 0, "in_stock": true },
                { "external_id": "LV-3", "name": "Pedas gila", "price": 2000, "in_stock": true }
            ] },
            { "external_id": "VC-NASI", "name": "Porsi",
              "rules": { "selection": { "min_quantity": 0, "max_quantity": 1 } },
              "variants": [{ "external_id": "PORSI-2", "name": "Dobel", "price": 8000, "in_stock": true }] }
        ]
    })
}

/// The item with this name in what a GET answered.
pub(crate) fn item<'a>(data: &'a Value, name: &str) -> &'a Value {
    let mut items = data["menus"].as_array().unwrap().iter().flat_map(|menu| menu["menu_items"].as_array().unwrap());
    items.find(|item| item["name"] == name).unwrap_or_else(|| panic!("no item {name} in {data}"))
}

/// The category with this name in what a GET answered.
pub(crate) fn category<'a>(data: &'a Value, name: &str) -> &'a Value {
    let mut categories = data["variant_categories"].as_array().unwrap().iter();
    categories.find(|category| category["name"] == name).unwrap_or_else(|| panic!("no category {name} in {data}"))
}
