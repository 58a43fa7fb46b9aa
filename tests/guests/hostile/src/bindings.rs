//! What `wit-bindgen` makes of the contract, without the SDK: an attacker would not use it either.

wit_bindgen::generate!({
    path: ["../../../wit/types", "../../../wit/host", "../../../wit/channel"],
    world: "roomwire:channel/provider",
    generate_all,
});
