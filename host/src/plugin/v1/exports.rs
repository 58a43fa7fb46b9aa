//! What a plugin exports: the mandatory interface, and each ability bound by itself.

use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre};

use super::bindings::{
    ari_reader, channel, email, email_batch, email_events, guest_messages, reservation_source,
    webhook_answer, webhook_registrar, webhook_source,
};
use crate::plugin::manifest::{Ability, CONTRACT, Kind, LOWEST_CONTRACT, Manifest};
use crate::plugin::state::CallState;

/// Where a plugin's functions are found in an instance.
pub(in crate::plugin) enum Exports {
    Channel(Box<ChannelExports>),
    Email(Box<EmailExports>),
}

pub(in crate::plugin) struct ChannelExports {
    pub(in crate::plugin) provider: channel::ProviderIndices,
    pub(in crate::plugin) ari_reader: Option<ari_reader::WithAriReaderIndices>,
    pub(in crate::plugin) reservation_source:
        Option<reservation_source::WithReservationSourceIndices>,
    pub(in crate::plugin) webhook_source: Option<webhook_source::WithWebhookSourceIndices>,
    pub(in crate::plugin) webhook_registrar: Option<webhook_registrar::WithWebhookRegistrarIndices>,
    pub(in crate::plugin) guest_messages: Option<guest_messages::WithGuestMessagesIndices>,
    pub(in crate::plugin) webhook_answer: Option<webhook_answer::WithWebhookAnswerIndices>,
}

pub(in crate::plugin) struct EmailExports {
    pub(in crate::plugin) provider: email::ProviderIndices,
    pub(in crate::plugin) events: Option<email_events::WithEmailEventsIndices>,
    pub(in crate::plugin) batch: Option<email_batch::WithEmailBatchIndices>,
}

/// How a component's exports and its manifest disagree.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the component does not export `{0}`, which its manifest's `kind` requires")]
    MissingProvider(String),
    #[error(
        "the manifest declares the ability `{ability}`, and the component does not export `{interface}`"
    )]
    MissingAbility {
        ability: &'static str,
        interface: String,
    },
    #[error("the component exports `{interface}`: add `{ability}` to the manifest's `abilities`")]
    UndeclaredAbility {
        ability: &'static str,
        interface: String,
    },
    #[error(
        "the component exports an interface of another shape than the contract's: build it again with an SDK for the contracts {LOWEST_CONTRACT} to {CONTRACT}, and without changes to its WIT files"
    )]
    Shape(#[source] wasmtime::Error),
}

impl From<wasmtime::Error> for ExportError {
    fn from(cause: wasmtime::Error) -> Self {
        Self::Shape(cause)
    }
}

impl Exports {
    /// Finds the exports that the manifest declares. Their types are compared when they are first bound.
    pub(in crate::plugin) fn find(
        manifest: &Manifest,
        pre: &InstancePre<CallState>,
    ) -> Result<Self, ExportError> {
        let component = pre.component();
        // The runtime finds the interface of every version with this major; a refusal names the author's own.
        let provider = manifest.kind.interface();
        if component.get_export_index(None, &provider).is_none() {
            let provider = manifest.kind.interface_of(&manifest.contract);
            return Err(ExportError::MissingProvider(provider));
        }
        for ability in Ability::ALL {
            agree(manifest, component, ability)?;
        }
        Ok(match manifest.kind {
            Kind::Channel => Self::Channel(Box::new(ChannelExports::find(manifest, pre)?)),
            Kind::Email => Self::Email(Box::new(EmailExports::find(manifest, pre)?)),
        })
    }

    /// Binds everything once, so that a type that differs from the contract's shows now and not in a hotel's call.
    pub(in crate::plugin) fn try_all(
        &self,
        store: &mut Store<CallState>,
        instance: &Instance,
    ) -> wasmtime::Result<()> {
        match self {
            Self::Channel(exports) => {
                exports.provider.load(&mut *store, instance)?;
                if let Some(indices) = &exports.ari_reader {
                    indices.load(&mut *store, instance)?;
                }
                if let Some(indices) = &exports.reservation_source {
                    indices.load(&mut *store, instance)?;
                }
                if let Some(indices) = &exports.webhook_source {
                    indices.load(&mut *store, instance)?;
                }
                if let Some(indices) = &exports.webhook_registrar {
                    indices.load(&mut *store, instance)?;
                }
                if let Some(indices) = &exports.guest_messages {
                    indices.load(&mut *store, instance)?;
                }
                if let Some(indices) = &exports.webhook_answer {
                    indices.load(&mut *store, instance)?;
                }
            }
            Self::Email(exports) => {
                exports.provider.load(&mut *store, instance)?;
                if let Some(indices) = &exports.events {
                    indices.load(&mut *store, instance)?;
                }
                if let Some(indices) = &exports.batch {
                    indices.load(&mut *store, instance)?;
                }
            }
        }
        Ok(())
    }
}

impl ChannelExports {
    fn find(manifest: &Manifest, pre: &InstancePre<CallState>) -> wasmtime::Result<Self> {
        let of = (manifest, pre);
        Ok(Self {
            provider: channel::ProviderIndices::new(pre)?,
            ari_reader: offered(
                of,
                Ability::AriReader,
                ari_reader::WithAriReaderIndices::new,
            )?,
            reservation_source: offered(
                of,
                Ability::ReservationSource,
                reservation_source::WithReservationSourceIndices::new,
            )?,
            webhook_source: offered(
                of,
                Ability::WebhookSource,
                webhook_source::WithWebhookSourceIndices::new,
            )?,
            webhook_registrar: offered(
                of,
                Ability::WebhookRegistrar,
                webhook_registrar::WithWebhookRegistrarIndices::new,
            )?,
            guest_messages: offered(
                of,
                Ability::GuestMessages,
                guest_messages::WithGuestMessagesIndices::new,
            )?,
            webhook_answer: offered(
                of,
                Ability::WebhookAnswer,
                webhook_answer::WithWebhookAnswerIndices::new,
            )?,
        })
    }
}

impl EmailExports {
    fn find(manifest: &Manifest, pre: &InstancePre<CallState>) -> wasmtime::Result<Self> {
        let of = (manifest, pre);
        Ok(Self {
            provider: email::ProviderIndices::new(pre)?,
            events: offered(
                of,
                Ability::EmailEvents,
                email_events::WithEmailEventsIndices::new,
            )?,
            batch: offered(
                of,
                Ability::EmailBatch,
                email_batch::WithEmailBatchIndices::new,
            )?,
        })
    }
}

/// What of an ability is found in an instance, where the manifest has that ability.
fn offered<Indices>(
    (manifest, pre): (&Manifest, &InstancePre<CallState>),
    ability: Ability,
    find: impl FnOnce(&InstancePre<CallState>) -> wasmtime::Result<Indices>,
) -> wasmtime::Result<Option<Indices>> {
    manifest.has(ability).then(|| find(pre)).transpose()
}

fn agree(manifest: &Manifest, component: &Component, ability: Ability) -> Result<(), ExportError> {
    let exported = component.get_export_index(None, ability.interface());
    let exported = exported.is_some();
    let interface = ability.interface_of(&manifest.contract);
    match (manifest.has(ability), exported) {
        (true, false) => Err(ExportError::MissingAbility {
            ability: ability.name(),
            interface,
        }),
        (false, true) => Err(ExportError::UndeclaredAbility {
            ability: ability.name(),
            interface,
        }),
        _ => Ok(()),
    }
}
