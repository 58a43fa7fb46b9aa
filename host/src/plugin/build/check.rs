//! Does a component do what its manifest says, no more and no less?

use std::collections::BTreeSet;

use crate::plugin::inspect::Interfaces;
use crate::plugin::loader::is_offered_wasi;
use crate::plugin::manifest::{Ability, Manifest};

/// Where a component and its manifest differ.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum Disagreement {
    #[error(
        "the manifest promises `{0}`, and the component does not export it: name it in the export macro"
    )]
    Missing(String),
    #[error(
        "the component exports `{0}`, and the manifest does not say so: add it to `abilities`, or check `kind`"
    )]
    Undeclared(String),
    #[error(
        "the component imports `{0}`, which no plugin gets: only interfaces of roomwire:host are offered"
    )]
    Import(String),
    #[error(
        "the component imports `{0}`, which no plugin gets: only interfaces of roomwire:host and an empty WASI 0.2 are offered"
    )]
    ForeignImport(String),
    #[error("the manifest's contract is {declared}, and the SDK speaks {stamped}")]
    Contract { declared: String, stamped: String },
}

/// Of a crate's component: its target has no operating system, so nothing but the host's interfaces is imported.
pub(super) fn check(interfaces: &Interfaces, manifest: &Manifest) -> Result<(), Disagreement> {
    if let Some(foreign) = foreign_imports(interfaces).next() {
        return Err(Disagreement::Import(foreign.to_owned()));
    }
    check_promises(interfaces, manifest)
}

/// Of a component that other tools made: the runtime of its language may import WASI.
pub(super) fn check_foreign(
    interfaces: &Interfaces,
    manifest: &Manifest,
) -> Result<(), Disagreement> {
    if let Some(foreign) = foreign_imports(interfaces).find(|name| !is_offered_wasi(name)) {
        return Err(Disagreement::ForeignImport(foreign.to_owned()));
    }
    check_promises(interfaces, manifest)
}

fn foreign_imports(interfaces: &Interfaces) -> impl Iterator<Item = &str> {
    let imports = interfaces.imports.iter().map(String::as_str);
    imports.filter(|name| !name.starts_with("roomwire:"))
}

/// Compares names without their versions; the versions are compared by the contract's.
fn check_promises(interfaces: &Interfaces, manifest: &Manifest) -> Result<(), Disagreement> {
    let abilities = manifest.abilities.iter().copied().map(Ability::interface);
    let promised: Vec<String> = std::iter::once(manifest.kind.interface())
        .chain(abilities)
        .collect();
    let promised: BTreeSet<&str> = promised.iter().map(|name| without_version(name)).collect();
    let exported: BTreeSet<&str> = interfaces
        .exports
        .iter()
        .map(|name| without_version(name))
        .collect();
    if let Some(missing) = promised.difference(&exported).next() {
        return Err(Disagreement::Missing((*missing).to_owned()));
    }
    if let Some(undeclared) = exported.difference(&promised).next() {
        return Err(Disagreement::Undeclared((*undeclared).to_owned()));
    }
    match &interfaces.contract {
        Some(stamped) if *stamped != manifest.contract => Err(Disagreement::Contract {
            declared: manifest.contract.clone(),
            stamped: stamped.clone(),
        }),
        _ => Ok(()),
    }
}

fn without_version(interface: &str) -> &str {
    interface
        .split_once('@')
        .map_or(interface, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest::from_toml(include_str!("example.toml")).expect("a manifest")
    }

    fn interfaces() -> Interfaces {
        Interfaces {
            imports: vec![
                "roomwire:types/common@1.0.0".to_owned(),
                "roomwire:host/http@1.0.0".to_owned(),
            ],
            exports: vec![
                "roomwire:email/email-provider@1.0.0".to_owned(),
                "roomwire:email/email-events@1.0.0".to_owned(),
            ],
            contract: Some("1.0.0".to_owned()),
            sdk: Some("0.1.0".to_owned()),
        }
    }

    #[test]
    fn a_component_that_does_what_it_says_passes() {
        assert_eq!(check(&interfaces(), &manifest()), Ok(()));
        let unstamped = Interfaces {
            contract: None,
            sdk: None,
            ..interfaces()
        };
        assert_eq!(
            check(&unstamped, &manifest()),
            Ok(()),
            "another toolkit's component"
        );
    }

    #[test]
    fn a_promised_ability_must_be_exported() {
        let mut interfaces = interfaces();
        interfaces.exports.pop();
        assert_eq!(
            check(&interfaces, &manifest()),
            Err(Disagreement::Missing(
                "roomwire:email/email-events".to_owned()
            ))
        );
    }

    #[test]
    fn an_exported_ability_must_be_declared() {
        let mut manifest = manifest();
        manifest.abilities.clear();
        assert_eq!(
            check(&interfaces(), &manifest),
            Err(Disagreement::Undeclared(
                "roomwire:email/email-events".to_owned()
            ))
        );
    }

    #[test]
    fn nothing_but_the_hosts_interfaces_is_imported() {
        let mut interfaces = interfaces();
        interfaces
            .imports
            .push("wasi:cli/environment@0.2.6".to_owned());
        assert_eq!(
            check(&interfaces, &manifest()),
            Err(Disagreement::Import(
                "wasi:cli/environment@0.2.6".to_owned()
            ))
        );
    }

    #[test]
    fn the_runtime_of_another_language_may_import_an_empty_wasi_and_no_more() {
        let importing = |name: &str| {
            let mut interfaces = interfaces();
            interfaces.imports.push(name.to_owned());
            check_foreign(&interfaces, &manifest())
        };
        assert_eq!(importing("wasi:cli/environment@0.2.6"), Ok(()));
        for name in ["wasi:http/outgoing-handler@0.2.6", "evil:sockets/tcp@1.0.0"] {
            assert_eq!(
                importing(name),
                Err(Disagreement::ForeignImport(name.to_owned()))
            );
        }
        let mut mute = interfaces();
        mute.exports.clear();
        assert!(matches!(
            check_foreign(&mute, &manifest()),
            Err(Disagreement::Missing(_))
        ));
    }

    #[test]
    fn the_contract_must_be_the_one_that_the_sdk_spoke() {
        let newer = Interfaces {
            contract: Some("1.1.0".to_owned()),
            ..interfaces()
        };
        assert!(matches!(
            check(&newer, &manifest()),
            Err(Disagreement::Contract { .. })
        ));
    }
}
