//! The one place that decides whether a plugin may call a host at all.

use crate::plugin::manifest::Manifest;

/// A host that the manifest allows, and its port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::plugin) struct PermittedHost {
    pub(in crate::plugin) name: String,
    pub(in crate::plugin) port: u16,
}

/// Lets a host pass, or tells the operator which line would.
pub(in crate::plugin) fn permit(manifest: &Manifest, host: &str) -> Result<PermittedHost, String> {
    match manifest.allowed_host(host) {
        Some(pattern) => Ok(PermittedHost {
            name: host.to_owned(),
            port: pattern.port(),
        }),
        None => {
            let shown: String = host
                .chars()
                .filter(|character| !character.is_control())
                .take(253)
                .collect();
            Err(format!(
                "it asked for the host `{shown}`, which its manifest does not name: `hosts = [\"{shown}\"]` in its \
                 plugin.toml would allow it"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::manifest::tests::example;

    /// The forms by which a parser may be led to another host than the one that was compared.
    const TRICKS: [&str; 40] = [
        "",
        ".",
        "evil.example.com",
        "localhost",
        "localhost.",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "0177.0.0.1",
        "0x7f.1",
        "[::1]",
        "::1",
        "[::ffff:7f00:1]",
        "[fd00:ec2::254]",
        "169.254.169.254",
        "127.0.0.1.nip.io",
        "api.octopus.example.",
        "API.octopus.example",
        "api.octopus.example:443",
        "api.octopus.example:22",
        "api.octopus.example@evil.example.com",
        "evil.example.com@api.octopus.example",
        "user:pass@api.octopus.example",
        "api.octopus.example#@evil.example.com",
        "api.octopus.example/",
        "evil.example.com/api.octopus.example",
        "api.octopus.example\\@evil.example.com",
        "api.octopus.example\0",
        "api.octopus.example\r\nHost: evil.example.com",
        " api.octopus.example",
        "api.octopus.example ",
        "https://api.octopus.example",
        "file:///etc/passwd",
        "gopher://api.octopus.example",
        "\u{ff41}pi.octopus.example",
        "api\u{3002}octopus.example",
        "xapi.octopus.example",
        "files.octopus.example",
    ];

    #[test]
    fn only_the_manifests_hosts_pass() {
        let manifest = Manifest::from_toml(&example()).expect("a manifest");
        let permitted = permit(&manifest, "api.octopus.example").expect("a host of the manifest");
        assert_eq!(
            permitted,
            PermittedHost {
                name: "api.octopus.example".to_owned(),
                port: 443
            }
        );
        assert_eq!(
            permit(&manifest, "eu.files.octopus.example").map(|host| host.port),
            Ok(8443)
        );
        for trick in TRICKS {
            assert!(permit(&manifest, trick).is_err(), "{trick:?} passed");
        }
    }

    #[test]
    fn a_refusal_names_the_line_that_would_permit_it() {
        let manifest = Manifest::from_toml(&example()).expect("a manifest");
        let refusal = permit(&manifest, "evil.example.com").expect_err("no host of the manifest");
        assert!(
            refusal.contains("`hosts = [\"evil.example.com\"]` in its plugin.toml"),
            "{refusal}"
        );
    }
}
