//! What this crate claims of the contract is what `wit/` says.

use std::fs;
use std::path::Path;

use roomwire_plugin_sdk::CONTRACT_VERSION;

#[test]
fn the_contract_version_is_that_of_every_wit_package() {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    for package in ["types", "host", "channel", "email"] {
        let path = wit.join(package).join(format!("{package}.wit"));
        let text = fs::read_to_string(&path).expect("the contract");
        let declared = format!("package roomwire:{package}@{CONTRACT_VERSION};");
        assert!(
            text.contains(&declared),
            "{} does not say `{declared}`",
            path.display()
        );
    }
}
