//! The client id and secret: from the environment, from files that the settings name, or from systemd's credentials.
//!
//! Commands that do not talk to GoBiz never come here.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::platform::paths::canonicalize;
use secrecy::SecretString;

use super::{Account, Environment, FILE, Settings, SettingsError, secret_file};

/// As whom menusync comes.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// App or client id.
    pub client_id: SecretString,
    /// Its secret.
    pub client_secret: SecretString,
}

/// Loads both of the account without a name, or of one of `gobiz.accounts` by its name. For each, the first that is there
/// counts: the environment variable, which no account with a name has, the file named in the settings (relative to `root`), the
/// file in `$CREDENTIALS_DIRECTORY`. A place that is there but unusable is an error.
pub fn credentials(
    settings: &Settings,
    account: Option<(&str, &Account)>,
    environment: &Environment,
    root: &Path,
) -> Result<Credentials, SettingsError> {
    let gobiz = &settings.gobiz;
    let (id_file, secret_file) = match account {
        Some((_, account)) => (&account.client_id_file, &account.client_secret_file),
        None => (&gobiz.client_id_file, &gobiz.client_secret_file),
    };
    let load = |what, variable, key: &str, file: &Option<PathBuf>, credential: &str| {
        let (variable, setting, credential) = match account {
            Some((name, _)) => (None, format!("gobiz.accounts.{name}.{key}"), format!("{name}-{credential}")),
            None => (Some(variable), format!("gobiz.{key}"), credential.to_owned()),
        };
        Search { what, variable, setting, file: file.as_deref(), credential }.load(environment, root)
    };
    Ok(Credentials {
        client_id: load("client id", "MENUSYNC_CLIENT_ID", "client_id_file", id_file, "client-id")?,
        client_secret: load(
            "client secret",
            "MENUSYNC_CLIENT_SECRET",
            "client_secret_file",
            secret_file,
            "client-secret",
        )?,
    })
}

/// The URL of the database that the state is in, if one is named: by `MENUSYNC_DATABASE_URL`, else by the file that the
/// settings name, which is none of the repository at `root`.
pub fn database_url(
    settings: &Settings,
    environment: &Environment,
    root: &Path,
) -> Result<Option<SecretString>, SettingsError> {
    if !names_database(settings, environment) {
        return Ok(None);
    }
    let (variable, file) = (Some("MENUSYNC_DATABASE_URL"), settings.database_url_file.as_deref());
    let real = |path: &Path| canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(file) = file.filter(|file| real(file).starts_with(real(root))) {
        let problem = "it is a file of the repository, which must not say where the state is kept";
        let origin = file.display().to_string();
        return Err(SettingsError::BadCredential { what: "database URL", origin, problem });
    }
    let setting = "database_url_file".to_owned();
    let search = Search { what: "database URL", variable, setting, file, credential: String::new() };
    search.load(environment, root).map(Some)
}

/// Whether the state is in a database.
pub fn names_database(settings: &Settings, environment: &Environment) -> bool {
    environment.get("MENUSYNC_DATABASE_URL").is_some() || settings.database_url_file.is_some()
}

/// Where one credential may be.
struct Search<'a> {
    what: &'static str,
    variable: Option<&'static str>,
    setting: String,
    file: Option<&'a Path>,
    credential: String,
}

impl Search<'_> {
    fn load(&self, environment: &Environment, root: &Path) -> Result<SecretString, SettingsError> {
        if let Some((variable, value)) = self.variable.and_then(|name| Some((name, environment.get(name)?))) {
            return self.read_variable(variable, value);
        }
        if let Some(file) = self.file {
            return self.read_file(&root.join(file));
        }
        let directory = environment.path("CREDENTIALS_DIRECTORY");
        let file = directory.as_ref().map(|directory| directory.join(&self.credential));
        match file.filter(|file| file.exists()) {
            Some(file) => self.read_file(&file),
            None => Err(self.nowhere(directory)),
        }
    }

    fn read_variable(&self, variable: &str, value: &OsStr) -> Result<SecretString, SettingsError> {
        let origin = || variable.to_owned();
        let bad = |problem| SettingsError::BadCredential { what: self.what, origin: origin(), problem };
        let text = value.to_str().ok_or_else(|| bad("it is not UTF-8"))?;
        usable(text).map_err(bad)
    }

    fn read_file(&self, path: &Path) -> Result<SecretString, SettingsError> {
        let text = secret_file::read(self.what, path)?;
        usable(&text).map_err(|problem| secret_file::bad(self.what, path, problem))
    }

    fn nowhere(&self, directory: Option<PathBuf>) -> SettingsError {
        let systemd = match directory {
            Some(directory) => format!("{} (does not exist)", directory.join(&self.credential).display()),
            None => format!("$CREDENTIALS_DIRECTORY/{} (no such variable)", self.credential),
        };
        let variable = self.variable.map_or_else(String::new, |variable| format!("{variable} (not set), "));
        let looked_at = format!("{variable}`{}` in {FILE} (not given), {systemd}", self.setting);
        SettingsError::NoCredential { what: self.what, looked_at }
    }
}

/// The credential in `text`, without the line break that editors put at the end.
fn usable(text: &str) -> Result<SecretString, &'static str> {
    let text = text.trim_end_matches(['\n', '\r']);
    if text.trim().is_empty() {
        return Err("it is empty");
    }
    if text.chars().any(char::is_control) {
        return Err("it has more than one line or holds control characters");
    }
    Ok(SecretString::from(text))
}
