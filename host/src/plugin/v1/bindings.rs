//! The contract's first major version, as wasmtime's macro reads it. Each optional interface is a world of its own,
//! so that a plugin without it binds all the others.

/// What the host offers.
pub(in crate::plugin) mod host {
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/host"],
        world: "roomwire:host/imports",
        imports: { default: async | trappable },
    });
}

/// What every connector exports.
pub(in crate::plugin) mod channel {
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/provider",
        exports: { default: async },
        // What goes in and comes out can be recorded.
        additional_derives: [serde::Deserialize, serde::Serialize],
        with: { "roomwire:host": super::host::roomwire::host },
    });
}

/// Reads back what a channel shows.
pub(in crate::plugin) mod ari_reader {
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-ari-reader",
        exports: { default: async },
        with: {
            "roomwire:types": super::channel::roomwire::types,
            "roomwire:channel": super::channel::roomwire::channel,
        },
    });
}

/// Reservations that a channel can be asked for.
pub(in crate::plugin) mod reservation_source {
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-reservation-source",
        exports: { default: async },
        with: {
            "roomwire:types": super::channel::roomwire::types,
            "roomwire:channel": super::channel::roomwire::channel,
        },
    });
}

/// Understands a channel's webhooks.
pub(in crate::plugin) mod webhook_source {
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-webhook-source",
        exports: { default: async },
        with: {
            "roomwire:types": super::channel::roomwire::types,
            "roomwire:channel": super::channel::roomwire::channel,
        },
    });
}

/// Has a channel send its webhooks here.
pub(in crate::plugin) mod webhook_registrar {
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-webhook-registrar",
        exports: { default: async },
        // What goes in and comes out can be recorded.
        additional_derives: [serde::Deserialize, serde::Serialize],
        with: { "roomwire:types": super::channel::roomwire::types },
    });
}

/// What guests and hotels write. The interface has types of its own, so the package is not another module's here.
pub(in crate::plugin) mod guest_messages {
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-guest-messages",
        exports: { default: async },
        additional_derives: [serde::Deserialize, serde::Serialize],
        with: { "roomwire:types": super::channel::roomwire::types },
    });
}

/// Answers a channel's webhooks.
pub(in crate::plugin) mod webhook_answer {
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/host", "../wit/channel"],
        world: "roomwire:channel/with-webhook-answer",
        exports: { default: async },
        // Its own types go in and come out as well.
        additional_derives: [serde::Deserialize, serde::Serialize],
        with: { "roomwire:types": super::channel::roomwire::types },
    });
}

/// What every email provider exports.
pub(in crate::plugin) mod email {
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/host", "../wit/email"],
        world: "roomwire:email/provider",
        exports: { default: async },
        additional_derives: [serde::Deserialize, serde::Serialize],
        with: {
            "roomwire:host": super::host::roomwire::host,
            "roomwire:types": super::channel::roomwire::types,
        },
    });
}

/// Hands several messages over in one request.
pub(in crate::plugin) mod email_batch {
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/host", "../wit/email"],
        world: "roomwire:email/with-email-batch",
        exports: { default: async },
        additional_derives: [serde::Deserialize, serde::Serialize],
        with: {
            "roomwire:types": super::channel::roomwire::types,
            "roomwire:email": super::email::roomwire::email,
        },
    });
}

/// Understands an email provider's webhooks.
pub(in crate::plugin) mod email_events {
    wasmtime::component::bindgen!({
        path: ["../wit/types", "../wit/host", "../wit/email"],
        world: "roomwire:email/with-email-events",
        exports: { default: async },
        with: {
            "roomwire:types": super::channel::roomwire::types,
            "roomwire:email": super::email::roomwire::email,
        },
    });
}
