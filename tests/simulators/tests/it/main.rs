//! The simulators from outside: over HTTP as a connector, a person or a webhook receiver meets them.

#![cfg(test)]

mod expedia_harness;
mod harness;

mod booking_com_access;
mod booking_com_notifications;
mod booking_com_reservations;
mod channex_bookings;
mod channex_calendar;
mod channex_controls;
mod channex_messages;
mod channex_threads;
mod channex_webhooks;
mod expedia_bookings;
mod expedia_controls;
mod expedia_messages;
mod expedia_notices;
mod faults;
mod octorate_bookings;
mod octorate_bulk;
mod octorate_calendar;
mod octorate_controls;
mod octorate_identity;
mod octorate_reservations;
mod octorate_subscriptions;
mod octorate_webhooks;
mod postmark_controls;
mod postmark_events;
mod postmark_sending;
mod postmark_suppressions;
mod program;
mod resend_controls;
mod resend_events;
mod resend_idempotency;
mod resend_sending;
mod server;
