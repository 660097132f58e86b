//! A root in a temporary directory, a stand-in server beside it, and the binary.

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
use jiff::Timestamp;
use menusync::{
    catalog::{Catalog, OutletId},
    fleet,
    remote::put_body,
    sandbox::{self, Control, Options, Sandbox, written},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::clock::clock_variables;

pub(crate) const OUTLET: &str = "G916309315";

pub(crate) struct World {
    directory: TempDir,
    _runtime: Runtime,
    server: Sandbox,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options { outlets: vec![OUTLET.into()], ..Options::default() };
        let server = runtime.block_on(sandbox::start(options)).unwrap();
        let world = Self { directory: tempfile::tempdir().unwrap(), _runtime: runtime, server };
        let (api, oauth) = (world.server.url(), world.server.oauth_url());
        let settings = format!(
            "target: custom\ngobiz: {{api_url: \"{api}\", oauth_url: \"{oauth}\", requests_per_second: 1000}}\n\
             verify: {{interval: 200ms, timeout: 30s}}\nlisten: \"off\"\n"
        );
        world.write("menusync.yaml", &settings);
        world
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    pub(crate) fn control(&self) -> &Control {
        self.server.control()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root().join(file)).unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let output = Command::cargo_bin("menusync")
            .unwrap()
            .env_clear()
            .envs(clock_variables())
            .env("MENUSYNC_ROOT", self.root())
            .env("MENUSYNC_STATE_DIR", self.directory.path().join("state"))
            .env("MENUSYNC_CLIENT_ID", "sandbox")
            .env("MENUSYNC_CLIENT_SECRET", "sandbox")
            .env("HOME", self.directory.path())
            .current_dir(self.directory.path())
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// A command that must end well.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {ended:#?}");
        ended
    }

    pub(crate) fn seed(&self, outlet: &str, body: Value) {
        self.control().seed(outlet, serde_json::from_value(body).unwrap());
    }

    /// Seeds what an outlet of the example sells.
    pub(crate) fn seed_catalog(&self, outlet: &str, catalog: &Catalog) {
        self.control().seed(outlet, written_of(catalog));
    }

    /// Paths of all changes that a plan has, pushed or not.
    pub(crate) fn planned(&self) -> Vec<String> {
        let plan: Value = serde_json::from_str(&self.ok(&["plan", "--output", "json"]).stdout).unwrap();
        let outlets = plan["outlets"].as_array().unwrap().iter();
        let changes = outlets.flat_map(|outlet| outlet["changes"].as_array().unwrap().iter());
        changes.map(|change| format!("{} {}", change["kind"], change["path"]).replace('"', "")).collect()
    }

    /// The live menu in the written shape, without what is arbitrary.
    pub(crate) fn published(&self, outlet: &str) -> written::Catalog {
        self.control().outlet(outlet).unwrap().published
    }

    pub(crate) fn puts(&self) -> usize {
        self.control().log().iter().filter(|entry| entry.method == "PUT").count()
    }

    /// What the files of the root want now.
    pub(crate) fn wanted(&self, outlet: &str) -> Catalog {
        let id = OutletId(outlet.into());
        let loaded = fleet::load(&self.root()).unwrap();
        let composed = loaded.compose(&id, Timestamp::now());
        let errors: Vec<_> = composed.diagnostics.iter().filter(|d| d.is_error()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        composed.catalog
    }
}

pub(crate) fn written_of(catalog: &Catalog) -> written::Catalog {
    serde_json::from_value(serde_json::to_value(put_body(catalog, None)).unwrap()).unwrap()
}

/// The catalogs of the example root of this repository on an ordinary day.
pub(crate) fn examples() -> Vec<(String, Catalog)> {
    let loaded = fleet::load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let at: Timestamp = "2027-01-15T05:00:00Z".parse().unwrap();
    let members = loaded.survey(at).members;
    members.iter().map(|member| (member.id.0.clone(), loaded.compose(&member.id, at).catalog)).collect()
}

/// A small menu with what is awkward: hours past midnight, texts that look like something else, a shared choice.
pub(crate) fn menu() -> Value {
    let night = json!([{"start": "00:00", "end": "02:00"}, {"start": "17:00", "end": "23:59"}]);
    let days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    let hours: serde_json::Map<String, Value> = days.iter().map(|day| ((*day).to_owned(), night.clone())).collect();
    json!({
        "menus": [
            {"name": "Nasi & Mie", "menu_items": [
                {"external_id": "NG", "name": "Nasi Goreng: Kampung", "internal_name": "NasGor", "description": "no",
                 "price": 25000, "in_stock": true, "image": "https://img.example.com/ng.jpg",
                 "variant_category_external_ids": ["VC-PEDAS"]},
                {"external_id": "007", "name": "Mie #1", "description": "kata \"enak\"", "price": 22000, "in_stock": false,
                 "variant_category_external_ids": ["VC-PEDAS"]}
            ]},
            {"name": "Malam", "menu_items": [
                {"external_id": "STMJ", "name": "STMJ", "price": 15000, "in_stock": true, "operational_hours": hours},
                {"external_id": "ROTI", "name": "Roti bakar, keju", "price": 18000, "in_stock": true, "operational_hours": hours}
            ]}
        ],
        "variant_categories": [
            {"external_id": "VC-PEDAS", "name": "Level pedas", "internal_name": "Pedas (wajib)",
             "rules": {"selection": {"min_quantity": 1, "max_quantity": 1}},
             "variants": [
                {"external_id": "LV-0", "name": "Tidak", "price": 0, "in_stock": true},
                {"external_id": "LV-3", "name": "Gila", "price": 2000, "in_stock": true}
             ]}
        ]
    })
}
