//! Does a component do what its manifest says, no more and no less?

use std::collections::BTreeSet;

use crate::plugin::inspect::Interfaces;
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
    #[error(
        "the manifest's contract is {declared}, and the SDK that it was built with speaks {stamped}: write `contract = \"{stamped}\"`, or build with an SDK of contract {declared}"
    )]
    Contract { declared: String, stamped: String },
}

/// The first difference of what this toolchain makes, which imports nothing but interfaces of ours.
pub(super) fn check(interfaces: &Interfaces, manifest: &Manifest) -> Result<(), Disagreement> {
    let foreign = interfaces
        .imports
        .iter()
        .find(|name| !name.starts_with("roomwire:"));
    if let Some(foreign) = foreign {
        return Err(Disagreement::Import(foreign.clone()));
    }
    first_disagreement(interfaces, manifest)
}

/// The first difference of what other tools made, where the runtime of a language may import what the host offers of WASI.
/// `foreign` are the imports that no plugin is given.
pub(super) fn check_packed(
    foreign: Vec<String>,
    interfaces: &Interfaces,
    manifest: &Manifest,
) -> Result<(), Disagreement> {
    if let Some(foreign) = foreign.into_iter().next() {
        return Err(Disagreement::ForeignImport(foreign));
    }
    first_disagreement(interfaces, manifest)
}

fn first_disagreement(interfaces: &Interfaces, manifest: &Manifest) -> Result<(), Disagreement> {
    match disagreements(interfaces, manifest).into_iter().next() {
        Some(first) => Err(first),
        None => Ok(()),
    }
}

/// Everything in which exports and contract differ.
/// Names are compared without their versions; the versions are compared by the contract's.
pub(in crate::plugin) fn disagreements(
    interfaces: &Interfaces,
    manifest: &Manifest,
) -> Vec<Disagreement> {
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
    let missing = promised
        .difference(&exported)
        .map(|name| Disagreement::Missing((*name).to_owned()));
    let undeclared = exported
        .difference(&promised)
        .map(|name| Disagreement::Undeclared((*name).to_owned()));
    let mut found: Vec<Disagreement> = missing.chain(undeclared).collect();
    if let Some(stamped) = &interfaces.contract
        && *stamped != manifest.contract
    {
        found.push(Disagreement::Contract {
            declared: manifest.contract.clone(),
            stamped: stamped.clone(),
        });
    }
    found
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
    fn every_difference_is_told_at_once() {
        let other = Interfaces {
            exports: vec!["roomwire:channel/ari-reader@1.0.0".to_owned()],
            contract: Some("1.1.0".to_owned()),
            ..interfaces()
        };
        let found = disagreements(&other, &manifest());
        assert_eq!(
            found,
            [
                Disagreement::Missing("roomwire:email/email-events".to_owned()),
                Disagreement::Missing("roomwire:email/email-provider".to_owned()),
                Disagreement::Undeclared("roomwire:channel/ari-reader".to_owned()),
                Disagreement::Contract {
                    declared: "1.0.0".to_owned(),
                    stamped: "1.1.0".to_owned(),
                },
            ]
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
