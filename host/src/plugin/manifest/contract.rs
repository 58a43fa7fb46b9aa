//! Which versions of the contract this host speaks, and what to do about a plugin that was built for another.

use semver::Version;
use serde_json::Value;

use super::{CONTRACT, LOWEST_CONTRACT};

/// Why a plugin of this version is not run, and what to do; nothing where it is.
pub(super) fn refusal(version: &Version) -> Option<String> {
    refused(version, &LOWEST_CONTRACT, &CONTRACT)
}

/// The same of a manifest that is not read yet; what names no version is refused when it is read.
pub(super) fn refusal_of(manifest: &Value) -> Option<String> {
    let version = manifest.get("contract")?.as_str()?;
    refusal(&version.parse().ok()?)
}

fn refused(version: &Version, lowest: &Version, newest: &Version) -> Option<String> {
    let advice = if version.cmp_precedence(newest).is_gt() {
        "update the host, or build the plugin with an older SDK"
    } else if version.cmp_precedence(lowest).is_lt() {
        "build the plugin with a newer SDK"
    } else {
        return None;
    };
    let spoken = if lowest == newest {
        newest.to_string()
    } else {
        format!("{lowest} to {newest}")
    };
    Some(format!(
        "is {version}, and this host speaks {spoken}: {advice}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::manifest::Manifest;
    use crate::plugin::manifest::tests::example;

    fn said(version: &str) -> Option<String> {
        let lowest = Version::new(1, 2, 0);
        let newest = Version::new(2, 1, 0);
        refused(&version.parse().expect("a version"), &lowest, &newest)
    }

    #[test]
    fn every_version_from_the_lowest_to_the_newest_is_run() {
        for version in ["1.2.0", "1.2.0+build", "1.9.3", "2.0.0", "2.1.0"] {
            assert_eq!(said(version), None, "{version}");
        }
    }

    #[test]
    fn a_plugin_that_is_too_new_or_too_old_is_told_what_to_do() {
        for version in ["2.1.1", "2.2.0", "3.0.0"] {
            assert_eq!(
                said(version),
                Some(format!(
                    "is {version}, and this host speaks 1.2.0 to 2.1.0: \
                     update the host, or build the plugin with an older SDK"
                ))
            );
        }
        for version in ["0.1.0", "1.1.9", "1.2.0-rc.1"] {
            assert_eq!(
                said(version),
                Some(format!(
                    "is {version}, and this host speaks 1.2.0 to 2.1.0: build the plugin with a newer SDK"
                ))
            );
        }
    }

    #[test]
    fn a_manifest_of_a_later_contract_is_too_new_whatever_else_it_says() {
        let text = example().replacen("\"1.0.0\"", "\"1.9.0\"\ncolour = \"red\"", 1);
        let refused = Manifest::from_toml(&text).expect_err("a later contract");
        let value: Value = toml::from_str(&text).expect("TOML");
        let problems = Manifest::problems(&value);
        assert_eq!(problems.len(), 1, "{problems:?}");
        for sentence in [refused.to_string(), problems[0].to_string()] {
            assert!(sentence.contains("`contract`: is 1.9.0"), "{sentence}");
        }
    }

    #[test]
    fn the_newest_version_is_that_of_every_package() {
        for (package, text) in [
            ("types", include_str!("../../../../wit/types/types.wit")),
            ("host", include_str!("../../../../wit/host/host.wit")),
            (
                "channel",
                include_str!("../../../../wit/channel/channel.wit"),
            ),
            ("email", include_str!("../../../../wit/email/email.wit")),
            ("email", include_str!("../../../../wit/email/batch.wit")),
        ] {
            let line = format!("package roomwire:{package}@{CONTRACT};");
            assert!(text.lines().any(|other| other == line), "no `{line}`");
        }
        assert!(LOWEST_CONTRACT <= CONTRACT);
    }
}
