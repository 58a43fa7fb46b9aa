//! What every call carries.

use super::bindings::channel::roomwire::types::common;
use crate::domain::connector::{Caller, VerifiedWebhook};
use crate::domain::night::today;

/// The hotel's settings and calendar, as the guest reads them.
pub(in crate::plugin) fn context(caller: &Caller, settings: &str) -> common::CallContext {
    common::CallContext {
        settings: settings.to_owned(),
        time_zone: caller.time_zone.iana_name().unwrap_or("UTC").to_owned(),
        currency: caller.currency.code().to_owned(),
        currency_exponent: caller.currency.exponent(),
        today: today(caller.now, &caller.time_zone).to_string(),
        extensions: Vec::new(),
    }
}

pub(in crate::plugin) fn webhook(verified: &VerifiedWebhook) -> common::Webhook {
    common::Webhook {
        headers: verified.headers.clone(),
        body: verified.body.clone(),
        received_at: verified.received_at.as_millisecond(),
        extensions: Vec::new(),
    }
}
