//! Several daemons on one database, on Kubernetes and with compose: what can be seen of the manifests without a cluster.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{support::clock::clock_variables, tools::are_here, workflow::parse, world::project_file};

const KUBERNETES: &str = "deploy/kubernetes";

fn manifest(name: &str) -> Value {
    parse(&project_file(&format!("{KUBERNETES}/{name}")))
}

/// All files that a kustomization takes, itself first.
fn files_of(folder: &str) -> Vec<String> {
    let kustomization = format!("{folder}/kustomization.yaml");
    let parsed = parse(&project_file(&kustomization));
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let generated = list(&parsed["configMapGenerator"]).into_iter().flat_map(|map| list(&map["files"]));
    let named = list(&parsed["resources"]).into_iter().chain(generated);
    let named = named.map(|name| format!("{folder}/{}", name.as_str().unwrap()));
    [kustomization].into_iter().chain(named).collect()
}

/// The containers of the Deployment: the side car and the daemon.
fn containers() -> [Value; 2] {
    let pod = &manifest("deployment.yaml")["spec"]["template"]["spec"];
    ["initContainers", "containers"].map(|kind| {
        assert_eq!(pod[kind].as_array().unwrap().len(), 1);
        pod[kind][0].clone()
    })
}

/// The services of compose that run our image, with what they take from `x-…`.
fn services() -> BTreeMap<String, Value> {
    let compose = parse(&project_file("deploy/compose/compose.yaml"));
    let services = compose["services"].as_object().unwrap().iter();
    let ours = services.map(|(name, service)| (name.clone(), merged(service))).filter(|(name, _)| name != "database");
    ours.collect()
}

/// A mapping with the ones below `<<` under it.
fn merged(value: &Value) -> Value {
    let mut all = value.get("<<").map_or_else(|| Value::Object(serde_json::Map::new()), merged);
    let own = value.as_object().unwrap().iter().filter(|(key, _)| *key != "<<");
    all.as_object_mut().unwrap().extend(own.map(|(key, value)| (key.clone(), value.clone())));
    all
}

/// The variables of a container of Kubernetes.
fn variables(container: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = container["env"].as_array().unwrap().iter();
    list.map(|variable| (text(&variable["name"]), text(&variable["value"]))).collect()
}

/// The words that documents show as code.
fn code_words(text: &str) -> BTreeSet<String> {
    let code = text.split('`').skip(1).step_by(2);
    code.flat_map(|code| code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')).map(str::to_owned).collect()
}

#[test]
fn what_kustomize_takes_is_there_and_whatever_is_there_is_taken() {
    for (folder, besides) in [(KUBERNETES, 1), ("deploy/kubernetes/prometheus-operator", 0)] {
        let files = files_of(folder);
        for file in &files {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(file).is_file(), "{file}");
        }
        let there = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
        let there = there.filter(|entry| entry.as_ref().unwrap().path().is_file()).count();
        // `secret.example.yaml`
        assert_eq!(there, files.len() + besides, "{folder}");
    }
}

#[test]
fn no_secret_is_shipped_and_applying_replaces_none() {
    for file in files_of(KUBERNETES) {
        assert_ne!(parse(&project_file(&file))["kind"], "Secret", "{file}");
    }
    let example = project_file("deploy/kubernetes/secret.example.yaml");
    let secrets: Vec<Value> = example.split("\n---\n").map(parse).collect();
    assert_eq!(secrets.len(), 2);
    for secret in &secrets {
        assert_eq!(secret["kind"], "Secret");
        for (key, value) in secret["stringData"].as_object().unwrap() {
            assert!(value.as_str().unwrap().contains("REPLACE"), "{key}");
        }
    }
    let keys: Vec<&String> = secrets[0]["stringData"].as_object().unwrap().keys().collect();
    let page = project_file("docs/running-several.md");
    for key in keys {
        assert!(page.contains(&format!("--from-file={key}")), "the page does not say how {key} comes there");
    }
    for text in [project_file("deploy/kubernetes/deployment.yaml"), project_file("deploy/compose/compose.yaml")] {
        for name in ["MENUSYNC_CLIENT_SECRET", "MENUSYNC_DATABASE_URL", "POSTGRES_PASSWORD:"] {
            assert!(!text.contains(name), "{name} in the environment");
        }
    }
}

#[test]
fn a_daemon_without_its_database_does_not_go_on_with_a_state_of_its_own() {
    let operator = parse(&project_file("deploy/kubernetes/operator.yaml"));
    let reserved: BTreeSet<&str> =
        operator["reserve"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    assert!(reserved.contains("database_url_file") && reserved.contains("state_dir"));
    let url = operator["database_url_file"].as_str().unwrap();
    // The files are named, and Kubernetes starts nothing while what holds them is missing.
    let [_, daemon] = containers();
    assert_eq!(variables(&daemon)["MENUSYNC_OPERATOR"], "/etc/menusync-operator/operator.yaml");
    let volumes = &manifest("deployment.yaml")["spec"]["template"]["spec"]["volumes"];
    let is_optional = |name: &str| {
        let volume = volumes.as_array().unwrap().iter().find(|volume| volume["name"] == name).unwrap();
        volume["secret"]["optional"] == true || volume["configMap"]["optional"] == true
    };
    for (path, name) in [(url, "secrets"), ("/etc/menusync-operator/operator.yaml", "operator")] {
        let mounts = daemon["volumeMounts"].as_array().unwrap();
        let mount = mounts.iter().find(|mount| mount["name"] == name).unwrap();
        assert_eq!(Path::new(path).parent(), Path::new(mount["mountPath"].as_str().unwrap()).into());
        assert!(!is_optional(name), "{name}");
    }
    for (name, service) in services().into_iter().filter(|(name, _)| name != "pull") {
        assert_eq!(service["environment"]["MENUSYNC_OPERATOR"], "/etc/menusync-operator/operator.yaml", "{name}");
        // A long mount fails where its file is missing; a short one makes an empty directory.
        let volumes = service["volumes"].as_array().unwrap();
        let of_target = |target: &str| volumes.iter().find(|volume| volume["target"] == target).unwrap();
        for target in ["/etc/menusync-operator/operator.yaml", "/run/secrets/menusync"] {
            assert_eq!(of_target(target)["bind"]["create_host_path"], false, "{name}: {target}");
        }
    }
}

#[test]
fn the_program_knows_what_the_manifests_say_to_it() {
    let known: BTreeSet<String> = ["README.md", "docs/run.md", "docs/monitor.md"]
        .into_iter()
        .flat_map(|document| code_words(&project_file(document)))
        .collect();
    let follow = project_file("deploy/container/follow.sh");
    let [pull, daemon] = containers();
    let of_service = |service: &Value| service["environment"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let of_services = services().values().flat_map(of_service).collect::<Vec<_>>();
    let map = &manifest("kustomization.yaml")["configMapGenerator"][1]["literals"];
    let literals =
        map.as_array().unwrap().iter().map(|line| line.as_str().unwrap().split('=').next().unwrap().to_owned());
    let names: Vec<String> = [&pull, &daemon]
        .into_iter()
        .flat_map(variables)
        .map(|(name, _)| name)
        .chain(of_services)
        .chain(literals)
        .collect();
    assert!(names.len() > 10);
    for name in names {
        let is_known = if name.starts_with("MENUSYNC_PULL_") { follow.contains(&name) } else { known.contains(&name) };
        assert!(is_known, "{name}");
    }
    let settings: Value = serde_json::from_str(&project_file("docs/schema/settings.json")).unwrap();
    for key in manifest("operator.yaml").as_object().unwrap().keys().filter(|key| *key != "reserve") {
        let is_known = settings["properties"].get(key).is_some();
        assert!(is_known, "`{key}` is unknown");
    }
    let commands = services().into_values().filter_map(|service| service.get("command").cloned());
    for arguments in commands.chain([daemon["args"].clone()]) {
        let arguments = arguments.as_array().unwrap().iter().map(|word| word.as_str().unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_menusync"));
        let output = command.args(arguments).arg("--help").stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    for (probe, path) in [("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")] {
        assert_eq!(daemon[probe]["httpGet"], serde_json::json!({"path": path, "port": "http"}));
        assert!(project_file("docs/monitor.md").contains(&format!("\n| `{path}` |")));
    }
    let port = daemon["ports"][0]["containerPort"].to_string();
    assert!(variables(&daemon)["MENUSYNC_LISTEN"].ends_with(&format!(":{port}")));
}

#[test]
fn nothing_in_the_pod_may_more_than_it_needs() {
    let spec = manifest("deployment.yaml")["spec"].clone();
    assert_eq!(spec["replicas"], 2);
    let pod = &spec["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let user = pod["securityContext"]["runAsUser"].to_string();
    assert!(project_file("deploy/container/Containerfile").contains(&format!("--uid {user} ")));
    let [pull, daemon] = containers();
    for container in [&pull, &daemon] {
        let confined = serde_json::json!({
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]},
        });
        assert_eq!(container["securityContext"], confined);
        assert!(container["resources"]["limits"]["memory"].is_string());
    }
    let mount = |container: &Value, path: &str| {
        let mounts = container["volumeMounts"].as_array().unwrap();
        mounts.iter().find(|mount| mount["mountPath"] == path).unwrap().clone()
    };
    // A work tree of git names its repository by path, and the daemon must not be able to change it.
    assert_eq!(mount(&pull, "/srv/menus")["name"], mount(&daemon, "/srv/menus")["name"]);
    assert_eq!(mount(&daemon, "/srv/menus")["readOnly"], true);
    // The side car has none of GoBiz's credentials.
    assert!(!pull["volumeMounts"].as_array().unwrap().iter().any(|mount| mount["name"] == "secrets"));
    for (name, service) in services() {
        assert_eq!((&service["read_only"], &service["cap_drop"][0]), (&true.into(), &"ALL".into()), "{name}");
        for port in service["ports"].as_array().into_iter().flatten() {
            assert!(port.as_str().unwrap().starts_with("127.0.0.1:"), "{name}: the page has no password");
        }
    }
    let policy = manifest("network-policy.yaml");
    assert!(policy["spec"]["ingress"].as_array().unwrap().iter().all(|rule| rule["from"].is_array()));
}

#[test]
fn each_daemon_has_a_state_directory_of_its_own() {
    // Two of them at one place would be one member with two processes.
    let daemons: Vec<Value> =
        services().into_iter().filter(|(name, _)| name != "pull").map(|(_, found)| found).collect();
    assert_eq!(daemons.len(), 2);
    for service in daemons {
        let is_of_container = |mount: &&Value| mount.as_str().unwrap().starts_with("/var/lib/menusync:");
        assert!(service["tmpfs"].as_array().unwrap().iter().any(|mount| is_of_container(&mount)));
        assert_eq!(service["environment"]["MENUSYNC_STATE_DIR"], "/var/lib/menusync/state");
    }
    let volumes = manifest("deployment.yaml")["spec"]["template"]["spec"]["volumes"].clone();
    let state = volumes.as_array().unwrap().iter().find(|volume| volume["name"] == "state").unwrap();
    assert!(state["emptyDir"].is_object());
}

#[test]
fn the_image_is_that_of_this_release_and_alerts_know_the_job() {
    let image = &manifest("kustomization.yaml")["images"][0];
    assert_eq!(image["newTag"], env!("CARGO_PKG_VERSION"));
    for container in containers() {
        assert_eq!(container["image"], image["name"]);
    }
    for (name, service) in services() {
        assert_eq!(service["image"], format!("menusync:{}", env!("CARGO_PKG_VERSION")), "{name}");
    }
    let pairs = &manifest("kustomization.yaml")["labels"][0]["pairs"];
    let monitor = manifest("prometheus-operator/service-monitor.yaml");
    let job = &pairs[monitor["spec"]["jobLabel"].as_str().unwrap()];
    assert_eq!(job, "menusync");
    assert!(project_file("deploy/prometheus/rules.yml").contains(&format!("job={job}")));
    assert_eq!(&monitor["spec"]["selector"]["matchLabels"], pairs);
    assert_eq!(monitor["spec"]["endpoints"][0]["port"], manifest("service.yaml")["spec"]["ports"][0]["name"]);
}

/// The script beside the daemon, with a stand-in for `menusync-pull` that says what git would send where.
fn follow(url: &str, credential: &str) -> (String, Option<i32>) {
    let room = tempfile::tempdir().unwrap();
    let file = room.path().join("credential");
    fs::write(&file, credential).unwrap();
    let pull = room.path().join("menusync-pull");
    let script = "#!/bin/sh\necho \"directory=$1\"\nfor host in git.example.com elsewhere.example; do\n  \
                  printf 'protocol=https\\nhost=%s\\n\\n' $host | git credential fill\ndone\nkill -TERM $PPID\nexit 1\n";
    fs::write(&pull, script).unwrap();
    fs::set_permissions(&pull, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", room.path().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/container/follow.sh")).env_clear();
    command.arg("/srv/menus").envs(clock_variables()).env("PATH", path).env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", room.path());
    command.env("MENUSYNC_PULL_URL", url).env("MENUSYNC_PULL_CREDENTIAL_FILE", file).current_dir(room.path());
    let output = command.stdin(Stdio::null()).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

#[test]
fn the_credential_of_the_repository_goes_to_its_host_alone() {
    if !are_here(&["bash", "git"]) {
        return;
    }
    let (printed, code) = follow("https://git.example.com/warung/menus.git", "username=bot\npassword=t0ken\n");
    assert_eq!(code, Some(0), "a stopped side car has not failed");
    let expected = "directory=/srv/menus\nprotocol=https\nhost=git.example.com\nusername=bot\npassword=t0ken\n";
    assert_eq!(printed, expected, "and nothing for elsewhere.example");
    let (printed, _) = follow("https://git.example.com/warung/menus.git", "");
    assert_eq!(printed, "directory=/srv/menus\n", "a public repository needs none");
    let (printed, code) = follow("git@git.example.com:warung/menus.git", "username=bot\npassword=t0ken\n");
    assert_eq!((&*printed, code), ("", Some(64)));
}
