//! What `wit-bindgen` makes of the contract in `wit/`.
//! Every optional interface is a world of its own, so a component claims only the interfaces that it exports.

/// The host's interfaces.
pub(crate) mod host {
    wit_bindgen::generate!({
        path: ["../wit/types", "../wit/host"],
        world: "roomwire:host/imports",
        additional_derives: [PartialEq],
        generate_all,
    });
}

/// The mandatory interface of a connector, and the types of the channel contract.
pub mod channel {
    wit_bindgen::generate!({
        inline: "package roomwire:sdk-channel; world channel { include roomwire:channel/provider@1.1.0; }",
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:sdk-channel/channel",
        pub_export_macro: true,
        export_macro_name: "export_channel_manager_provider",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        additional_member_attributes: {
            "roomwire:channel/types@1.1.0/product.extensions": [#[serde(default, skip_serializing_if = "Vec::is_empty")]],
            "roomwire:channel/types@1.1.0/item-result.extensions": [#[serde(default, skip_serializing_if = "Vec::is_empty")]],
        },
        generate_unused_types: true,
        with: {
            "roomwire:host/http@1.1.0": crate::bindings::host::roomwire::host::http,
            "roomwire:host/log@1.1.0": crate::bindings::host::roomwire::host::log,
            "roomwire:host/clock@1.1.0": crate::bindings::host::roomwire::host::clock,
            "roomwire:host/random@1.1.0": crate::bindings::host::roomwire::host::random,
            "roomwire:host/kv@1.1.0": crate::bindings::host::roomwire::host::kv,
            "roomwire:host/signer@1.1.0": crate::bindings::host::roomwire::host::signer,
            "roomwire:types/common@1.1.0": generate,
            "roomwire:channel/types@1.1.0": generate,
            "roomwire:channel/channel-manager-provider@1.1.0": generate,
        },
    });
}

pub mod ari_reader {
    wit_bindgen::generate!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-ari-reader",
        pub_export_macro: true,
        export_macro_name: "export_ari_reader",
        with: {
            "roomwire:types/common@1.1.0": crate::bindings::channel::roomwire::types::common,
            "roomwire:channel/types@1.1.0": crate::bindings::channel::roomwire::channel::types,
        },
        generate_all,
    });
}

pub mod reservation_source {
    wit_bindgen::generate!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-reservation-source",
        pub_export_macro: true,
        export_macro_name: "export_reservation_source",
        with: {
            "roomwire:types/common@1.1.0": crate::bindings::channel::roomwire::types::common,
            "roomwire:channel/types@1.1.0": crate::bindings::channel::roomwire::channel::types,
        },
        generate_all,
    });
}

pub mod webhook_source {
    wit_bindgen::generate!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-webhook-source",
        pub_export_macro: true,
        export_macro_name: "export_webhook_source",
        with: {
            "roomwire:types/common@1.1.0": crate::bindings::channel::roomwire::types::common,
            "roomwire:channel/types@1.1.0": crate::bindings::channel::roomwire::channel::types,
        },
        generate_all,
    });
}

pub mod webhook_registrar {
    wit_bindgen::generate!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-webhook-registrar",
        pub_export_macro: true,
        export_macro_name: "export_webhook_registrar",
        with: {
            "roomwire:types/common@1.1.0": crate::bindings::channel::roomwire::types::common,
        },
        generate_all,
    });
}

/// An interface with types of its own: the other packages' are those of `channel`.
pub mod guest_messages {
    wit_bindgen::generate!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-guest-messages",
        pub_export_macro: true,
        export_macro_name: "export_guest_messages",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "roomwire:types/common@1.1.0": crate::bindings::channel::roomwire::types::common,
        },
        generate_all,
    });
}

pub mod webhook_answer {
    wit_bindgen::generate!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-webhook-answer",
        pub_export_macro: true,
        export_macro_name: "export_webhook_answer",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "roomwire:types/common@1.1.0": crate::bindings::channel::roomwire::types::common,
        },
        generate_all,
    });
}

/// The mandatory interface of an email provider, and the types of the email contract.
pub mod email {
    wit_bindgen::generate!({
        inline: "package roomwire:sdk-email; world email { include roomwire:email/provider@1.1.0; }",
        path: ["../wit/types", "../wit/host", "../wit/email"],
        world: "roomwire:sdk-email/email",
        pub_export_macro: true,
        export_macro_name: "export_email_provider",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
        additional_member_attributes: {
            "roomwire:email/types@1.1.0/receipt.extensions": [#[serde(default, skip_serializing_if = "Vec::is_empty")]],
            "roomwire:email/types@1.1.0/message.extensions": [#[serde(default, skip_serializing_if = "Vec::is_empty")]],
        },
        generate_unused_types: true,
        with: {
            "roomwire:host/http@1.1.0": crate::bindings::host::roomwire::host::http,
            "roomwire:host/log@1.1.0": crate::bindings::host::roomwire::host::log,
            "roomwire:host/clock@1.1.0": crate::bindings::host::roomwire::host::clock,
            "roomwire:host/random@1.1.0": crate::bindings::host::roomwire::host::random,
            "roomwire:host/kv@1.1.0": crate::bindings::host::roomwire::host::kv,
            "roomwire:host/signer@1.1.0": crate::bindings::host::roomwire::host::signer,
            "roomwire:types/common@1.1.0": crate::bindings::channel::roomwire::types::common,
            "roomwire:email/types@1.1.0": generate,
            "roomwire:email/email-provider@1.1.0": generate,
        },
    });
}

pub mod email_batch {
    wit_bindgen::generate!({
        path: ["../wit/types", "../wit/host", "../wit/email"],
        world: "roomwire:email/with-email-batch",
        pub_export_macro: true,
        export_macro_name: "export_email_batch",
        with: {
            "roomwire:types/common@1.1.0": crate::bindings::channel::roomwire::types::common,
            "roomwire:email/types@1.1.0": crate::bindings::email::roomwire::email::types,
        },
        generate_all,
    });
}

pub mod email_events {
    wit_bindgen::generate!({
        path: ["../wit/types", "../wit/host", "../wit/email"],
        world: "roomwire:email/with-email-events",
        pub_export_macro: true,
        export_macro_name: "export_email_events",
        with: {
            "roomwire:types/common@1.1.0": crate::bindings::channel::roomwire::types::common,
            "roomwire:email/types@1.1.0": crate::bindings::email::roomwire::email::types,
        },
        generate_all,
    });
}
