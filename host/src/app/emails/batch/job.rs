//! The jobs of mails: of one, and of one that may find others to send with it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::App;
use crate::app::connections::Sender;
use crate::domain::ids::{ConnectionId, HotelId};
use crate::store::StoreError;
use crate::store::jobs::{NewJob, Turned};

/// How long the first of several mails waits for the others.
const GATHERING: Duration = Duration::from_secs(1);

/// The kinds of job of one mail, and of one that may find others.
const ONE: &str = "email";
const SEVERAL: &str = "email_batch";

/// What the job of several mails carries.
#[derive(Clone, Debug)]
pub struct Carried {
    pub hotel: HotelId,
    pub connection: ConnectionId,
    pub business_keys: Vec<String>,
}

impl Carried {
    fn payload(&self) -> Value {
        json!({"connection_id": self.connection.0, "business_keys": self.business_keys})
    }

    /// Takes over what another job carries.
    pub(super) fn take(&mut self, payload: &Value) -> Result<(), StoreError> {
        let others: Vec<String> = serde_json::from_value(payload["business_keys"].clone())
            .map_err(|_| StoreError::Inconsistent {
                table: "jobs",
                column: "payload",
                row: payload.to_string(),
            })?;
        self.business_keys.extend(others);
        Ok(())
    }

    /// What a job is that carries this.
    pub(super) fn turned(&self) -> Turned<'static> {
        match self.business_keys.as_slice() {
            [alone] => turned_to_one(self.hotel, alone),
            several => Turned {
                kind: SEVERAL,
                key: job_key(self.hotel, several.first().map_or("", String::as_str)),
                payload: self.payload(),
            },
        }
    }

    /// The key of the request. A mail is the first of one batch only: those that leave a batch go on alone.
    pub(super) fn request_key(&self) -> String {
        let first = self.business_keys.first();
        format!("batch/{}", first.map_or("", String::as_str))
    }
}

/// The job of a new mail. Where its provider takes several in one request, it waits a moment for others.
pub(in crate::app::emails) fn job_of(
    app: &App,
    sender: &Sender,
    business_key: &str,
) -> NewJob<'static> {
    let one = job_of_one(sender.hotel, business_key, Duration::ZERO);
    if most_in_batch(app, &sender.connector) == 1 {
        return one;
    }
    let carried = Carried {
        hotel: sender.hotel,
        connection: sender.connection,
        business_keys: vec![business_key.to_owned()],
    };
    NewJob {
        kind: SEVERAL,
        // One at a time until it has gathered: then it leaves the ordering, and waits for nobody.
        ordering: Some(format!("mail:{}", sender.connection)),
        payload: carried.payload(),
        delay: GATHERING,
        ..one
    }
}

pub(super) fn job_of_one(hotel: HotelId, business_key: &str, delay: Duration) -> NewJob<'static> {
    let Turned { kind, key, payload } = turned_to_one(hotel, business_key);
    NewJob {
        kind,
        key: Some(key),
        ordering: None,
        hotel: Some(hotel),
        payload,
        priority: 0,
        delay,
    }
}

pub(super) fn turned_to_one(hotel: HotelId, business_key: &str) -> Turned<'static> {
    Turned {
        kind: ONE,
        key: job_key(hotel, business_key),
        payload: json!({"business_key": business_key}),
    }
}

fn job_key(hotel: HotelId, business_key: &str) -> String {
    format!("email:{hotel}:{business_key}")
}

/// How many messages a plugin takes at once: one, where it is not there or says nothing.
pub(super) fn most_in_batch(app: &App, connector: &str) -> usize {
    let provider = app.email_providers.email(connector);
    let most = provider.and_then(|provider| provider.most_in_batch());
    most.unwrap_or(1).max(1)
}
