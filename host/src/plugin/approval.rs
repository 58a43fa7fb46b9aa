//! Whether a plugin asks for no more than its operator approved. Decided before anything of it is compiled.

use std::collections::BTreeSet;

use super::manifest::Manifest;
use crate::config::{Approval, Approvals};

/// How a file goes beyond what was approved.
#[derive(Debug, thiserror::Error)]
pub enum Unapproved {
    #[error(
        "only approved plugins are loaded: look at it with `roomwire plugin inspect`, and add `[plugins.approved.{0}]`"
    )]
    Plugin(String),
    #[error(
        "its SHA-256 is {found}, and another file is approved: look at this one with `roomwire plugin inspect`, and change `plugins.approved.{id}.sha256`"
    )]
    File { id: String, found: String },
    #[error(
        "it asks for more than was approved ({}): look at it with `roomwire plugin inspect`, and add this to `plugins.approved.{id}`", .more.join(", ")
    )]
    More { id: String, more: Vec<String> },
}

/// Compares a file's digest and its manifest with what was approved of its plugin.
pub(super) fn examine(
    approvals: &Approvals,
    manifest: &Manifest,
    sha256: &[u8; 32],
) -> Result<(), Unapproved> {
    let id = || manifest.id.clone();
    let Some(approval) = approvals.approved.get(&manifest.id) else {
        return if approvals.required {
            Err(Unapproved::Plugin(id()))
        } else {
            Ok(())
        };
    };
    let found = hex::encode(sha256);
    if approval
        .sha256
        .as_ref()
        .is_some_and(|approved| *approved != found)
    {
        return Err(Unapproved::File { id: id(), found });
    }
    let more = beyond(approval, manifest);
    if more.is_empty() {
        Ok(())
    } else {
        Err(Unapproved::More { id: id(), more })
    }
}

/// Whether a version that was in service before asks for no more than is approved today. Its digest does not count: there is
/// one for each plugin, and it is the newer file's.
pub(super) fn is_still_given(approvals: &Approvals, manifest: &Manifest) -> bool {
    match approvals.approved.get(&manifest.id) {
        Some(approval) => beyond(approval, manifest).is_empty(),
        None => !approvals.required,
    }
}

fn beyond(approval: &Approval, manifest: &Manifest) -> Vec<String> {
    let hosts = manifest.hosts.iter().map(ToString::to_string);
    let secrets = manifest.secrets.iter().map(|slot| slot.name.clone());
    let mut more = not_in(approval.hosts.as_ref(), hosts, "host");
    more.extend(not_in(approval.secrets.as_ref(), secrets, "secret"));
    more
}

fn not_in(
    approved: Option<&BTreeSet<String>>,
    asked: impl Iterator<Item = String>,
    what: &str,
) -> Vec<String> {
    let Some(approved) = approved else {
        return Vec::new();
    };
    let beyond = asked.filter(|one| !approved.contains(one));
    beyond.map(|one| format!("{what} `{one}`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::manifest::tests::example;

    const DIGEST: [u8; 32] = [0x0f; 32];

    fn manifest() -> Manifest {
        Manifest::from_toml(&example()).expect("a manifest")
    }

    /// Everything that the example asks for.
    fn everything() -> Approval {
        let manifest = manifest();
        Approval {
            sha256: Some(hex::encode(DIGEST)),
            hosts: Some(manifest.hosts.iter().map(ToString::to_string).collect()),
            secrets: Some(
                manifest
                    .secrets
                    .iter()
                    .map(|slot| slot.name.clone())
                    .collect(),
            ),
        }
    }

    fn refusal(approval: Option<Approval>, required: bool) -> Option<String> {
        let approved = approval.map(|approval| (manifest().id, approval));
        let approvals = Approvals {
            approved: approved.into_iter().collect(),
            required,
            ..Approvals::default()
        };
        let examined = examine(&approvals, &manifest(), &DIGEST);
        examined.err().map(|error| error.to_string())
    }

    #[test]
    fn what_was_approved_is_loaded() {
        assert_eq!(refusal(Some(everything()), true), None);
        assert_eq!(refusal(Some(Approval::default()), true), None);
        assert_eq!(refusal(None, false), None);
    }

    #[test]
    fn nothing_else_is_loaded_where_approval_is_required() {
        let sentence = refusal(None, true).expect("a refusal");
        let table = format!("[plugins.approved.{}]", manifest().id);
        assert!(sentence.contains(&table), "{sentence}");
    }

    #[test]
    fn another_file_is_refused_with_its_digest() {
        let approval = Approval {
            sha256: Some("00".repeat(32)),
            ..everything()
        };
        let sentence = refusal(Some(approval), false).expect("a refusal");
        assert!(sentence.contains(&hex::encode(DIGEST)), "{sentence}");
    }

    #[test]
    fn every_host_and_secret_that_is_new_is_named() {
        let approval = Approval {
            hosts: Some(BTreeSet::new()),
            secrets: Some(BTreeSet::new()),
            ..everything()
        };
        let sentence = refusal(Some(approval), false).expect("a refusal");
        for host in &manifest().hosts {
            assert!(sentence.contains(&format!("host `{host}`")), "{sentence}");
        }
        for slot in &manifest().secrets {
            let secret = format!("secret `{}`", slot.name);
            assert!(sentence.contains(&secret), "{sentence}");
        }
    }

    #[test]
    fn a_version_whose_hosts_or_approval_were_taken_back_is_no_way_back() {
        let given = |approval: Option<Approval>, required: bool| {
            let approved = approval.map(|approval| (manifest().id, approval));
            let approvals = Approvals {
                approved: approved.into_iter().collect(),
                required,
                ..Approvals::default()
            };
            is_still_given(&approvals, &manifest())
        };
        let newer = Approval {
            sha256: Some("00".repeat(32)),
            ..everything()
        };
        let narrower = Approval {
            hosts: Some(BTreeSet::new()),
            ..everything()
        };
        assert!(given(Some(newer), true));
        assert!(given(None, false));
        assert!(!given(None, true));
        assert!(!given(Some(narrower), false));
    }
}
