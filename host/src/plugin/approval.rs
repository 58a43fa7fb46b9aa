//! Whether a plugin asks for no more than its operator approved. Decided before anything of it is compiled.

pub(super) mod notation;

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
        "it asks for more than was approved ({}): look at it with `roomwire plugin inspect`, and write what you agree to into `plugins.approved.{id}`, as `roomwire plugin inspect --approval` spells it", .more.join(", ")
    )]
    More { id: String, more: Vec<String> },
    #[error(
        "its version is {found}, and {present} is in service: an old file keeps its signature for ever. To go back to it, look at it with `roomwire plugin inspect`, and set `plugins.approved.{id}.sha256` to {sha256}"
    )]
    Older {
        id: String,
        present: String,
        found: String,
        sha256: String,
    },
}

/// Compares a file's digest and its manifest with what was approved of its plugin.
pub(super) fn examine(
    approvals: &Approvals,
    manifest: &Manifest,
    sha256: &[u8; 32],
) -> Result<(), Unapproved> {
    let approval = approvals.approved.get(&manifest.id);
    let approved = approval.and_then(|approval| approval.sha256.as_ref());
    let found = hex::encode(sha256);
    if approved.is_some_and(|approved| *approved != found) {
        let id = manifest.id.clone();
        return Err(Unapproved::File { id, found });
    }
    still_given(approvals, manifest)
}

/// Whether a version that is or was in service asks for no more than is approved today. Its digest does not count: there
/// is one for each plugin, and it is the newer file's.
pub(super) fn still_given(approvals: &Approvals, manifest: &Manifest) -> Result<(), Unapproved> {
    let id = || manifest.id.clone();
    let Some(approval) = approvals.approved.get(&manifest.id) else {
        return if approvals.required {
            Err(Unapproved::Plugin(id()))
        } else {
            Ok(())
        };
    };
    let more = beyond(approval, manifest);
    if more.is_empty() {
        Ok(())
    } else {
        Err(Unapproved::More { id: id(), more })
    }
}

/// Refuses a version that is older than the one in service, where signatures are all that tells a good file from others:
/// whoever can write the folder has the old ones too. A digest in the configuration says that this file is meant.
pub(super) fn refuse_older(
    approvals: &Approvals,
    present: &Manifest,
    next: &Manifest,
    sha256: &str,
) -> Result<(), Unapproved> {
    let approval = approvals.approved.get(&next.id);
    let is_named = approval.is_some_and(|approval| approval.sha256.as_deref() == Some(sha256));
    if approvals.signers.is_empty() || is_named || !is_older(&next.version, &present.version) {
        return Ok(());
    }
    Err(Unapproved::Older {
        id: next.id.clone(),
        present: present.version.clone(),
        found: next.version.clone(),
        sha256: sha256.to_owned(),
    })
}

/// Whether one semantic version comes before another. Builds of the same version do not differ.
fn is_older(version: &str, than: &str) -> bool {
    let parsed = |text: &str| text.parse::<semver::Version>().ok();
    parsed(version)
        .zip(parsed(than))
        .is_some_and(|(version, than)| version.cmp_precedence(&than).is_lt())
}

/// The approval of all that a file asks for, and of no other file.
pub(super) fn everything(manifest: &Manifest, sha256: &str) -> Approval {
    Approval {
        sha256: Some(sha256.to_owned()),
        hosts: Some(hosts(manifest).collect()),
        secrets: Some(secrets(manifest).collect()),
        uses: Some(notation::uses(&manifest.secrets).into_iter().collect()),
        webhook: Some(notation::webhook(manifest.webhook.as_ref())),
    }
}

fn hosts(manifest: &Manifest) -> impl Iterator<Item = String> {
    manifest.hosts.iter().map(ToString::to_string)
}

fn secrets(manifest: &Manifest) -> impl Iterator<Item = String> {
    manifest.secrets.iter().map(|slot| slot.name.clone())
}

fn beyond(approval: &Approval, manifest: &Manifest) -> Vec<String> {
    let uses = notation::uses(&manifest.secrets).into_iter();
    let mut more = not_in(approval.hosts.as_ref(), hosts(manifest), "host");
    more.extend(not_in(
        approval.secrets.as_ref(),
        secrets(manifest),
        "secret",
    ));
    more.extend(not_in(approval.uses.as_ref(), uses, "use"));
    // Who takes no webhooks any more asks for less, whatever was approved.
    if let (Some(approved), Some(rules)) = (&approval.webhook, &manifest.webhook) {
        let asked = notation::webhook(Some(rules));
        if *approved != asked {
            more.push(format!("webhook `{asked}`, and approved is `{approved}`"));
        }
    }
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
    use crate::plugin::manifest::secrets::{Injection, Method};
    use crate::plugin::manifest::tests::example;
    use crate::plugin::manifest::webhook::Verification;

    const DIGEST: [u8; 32] = [0x0f; 32];

    fn manifest() -> Manifest {
        Manifest::from_toml(&example()).expect("a manifest")
    }

    /// Everything that the example asks for.
    fn everything() -> Approval {
        super::everything(&manifest(), &hex::encode(DIGEST))
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
            still_given(&approvals, &manifest()).is_ok()
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

    #[test]
    fn an_older_signed_file_is_refused_unless_its_digest_is_named() {
        let approvals = |signers: &[&str], sha256: Option<&str>| {
            let approval = Approval {
                sha256: sha256.map(str::to_owned),
                ..Approval::default()
            };
            Approvals {
                approved: [(manifest().id, approval)].into(),
                signers: signers.iter().map(|signer| (*signer).to_owned()).collect(),
                ..Approvals::default()
            }
        };
        let version = |number: &str| Manifest {
            version: number.to_owned(),
            ..manifest()
        };
        let refused = |approvals: &Approvals, next: &str| {
            let refused = refuse_older(approvals, &version("1.10.0"), &version(next), "abc");
            refused.err().map(|error| error.to_string())
        };
        let signed = approvals(&["key"], None);
        for older in ["1.9.0", "0.11.0", "1.10.0-rc.1"] {
            let sentence = refused(&signed, older).expect(older);
            let what_to_do = format!("set `plugins.approved.{}.sha256` to abc", manifest().id);
            assert!(sentence.contains(&what_to_do), "{sentence}");
            assert_eq!(refused(&approvals(&[], None), older), None);
            assert_eq!(refused(&approvals(&["key"], Some("abc")), older), None);
            assert!(refused(&approvals(&["key"], Some("def")), older).is_some());
        }
        for other in ["1.10.0", "1.10.0+build.2", "1.11.0"] {
            assert_eq!(refused(&signed, other), None, "{other}");
        }
    }

    #[test]
    fn a_secret_that_moves_into_the_query_or_goes_elsewhere_needs_a_new_approval() {
        let manifest = manifest();
        let sent = manifest.secrets.iter().find(|slot| slot.is_sent());
        let slot = sent.expect("a secret that is sent");
        let mut moved = manifest.clone();
        for other in &mut moved.secrets {
            if other.name == slot.name {
                other.inject = Injection::Query {
                    name: "key".to_owned(),
                };
            }
        }
        let more = beyond(&everything(), &moved);
        assert_eq!(more, [format!("use `{}: query name=key`", slot.name)]);

        let mut wider = manifest.clone();
        for other in &mut wider.secrets {
            if other.name == slot.name {
                other.methods.push(Method::Delete);
            }
        }
        let more = beyond(&everything(), &wider);
        let gained = format!("use `{}: DELETE {}`", slot.name, slot.hosts[0]);
        assert_eq!(more.first(), Some(&gained), "{more:?}");

        let mut narrower = manifest.clone();
        for other in &mut narrower.secrets {
            other.methods.truncate(1);
        }
        assert_eq!(beyond(&everything(), &narrower), Vec::<String>::new());
    }

    #[test]
    fn a_webhook_that_is_verified_otherwise_needs_a_new_approval_and_none_at_all_does_not() {
        let mut weaker = manifest();
        let rules = weaker.webhook.as_mut().expect("webhooks");
        rules.verification = Verification::UrlSecret {};
        let approvals = Approvals {
            approved: [(weaker.id.clone(), everything())].into(),
            ..Approvals::default()
        };
        let refused = still_given(&approvals, &weaker).expect_err("a refusal");
        let sentence = refused.to_string();
        assert!(sentence.contains("verification={url-secret}"), "{sentence}");
        assert!(sentence.contains("inspect --approval"), "{sentence}");

        let mut silent = manifest();
        silent.webhook = None;
        assert_eq!(beyond(&everything(), &silent), Vec::<String>::new());
        let never = Approval {
            webhook: Some(notation::webhook(None)),
            ..everything()
        };
        assert_eq!(beyond(&never, &manifest()).len(), 1);
    }
}
