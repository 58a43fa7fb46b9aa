//! What stays up from the first scenario to the last: the plugin in its sandbox, the way to the simulator, and time.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::Kit;
use super::controls::{Control, Values};
use super::declaration::Controls;
use super::error::CertifyError;
use super::proxy::Proxy;
use super::report::{Report, Verdict};
use super::simulator::Simulator;
use crate::config::Approvals;
use crate::domain::clock::Clock;
use crate::domain::connection::Record;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::domain::key_value::InMemoryKeyValues;
use crate::domain::money::Currency;
use crate::domain::random::Random;
use crate::plugin::egress::{Egress, EgressPolicy, PublicResolver};
use crate::plugin::inspect::{Certificate, inspect};
use crate::plugin::manifest::secrets::Injection;
use crate::plugin::manifest::{Manifest, Semantics};
use crate::plugin::{Admission, ConnectionGrant, Limits, PluginOptions, Plugins, WebhookEndpoint};

/// How much time a call gets that shall soon give up.
const HURRY: Duration = Duration::from_secs(2);

/// In the workshop: the plugin file, and the folder of its machine code.
const COPY: &str = "plugin.wasm";
const CODE: &str = "code";

/// What channels are told to call. It is only written down: nobody answers there.
const PUBLIC_URL: &str = "https://certification.example";

const USUAL_TIME_ZONE: &str = "Europe/Rome";
const USUAL_CURRENCY: &str = "EUR";

pub(super) struct Rig<'a> {
    kit: &'a Kit,
    certificate: Certificate,
    /// A folder with exactly the bytes that the report's digest is of, since the file itself may be built anew meanwhile,
    /// and with their machine code, so that they are compiled once for both sorts of limits.
    workshop: TempDir,
    simulator: Simulator,
    proxy: Proxy,
    pub(super) clock: Clock,
    /// Whether the simulator's clock moves with the kit's.
    pub(super) moves_simulator: bool,
    began: Timestamp,
    pub(super) time_zone: jiff::tz::TimeZone,
    pub(super) currency: Currency,
    usual: OnceCell<Plugins>,
    hurried: OnceCell<Plugins>,
}

impl<'a> Rig<'a> {
    /// Reads the plugin and looks at the simulator's clock. Nothing of the plugin is run yet.
    pub(super) async fn start(kit: &'a Kit) -> Result<Self, CertifyError> {
        let unread = |cause| CertifyError::Read {
            path: kit.file.clone(),
            cause,
        };
        let file = tokio::fs::read(&kit.file).await.map_err(unread)?;
        let certificate = inspect(&file).map_err(|cause| CertifyError::NoPlugin {
            path: kit.file.clone(),
            cause,
        })?;
        let workshop = workshop(&file).map_err(unread)?;
        let simulator = Simulator::at(kit.simulator);
        // One without this control has the machine's time, and the kit's begins there.
        let told = simulator.control(Method::GET, "clock", None).await?;
        let shown: Option<Timestamp> = told
            .ok()
            .and_then(|told| told["now"].as_str()?.parse().ok());
        let began = shown.unwrap_or_else(|| Clock::system().now());
        let clock = Clock::movable(began);
        let proxy = Proxy::listen(simulator.clone(), clock.clone())
            .await
            .map_err(CertifyError::Proxy)?;
        Ok(Self {
            kit,
            certificate,
            workshop,
            simulator,
            proxy,
            clock,
            moves_simulator: shown.is_some(),
            began,
            time_zone: time_zone(kit)?,
            currency: currency(kit)?,
            usual: OnceCell::new(),
            hurried: OnceCell::new(),
        })
    }

    /// Does what the declaration wants done at the simulator before the first scenario.
    pub(super) async fn prepare(&self) -> Result<(), CertifyError> {
        for (place, control) in self.kit.declaration.prepare.iter().enumerate() {
            let asked = self.ask(control, &Values::new()).await?;
            let entry = format!("[[prepare]] number {} of certification.toml", place + 1);
            asked.map_err(|why| CertifyError::Prepare(format!("{entry}: {why}")))?;
        }
        Ok(())
    }

    /// Asks a control of the simulator: what its answer tells, or why it was refused.
    pub(super) async fn ask(
        &self,
        control: &Control,
        values: &Values,
    ) -> Result<Result<Values, String>, CertifyError> {
        let method = control.method.as_deref().unwrap_or("POST");
        let Ok(method) = method.parse::<Method>() else {
            return Ok(Err(format!("`{method}` is no method of HTTP")));
        };
        let (path, body) = (control.path(values), control.body(values));
        let answer = self.simulator.control(method, &path, body.as_ref()).await?;
        Ok(answer.and_then(|answer| {
            let untold =
                |what: String| format!("/_control/{path} answered {answer} without {what}");
            control.taken(&answer).map_err(untold)
        }))
    }

    /// Lets time pass, here and at the simulator.
    pub(super) async fn advance(&self, seconds: u32) -> Result<(), CertifyError> {
        self.clock
            .advance(SignedDuration::from_secs(seconds.into()));
        if self.moves_simulator {
            let step = json!({ "seconds": seconds });
            let moved = self.simulator.control(Method::POST, "clock", Some(&step));
            moved.await?.map_err(CertifyError::Prepare)?;
        }
        Ok(())
    }

    /// The plugin, loaded when it is first needed.
    pub(super) async fn plugins(&self, hurried: bool) -> Result<&Plugins, CertifyError> {
        let (place, limits) = if hurried {
            let limits = Limits {
                wall: HURRY,
                ..Limits::default()
            };
            (&self.hurried, limits)
        } else {
            (&self.usual, Limits::default())
        };
        place.get_or_try_init(|| self.load(limits)).await
    }

    async fn load(&self, limits: Limits) -> Result<Plugins, CertifyError> {
        let policy = EgressPolicy::with_development_hosts(self.hosts())?;
        // Whatever is not led to the proxy has no address: nothing leaves this machine.
        let nowhere = PublicResolver::with(|_| Box::pin(async { Ok(Vec::new()) }));
        let options = PluginOptions {
            limits,
            admission: Admission::default(),
            egress: Egress::new(policy, nowhere),
            key_values: Arc::new(InMemoryKeyValues::default()),
            shared_tokens: None,
            clock: self.clock.clone(),
            random: Random::seeded(1),
            compiler: self.kit.compiler.clone(),
            cache: Some(self.workshop.path().join(CODE)),
            approvals: Approvals::default(),
        };
        let file = self.workshop.path().join(COPY);
        Ok(Plugins::load(&[file], options).await?)
    }

    /// Every host that the connector may call, led to the proxy.
    fn hosts(&self) -> HashMap<String, std::net::SocketAddr> {
        let exact = self.manifest().hosts.iter();
        let exact = exact.filter(|host| !host.is_wildcard());
        exact
            .map(|host| host.name().to_owned())
            .chain(self.kit.declaration.hosts.iter().cloned())
            .map(|host| (host, self.proxy.address()))
            .collect()
    }

    /// What the partner configured, and an address with this unguessable part.
    pub(super) fn given(&self, hotel: HotelId, token: &str) -> ConnectionGrant {
        ConnectionGrant {
            hotel,
            plugin: self.manifest().id.clone(),
            settings: self.kit.settings.clone(),
            secrets: self.kit.secrets.clone(),
            endpoint: Some(WebhookEndpoint::new(Some(PUBLIC_URL), token.into())),
            record: Record::Off,
        }
    }

    /// Gives it to a connection, and takes what every other had.
    pub(super) fn grant(
        &self,
        plugins: &Plugins,
        connection: ConnectionId,
        given: ConnectionGrant,
    ) -> Result<(), CertifyError> {
        Ok(plugins.set_grants(&HashMap::from([(connection, given)]))?)
    }

    pub(super) fn report(&self, verdicts: Vec<Verdict>) -> Report {
        Report::new(&self.certificate, self.began, verdicts)
    }

    pub(super) fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    pub(super) fn manifest(&self) -> &Manifest {
        &self.certificate.manifest
    }

    pub(super) fn controls(&self) -> &Controls {
        &self.kit.declaration.controls
    }

    /// A secret of the simulated account.
    pub(super) fn secret(&self, name: &str) -> Option<&SecretString> {
        self.kit.secrets.get(name)
    }

    /// Why a scenario is declared unsupported.
    pub(super) fn unsupported(&self, scenario: &str) -> Option<&String> {
        self.kit.declaration.unsupported.get(scenario)
    }

    /// Whether the channel deletes what an update does not name.
    pub(super) fn replaces(&self) -> bool {
        let traits = self.manifest().channel;
        traits.is_some_and(|traits| traits.update_semantics == Semantics::Replace)
    }

    /// Whether the channel takes a price for each number of adults.
    pub(super) fn takes_occupancy_prices(&self) -> bool {
        let traits = self.manifest().channel;
        traits.is_some_and(|traits| traits.occupancy_prices)
    }

    /// Whether a message that comes again under its key is sent once.
    pub(super) fn recognises_repeats(&self) -> bool {
        let traits = self.manifest().email;
        traits.is_some_and(|traits| traits.recognises_repeats)
    }

    /// How the simulator spells an event of a booking or a message.
    pub(super) fn event(&self, name: &str) -> Option<&Value> {
        self.kit.declaration.events.get(name)
    }

    /// Whether the host fetches the connector's credentials.
    pub(super) fn fetches_tokens(&self) -> bool {
        let mut slots = self.manifest().secrets.iter();
        slots.any(|slot| matches!(slot.inject, Injection::Oauth2(_)))
    }
}

fn workshop(file: &[u8]) -> io::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(COPY), file)?;
    Ok(folder)
}

fn time_zone(kit: &Kit) -> Result<jiff::tz::TimeZone, CertifyError> {
    let name = kit.declaration.time_zone.as_deref();
    jiff::tz::TimeZone::get(name.unwrap_or(USUAL_TIME_ZONE))
        .map_err(|error| CertifyError::Declaration(format!("time_zone: {error}")))
}

fn currency(kit: &Kit) -> Result<Currency, CertifyError> {
    let code = kit.declaration.currency.as_deref();
    code.unwrap_or(USUAL_CURRENCY)
        .parse::<Currency>()
        .map_err(|error| CertifyError::Declaration(format!("currency: {error}")))
}
