//! What `wit-bindgen` makes of the whole contract for connectors, without the SDK, which has a history of its own.

wit_bindgen::generate!({
    inline: "package roomwire:frozen-channel; world everything { include roomwire:channel/provider@1.1.0; include roomwire:channel/with-ari-reader@1.1.0; include roomwire:channel/with-reservation-source@1.1.0; include roomwire:channel/with-webhook-source@1.1.0; include roomwire:channel/with-webhook-registrar@1.1.0; include roomwire:channel/with-guest-messages@1.1.0; include roomwire:channel/with-webhook-answer@1.1.0; }",
    path: ["../../../wit/types", "../../../wit/host", "../../../wit/channel"],
    world: "roomwire:frozen-channel/everything",
    generate_all,
});
