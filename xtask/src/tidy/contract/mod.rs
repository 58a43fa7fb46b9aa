//! Whether `wit/` keeps what its published versions promised: plugins that exist are not built again for a new host.

mod compare;
pub(crate) mod frozen;
mod surface;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use semver::Version;

use self::compare::{Change, Effect};
use self::frozen::{FOLDER, Frozen};
use self::surface::{Package, Surface};
use super::Finding;

/// Everything that is wrong with the contract and with what is kept of its versions.
pub(super) fn check(root: &Path) -> Result<Vec<Finding>> {
    let present = surface::read(&root.join("wit"))?;
    let published = frozen::all(root)?;
    let mut findings = against_published(&present, &published)?;
    let (version, _) = version(&present);
    if !published.iter().any(|frozen| frozen.version == version) {
        findings.push(Finding::new(
            FOLDER,
            0,
            format!(
                "the contract {version} is not frozen: run `cargo xtask freeze` and commit {FOLDER}/{version}"
            ),
        ));
    }
    Ok(findings)
}

/// The version of `wit/`, where nothing that was published forbids publishing it.
pub(crate) fn publishable(root: &Path) -> Result<Version> {
    let present = surface::read(&root.join("wit"))?;
    let published = frozen::all(root)?;
    let (version, _) = version(&present);
    if published.iter().any(|frozen| frozen.version == version) {
        bail!(
            "{FOLDER}/{version} is there already, and what is published is not written again: \
             raise the version of every package in wit/"
        );
    }
    let findings = against_published(&present, &published)?;
    if !findings.is_empty() {
        let sentences: Vec<String> = findings.iter().map(Finding::to_string).collect();
        bail!("the contract cannot be frozen:\n{}", sentences.join("\n"));
    }
    Ok(version)
}

fn against_published(present: &Surface, published: &[Frozen]) -> Result<Vec<Finding>> {
    let finding = |sentence: String| Finding::new("wit", 0, sentence);
    let mut findings: Vec<Finding> = version(present).1.into_iter().map(finding).collect();
    for frozen in published {
        let place = format!("{FOLDER}/{}", frozen.version);
        let damage = frozen::damage(frozen)?;
        findings.extend(
            damage
                .into_iter()
                .map(|sentence| Finding::new(&place, 0, sentence)),
        );
        let old = surface::read(&frozen.folder.join("wit")).context(place)?;
        findings.extend(broken_promises(&old, present).into_iter().map(finding));
    }
    Ok(findings)
}

/// The newest version of the packages, and a sentence for each that does not carry its major's.
fn version(surface: &Surface) -> (Version, Vec<String>) {
    let mut newest: BTreeMap<u64, &Version> = BTreeMap::new();
    for ((_, major), package) in surface {
        let known = newest.entry(*major).or_insert(&package.version);
        *known = (*known).max(&package.version);
    }
    let behind = surface.iter().filter_map(|((name, major), package)| {
        let newest = newest[major];
        (package.version != *newest).then(|| {
            format!(
                "`{name}` is {}, and another package is {newest}: they are published together, under one version",
                package.version
            )
        })
    });
    let behind = behind.collect();
    let newest = newest.into_values().next_back();
    (newest.cloned().unwrap_or(Version::new(0, 0, 0)), behind)
}

/// What plugins of a published version could not rely on any more, and versions that do not say what changed.
fn broken_promises(published: &Surface, present: &Surface) -> Vec<String> {
    let mut sentences = Vec::new();
    for ((name, major), old) in published {
        match present.get(&(name.clone(), *major)) {
            Some(new) => sentences.extend(judge(name, old, new)),
            None => sentences.push(format!(
                "the package `{name}@{}` is gone: keep it beside its successor, or retire it as wit/README.md says",
                old.version
            )),
        }
    }
    sentences
}

fn judge(name: &str, old: &Package, new: &Package) -> Vec<String> {
    if new.version < old.version {
        return vec![format!(
            "`{name}` is {}, and {} is published: a version only rises",
            new.version, old.version
        )];
    }
    let sentence = |change: Change| {
        let advice = advice(change.effect, &old.version, &new.version)?;
        Some(format!(
            "since `{name}@{}` {}: {advice}",
            old.version, change.sentence
        ))
    };
    compare::changes(old, new)
        .into_iter()
        .filter_map(sentence)
        .collect()
}

/// What to do about a change, or nothing where the version says enough. Both versions are of one major.
fn advice(effect: Effect, old: &Version, new: &Version) -> Option<String> {
    match effect {
        Effect::Breaking => Some(format!(
            "this breaks plugins, so undo it, or write a package {}.0.0 beside this one",
            old.major + 1
        )),
        Effect::Additive if new.minor > old.minor => None,
        Effect::Additive => Some(format!(
            "this adds to what is published, so raise the packages to {}.{}.0",
            old.major,
            old.minor + 1
        )),
    }
}
