//! A look at the way to GoBiz, for `doctor`: which rights the credential has, and what the time is there. Writes nothing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Client, RemoteError, budget::Budget, token};

/// What asking for a set of rights has shown.
#[derive(Debug)]
pub struct Probe {
    /// The rights that were asked for, separated by spaces.
    pub scope: &'static str,
    /// The token that was granted, or why there is none.
    pub granted: Result<Granted, RemoteError>,
    /// How much later it is here than there; `None` if the answer did not say what the time is there.
    pub ahead: Option<SignedDuration>,
}

/// What is told of a token.
#[derive(Debug)]
pub struct Granted {
    /// How long it lives.
    pub life: Duration,
    /// The scopes that were asked for and not granted.
    pub missing: Vec<String>,
}

/// Longest wait for an answer (our choice).
const PATIENCE: Duration = Duration::from_secs(10);

impl Client {
    /// Asks for a token that can read, then for one that can also write. A right that the credential lacks fails the whole
    /// request (seen live), so each set is asked for by itself.
    pub async fn probe_rights(&self) -> Vec<Probe> {
        let mut probes = Vec::new();
        for scope in [token::READ, token::READ_AND_WRITE] {
            probes.push(self.probe(scope).await);
        }
        probes
    }

    /// Asks for a token that can look at promotions, and where some are made for one that can make and end them.
    pub async fn probe_promotions(&self, are_made: bool) -> Vec<Probe> {
        let mut probes = vec![self.probe(token::READ_PROMOTIONS).await];
        if are_made {
            probes.push(self.probe(token::WRITE_PROMOTIONS).await);
        }
        probes
    }

    async fn probe(&self, scope: &'static str) -> Probe {
        let form = [("grant_type", "client_credentials"), ("scope", scope)];
        let login = match self.shared.login(&self.account).await {
            Ok(login) => login,
            Err(error) => return Probe { scope, granted: Err(error), ahead: None },
        };
        let call = self.shared.token_call(&self.account, &login.key, scope, &form, PATIENCE);
        match self.shared.http.send(&call, &mut Budget::of_a_write()).await {
            Err(error) => Probe { scope, granted: Err(error), ahead: None },
            Ok(answer) => {
                let ahead = answer.date.map(|there| Timestamp::now().duration_since(there));
                let granted = token::grant(&answer, &call)
                    .map(|grant| Granted { life: grant.life, missing: grant.key.missing_scopes().to_vec() });
                Probe { scope, granted, ahead }
            }
        }
    }
}
