//! The client secret and the token stay where they are.

use menusync::sandbox::{Endpoint, Fault};

use crate::support::{LAYER, SECRET, Stage, bytes_under};

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn the_secret_is_in_no_output_and_in_no_file() {
    // The secret as it travels in the header of the token request.
    let encoded = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("sandbox:{SECRET}"))
    };
    let stage = Stage::new();
    let mut written = String::new();
    let mut run = |arguments: &[&str]| {
        let output = stage.run(arguments);
        written += &format!("{}{}", output.stdout, output.stderr);
    };
    run(&["validate", "-vvv"]);
    run(&["plan", "-vvv"]);
    run(&["apply", "--yes", "-vvv"]);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.server().inject(Fault::status(Endpoint::Put, 422));
    run(&["apply", "--yes", "-vvv", "--log-format", "json"]);
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Token, 401) });
    run(&["run", "--once", "-vvv"]);
    run(&["status", "-vvv", "--output", "json"]);
    assert!(written.contains("DEBUG"), "nothing was logged that could hold a secret:\n{written}");
    for secret in [SECRET, &encoded, "Bearer "] {
        assert!(!written.contains(secret), "{secret} in\n{written}");
        assert!(!holds(&bytes_under(&stage.state_dir()), secret), "{secret} in the state directory");
    }
}

#[test]
fn a_secret_in_the_settings_is_not_repeated_by_what_is_said_of_it() {
    let stage = Stage::new();
    let wrong = "webhook: {secret: abc-s3cr3t}\nnotify: [{kind: slack, url: 'https://hooks.slack.com/s3cr3t'}]\n\
                 tokens: [s3cr3t]\n\"client_secret\": s3cr3t\n";
    stage.append("menusync.yaml", wrong);
    for format in ["text", "json", "github", "sarif"] {
        let output = stage.run(&["validate", "--output", format]);
        assert_eq!(output.code, 3, "{}", output.stderr);
        assert!(!format!("{}{}", output.stdout, output.stderr).contains("s3cr3t"), "{format}: {}", output.stdout);
        assert!(format == "github" || output.stdout.contains("menusync.yaml"), "{}", output.stdout);
    }
}
