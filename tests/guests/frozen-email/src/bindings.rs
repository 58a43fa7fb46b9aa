//! What `wit-bindgen` makes of the whole contract for email providers, without the SDK.

wit_bindgen::generate!({
    inline: "package roomwire:frozen-email; world everything { include roomwire:email/provider@1.1.0; include roomwire:email/with-email-events@1.1.0; include roomwire:email/with-email-batch@1.1.0; }",
    path: ["../../../wit/types", "../../../wit/host", "../../../wit/email"],
    world: "roomwire:frozen-email/everything",
    generate_all,
});
