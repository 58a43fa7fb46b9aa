//! What every scenario stands on: a connection that nobody had before, its cost, time, and the webhooks that reach it.

use jiff::Timestamp;
use jiff::civil::Time;
use secrecy::ExposeSecret as _;

use super::Found;
use crate::certify::controls::{Control, Values};
use crate::certify::cost::Cost;
use crate::certify::error::CertifyError;
use crate::certify::judge::{Expected, Observation, judge};
use crate::certify::proxy::Received;
use crate::certify::report::Finding;
use crate::certify::rig::Rig;
use crate::certify::scenario::{Address, Manner};
use crate::domain::connector::{Called, Caller, VerifiedWebhook};
use crate::domain::ids::{ConnectionId, HotelId};
use crate::domain::money::Currency;
use crate::domain::night::today;
use crate::domain::retry::DEFAULT_RATE_PAUSE;
use crate::domain::webhook::{
    Arrived, AuthenticWebhook, SubscriptionDigest, WebhookRefusal, WebhookVerifier,
};
use crate::plugin::Plugins;
use crate::plugin::manifest::webhook::Verification;

/// The unguessable part of the address, which leads to the connection.
const TOKEN: &str = "certification-0123456789abcdef";

impl Address {
    /// The unguessable part of it.
    pub(super) fn token(self) -> &'static str {
        match self {
            Self::First => TOKEN,
            Self::Second => "another-certification-fedcba9876543210",
        }
    }
}

/// What is missing where the simulator sends none.
const DELIVERY: &str = "a webhook, by [controls.deliver] of certification.toml";

/// One connection under way.
pub(super) struct Ground<'a> {
    pub(super) rig: &'a Rig<'a>,
    pub(super) plugins: &'a Plugins,
    hotel: HotelId,
    pub(super) connection: ConnectionId,
    pub(super) began: Timestamp,
    /// The seconds of the last rate limit that told some.
    pub(super) pause: Option<u32>,
    pub(super) cost: Cost,
}

impl<'a> Ground<'a> {
    pub(super) async fn open(rig: &'a Rig<'a>, hurried: bool) -> Result<Self, CertifyError> {
        let began = rig.clock.now();
        let (hotel, connection) = (HotelId::new(began), ConnectionId::new(began));
        let plugins = rig.plugins(hurried).await?;
        rig.grant(plugins, connection, rig.given(hotel, TOKEN))?;
        Ok(Self {
            rig,
            plugins,
            hotel,
            connection,
            began,
            pause: None,
            cost: Cost::default(),
        })
    }

    /// Gives the connection this address, and tells what is subscribed for it then.
    pub(super) fn move_to(
        &self,
        address: Address,
    ) -> Result<Option<SubscriptionDigest>, CertifyError> {
        let given = self.rig.given(self.hotel, address.token());
        let wanted = self.plugins.subscription(&given);
        self.rig.grant(self.plugins, self.connection, given)?;
        Ok(wanted)
    }

    pub(super) fn caller(&self, currency: Currency) -> Caller {
        Caller {
            hotel: self.hotel,
            connection: self.connection,
            connector: self.rig.manifest().id.clone(),
            time_zone: self.rig.time_zone.clone(),
            currency,
            now: self.rig.clock.now(),
        }
    }

    pub(super) fn usual_caller(&self) -> Caller {
        self.caller(self.rig.currency)
    }

    /// Ends a step of one call: counts it and remembers a pause.
    pub(super) fn observe<T>(&mut self, called: &Called<T>) -> Observation {
        self.cost.add(&called.cost);
        let observation = Observation::call(&called.result, self.rig.proxy().end());
        self.pause = observation.pause.or(self.pause);
        observation
    }

    /// Ends a step of one call, and judges it.
    pub(super) fn judge_call<T>(
        &mut self,
        called: &Called<T>,
        expected: &Expected,
    ) -> Vec<Finding> {
        judge(expected, &self.observe(called))
    }

    pub(super) async fn wait(&self, seconds: Option<u32>, until: Option<Time>) -> Found {
        let usual = u32::try_from(DEFAULT_RATE_PAUSE.as_secs()).unwrap_or(60);
        let seconds = match until {
            Some(time) => self.seconds_until(time).unwrap_or(usual),
            None => seconds.unwrap_or_else(|| self.pause.unwrap_or(usual)),
        };
        self.rig.advance(seconds).await?;
        Ok(Vec::new())
    }

    /// Seconds until the hotel's clock next shows a time.
    fn seconds_until(&self, time: Time) -> Option<u32> {
        let now = self.rig.clock.now();
        let zone = &self.rig.time_zone;
        let date = today(now, zone);
        let days = [
            date,
            date.tomorrow().ok()?,
            date.tomorrow().ok()?.tomorrow().ok()?,
        ];
        let mut instants = days.iter().filter_map(|day| {
            let shown = day.to_datetime(time).to_zoned(zone.clone()).ok()?;
            Some(shown.timestamp())
        });
        let next = instants.find(|instant| *instant > now)?;
        u32::try_from(next.duration_since(now).as_secs() + 1).ok()
    }

    /// Has the simulator send a webhook, and gives what arrived, or why it is not what was asked for.
    pub(super) async fn deliveries(
        &self,
        control: &Control,
        mut values: Values,
        manner: Manner,
    ) -> Result<Result<Vec<Received>, Finding>, CertifyError> {
        let url = self.rig.proxy().webhook_url(TOKEN);
        values.insert("url".to_owned(), url.into());
        values.insert("manner".to_owned(), manner.name().into());
        if let Some(token) = self.issued_token() {
            values.insert("token".to_owned(), token.into());
        }
        self.rig.proxy().begin(None);
        if let Err(refusal) = self.rig.ask(control, &values).await? {
            return Ok(Err(Finding::new(DELIVERY, refusal)));
        }
        let received = self.rig.proxy().webhooks();
        let wanted = if manner == Manner::Duplicated { 2 } else { 1 };
        if received.len() != wanted {
            let wanted = format!("{wanted} webhooks from the simulator to {{url}}");
            let came = received.len().to_string();
            return Ok(Err(Finding::new(wanted, came)));
        }
        Ok(Ok(received))
    }

    /// The token that the channel would have asked for, where its webhooks are verified by one.
    fn issued_token(&self) -> Option<String> {
        let rules = self.rig.manifest().webhook.as_ref()?;
        let Verification::IssuedToken { secret } = &rules.verification else {
            return None;
        };
        let login = self.rig.secret(secret)?.clone();
        let now = self.rig.clock.now();
        let issued = self.plugins.issue_token(self.connection, &[login], now);
        Some(issued.ok()?.token.expose_secret().to_owned())
    }

    pub(super) fn verify(&self, received: &Received) -> Result<AuthenticWebhook, WebhookRefusal> {
        let arrived = Arrived {
            endpoint_token: TOKEN,
            headers: &received.headers,
            body: &received.body,
        };
        self.plugins
            .verify(self.connection, arrived, self.rig.clock.now())
    }

    /// A webhook that nobody sent, as if it had been verified.
    pub(super) fn stray(&self, body: &str) -> VerifiedWebhook {
        VerifiedWebhook {
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
            received_at: self.rig.clock.now(),
        }
    }

    /// Verifies every delivery of one webhook: they have one event id.
    pub(super) fn verify_all(
        &self,
        received: &[Received],
    ) -> Result<Vec<AuthenticWebhook>, Finding> {
        let mut verified: Vec<AuthenticWebhook> = Vec::with_capacity(received.len());
        for one in received {
            let authentic = self.verify(one).map_err(|refusal| {
                let wanted = "the webhook to be verified by what the manifest says";
                Finding::new(wanted, refusal.to_string())
            })?;
            if let Some(first) = verified.first()
                && first.event_id != authentic.event_id
            {
                let wanted = format!("a repetition to have the event id {} again", first.event_id);
                return Err(Finding::new(wanted, authentic.event_id));
            }
            verified.push(authentic);
        }
        Ok(verified)
    }
}
