//! Wrong turns on the last steps of the tutorial: what a reader is told names the file, and the line or the field in it.

use super::workbench::Workbench;

const DECLARATION: &str = "certification.toml";
const MANIFEST: &str = "plugin.toml";

const CERTIFY: &str = "roomwire plugin certify sea-view.wasm --simulator http://127.0.0.1:9310 --declaration certification.toml";
const BUILD: &str = "roomwire plugin build --out other.wasm";
const BUILD_AND_CERTIFY: &str = "roomwire plugin build --out other.wasm && roomwire plugin certify other.wasm --simulator http://127.0.0.1:9310 --declaration certification.toml";

/// The exit status where it could not be tried, and where something was found.
const UNTRIED: i32 = 1;
const FOUND: i32 = 4;

/// A file that says something else, and what comes of it.
struct Turn {
    path: &'static str,
    /// What stands there, and what is written in its place.
    changes: &'static [(&'static str, &'static str)],
    line: &'static str,
    status: i32,
    says: &'static [&'static str],
}

const TURNS: [Turn; 8] = [
    Turn {
        path: DECLARATION,
        changes: &[(
            "secrets = {",
            "hosts = [\"api.elsewhere.example\"]\nsecrets = {",
        )],
        line: CERTIFY,
        status: UNTRIED,
        says: &[
            DECLARATION,
            "hosts: `api.elsewhere.example` is below no wildcard of `hosts` in plugin.toml",
        ],
    },
    Turn {
        path: DECLARATION,
        changes: &[("takes = {", "tekes = {")],
        line: CERTIFY,
        status: UNTRIED,
        says: &[DECLARATION, "at line 10,", "unknown field `tekes`"],
    },
    Turn {
        path: DECLARATION,
        changes: &[("api_key = \"simulated-sea-view-key\"", "")],
        line: CERTIFY,
        status: UNTRIED,
        says: &[
            "`settings` and `secrets` of certification.toml",
            "needs the secret `api_key`",
        ],
    },
    Turn {
        path: DECLARATION,
        changes: &[(
            "[controls.cancel]",
            "[unsupported]\n\"ari/half-a-year\" = \"no\"\n\n[controls.cancel]",
        )],
        line: CERTIFY,
        status: UNTRIED,
        says: &[
            DECLARATION,
            "[unsupported]: there is no scenario `ari/half-a-year`",
        ],
    },
    Turn {
        path: DECLARATION,
        changes: &[("simulated-sea-view-key", "a-key-of-somebody-else")],
        line: CERTIFY,
        status: FOUND,
        says: &[
            "failed      connection/check",
            "auth-revoked",
            "look at: check; and `settings` and `secrets` of certification.toml",
        ],
    },
    Turn {
        path: DECLARATION,
        changes: &[
            ("path = \"bookings\"", "path = \"guests\""),
            (
                "[controls.cancel]\npath = \"bookings/{reservation}/cancel\"\n",
                "",
            ),
        ],
        line: CERTIFY,
        status: FOUND,
        says: &[
            "failed      reservations/booked",
            "expected a booking, by [controls.book] of certification.toml",
            "POST /_control/guests answered 404",
            "failed      reservations/cancelled",
            "look at: certification.toml: [controls.cancel]",
        ],
    },
    Turn {
        path: MANIFEST,
        changes: &[("abilities = [\"reservation-source\"]", "abilities = []")],
        line: BUILD,
        status: UNTRIED,
        says: &[MANIFEST, "reservation-source", "add it to `abilities`"],
    },
    Turn {
        path: MANIFEST,
        changes: &[
            (
                "hosts = [\"api.sea-view.example\"]\n\n",
                "hosts = [\"api.elsewhere.example\"]\n\n",
            ),
            (
                "hosts = [\"api.sea-view.example\"]\nmethods",
                "hosts = [\"api.elsewhere.example\"]\nmethods",
            ),
        ],
        line: BUILD_AND_CERTIFY,
        status: FOUND,
        says: &[
            "failed      connection/check",
            "egress-denied",
            "api.sea-view.example",
            "plugin.toml",
        ],
    },
];

/// Takes them one after the other, where the tutorial has ended and its simulator still runs.
pub(super) fn take(workbench: &Workbench) {
    for turn in &TURNS {
        let right = workbench.read(turn.path);
        let mut wrong = right.clone();
        for (from, to) in turn.changes {
            assert_eq!(wrong.matches(from).count(), 1, "{}: {from}", turn.path);
            wrong = wrong.replace(from, to);
        }
        workbench.write(turn.path, &wrong);
        told(workbench, turn.line, turn.status, turn.says);
        workbench.write(turn.path, &right);
    }
    let nobody = CERTIFY.replace(":9310", ":1");
    let says = ["the simulator at 127.0.0.1:1 does not answer"];
    told(workbench, &nobody, UNTRIED, &says);
    let undeclared = CERTIFY.replace(" --declaration certification.toml", "");
    let says = ["certification.toml, which --declaration names"];
    told(workbench, &undeclared, UNTRIED, &says);
}

fn told(workbench: &Workbench, line: &str, status: i32, says: &[&str]) {
    let ran = workbench.run(line);
    assert_eq!(ran.status, Some(status), "{line}\n{}", ran.text);
    for expected in says {
        assert!(ran.text.contains(expected), "{expected}:\n{}", ran.text);
    }
}
