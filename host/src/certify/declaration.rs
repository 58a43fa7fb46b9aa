//! What a partner declares: the simulated account, how the simulator is asked for what only it can do, and what the
//! connector does not support.

use std::collections::{BTreeMap, HashMap};

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::controls::Control;
use super::error::CertifyError;
use super::scenario::Scenario;
use crate::plugin::manifest::HostPattern;

/// A `certification.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Declaration {
    /// What a hotel would configure of the simulated account.
    pub settings: Option<Value>,
    /// Credentials of the simulated account, which are no secrets. Real ones are given on the command line, by reference.
    pub secrets: BTreeMap<String, String>,
    /// Hosts below a wildcard of the manifest that the connector calls.
    pub hosts: Vec<String>,
    /// The simulated property's: Europe/Rome where nothing is said.
    pub time_zone: Option<String>,
    /// The simulated property's: EUR where nothing is said.
    pub currency: Option<String>,
    /// What is done at the simulator before the first scenario: it needs something to sell.
    pub prepare: Vec<Control>,
    pub controls: Controls,
    /// How the simulator spells `{event}` of `deliver`: of a channel `booked`, `changed` and `cancelled`, where it wants
    /// to be told; of an email provider `delivered`, `delayed`, `bounced-hard`, `bounced-soft`, `suppressed` and
    /// `complained`.
    pub events: BTreeMap<String, Value>,
    /// Scenarios that the connector or its channel cannot do, each with the reason.
    pub unsupported: BTreeMap<String, String>,
}

/// What only the simulator can do.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Controls {
    /// A guest `{given_name}` `{surname}` books `{rooms}` of `{room}` and `{rate}` from `{check_in}` to `{check_out}`; it
    /// takes `reservation` from the answer.
    pub book: Option<Control>,
    /// The guest of a booking stays until another `{check_out}`: what `book` took can be named, and taken anew.
    pub change: Option<Control>,
    /// The guest of a booking cancels: likewise.
    pub cancel: Option<Control>,
    /// The channel tells `{url}` of the `{event}` of a booking, in the manner `{manner}`: `normal`, `duplicated` or
    /// `altered`. An email provider tells so of the `{event}` of a `{message}`.
    pub deliver: Option<Control>,
    /// Where the channel sends its webhooks: it takes `subscriptions`, in whatever form.
    pub subscriptions: Option<Control>,
    /// The guest of a booking writes `{text}` about it: what `book` took can be named.
    pub write: Option<Control>,
    /// The channel sends `{url}` the whole of a booking, and takes the answer for the hotel's confirmation.
    pub announce: Option<Control>,
    /// Mail to `{recipient}` is stopped from now on.
    pub suppress: Option<Control>,
    /// Everything that was sent: it takes `inbox`, a list with an entry for each message.
    pub inbox: Option<Control>,
}

impl Declaration {
    /// Reads a `certification.toml`.
    pub fn from_toml(text: &str) -> Result<Self, CertifyError> {
        toml::from_str(text).map_err(|error| CertifyError::Declaration(error.to_string()))
    }

    /// Settings and credentials: the declared ones, under those that are given beside it.
    pub fn completed(
        &self,
        settings: Option<Value>,
        secrets: HashMap<String, SecretString>,
    ) -> (Value, HashMap<String, SecretString>) {
        let settings = settings
            .or_else(|| self.settings.clone())
            .unwrap_or_else(|| json!({}));
        let declared = self.secrets.iter();
        let declared =
            declared.map(|(name, secret)| (name.clone(), SecretString::from(secret.as_str())));
        let mut all: HashMap<String, SecretString> = declared.collect();
        all.extend(secrets);
        (settings, all)
    }

    /// Whether it names scenarios that there are, with reasons.
    pub(super) fn check(&self, scenarios: &[Scenario]) -> Result<(), CertifyError> {
        for (name, reason) in &self.unsupported {
            if !scenarios.iter().any(|scenario| scenario.name == *name) {
                let known: Vec<&str> = scenarios.iter().map(|one| one.name.as_str()).collect();
                return Err(CertifyError::Declaration(format!(
                    "[unsupported]: there is no scenario `{name}`: there are {}",
                    known.join(", ")
                )));
            }
            if reason.trim().is_empty() {
                return Err(CertifyError::Declaration(format!(
                    "[unsupported]: `{name}` has no reason"
                )));
            }
        }
        Ok(())
    }

    /// Whether every host that it names is one that the plugin may call: another would never be led to the simulator.
    pub(super) fn check_hosts(&self, granted: &[HostPattern]) -> Result<(), CertifyError> {
        let mut hosts = self.hosts.iter();
        let stray = hosts.find(|host| !granted.iter().any(|pattern| pattern.matches(host)));
        stray.map_or(Ok(()), |host| {
            Err(CertifyError::Declaration(format!(
                "hosts: `{host}` is below no wildcard of `hosts` in plugin.toml"
            )))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_the_plugin_may_not_call_is_refused_by_its_name() {
        let granted = ["*.seaview.example", "api.other.example"];
        let granted = granted.map(|host| host.parse::<HostPattern>().expect("a host"));
        let checked = |host: &str| {
            let declaration = Declaration {
                hosts: vec![host.to_owned()],
                ..Declaration::default()
            };
            declaration.check_hosts(&granted)
        };
        assert!(checked("eu.seaview.example").is_ok());
        for host in [
            "seaview.example",
            "api.elsewhere.example",
            "eu.other.example",
        ] {
            let told = checked(host).expect_err(host).to_string();
            assert!(
                told.contains(host) && told.contains("certification.toml"),
                "{told}"
            );
        }
    }
}
