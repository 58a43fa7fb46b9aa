//! The contract's functions as recordings name them, and the interface that each belongs to.

use crate::plugin::manifest::{Ability, Kind, Manifest};

/// A function of the contract.
#[derive(Debug)]
pub(super) struct Operation {
    /// As recordings and the sync log name it.
    pub(super) name: &'static str,
    kind: Kind,
    /// Absent where every plugin of the kind has it.
    ability: Option<Ability>,
}

static OPERATIONS: [Operation; 16] = [
    Operation::channel("check", None),
    Operation::channel("list_products", None),
    Operation::channel("push_ari", None),
    Operation::channel("read_ari", Some(Ability::AriReader)),
    Operation::channel("pull", Some(Ability::ReservationSource)),
    Operation::channel("fetch", Some(Ability::ReservationSource)),
    Operation::channel("acknowledge", Some(Ability::ReservationSource)),
    Operation::channel("parse_webhook", Some(Ability::WebhookSource)),
    Operation::channel("subscribe", Some(Ability::WebhookRegistrar)),
    Operation::channel("unsubscribe", Some(Ability::WebhookRegistrar)),
    Operation::channel("pull_messages", Some(Ability::GuestMessages)),
    Operation::channel("send_reply", Some(Ability::GuestMessages)),
    Operation::channel("answer_webhook", Some(Ability::WebhookAnswer)),
    Operation::email("send", None),
    Operation::email("send_batch", Some(Ability::EmailBatch)),
    Operation::email("parse_events", Some(Ability::EmailEvents)),
];

impl Operation {
    const fn channel(name: &'static str, ability: Option<Ability>) -> Self {
        Self {
            name,
            kind: Kind::Channel,
            ability,
        }
    }

    const fn email(name: &'static str, ability: Option<Ability>) -> Self {
        Self {
            name,
            kind: Kind::Email,
            ability,
        }
    }

    pub(super) fn named(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.name == name)
    }

    /// Those that a plugin promises to have.
    pub(super) fn of(manifest: &Manifest) -> impl Iterator<Item = &'static Self> {
        OPERATIONS.iter().filter(move |operation| {
            let is_promised = operation
                .ability
                .is_none_or(|ability| manifest.has(ability));
            operation.kind == manifest.kind && is_promised
        })
    }

    /// As people read it.
    pub(super) fn spelled(&self) -> String {
        self.name.replace('_', "-")
    }

    pub(super) fn interface(&self) -> &'static str {
        match (self.ability, self.kind) {
            (Some(ability), _) => ability.name(),
            (None, Kind::Channel) => "channel-manager-provider",
            (None, Kind::Email) => "email-provider",
        }
    }
}
