//! The plugins of this repository, as they are handed out.

use roomwire::plugin::inspect::inspect;

use crate::harness::programs;

const OURS: [&str; 6] = [
    "booking-com",
    "channex",
    "email-postmark",
    "email-resend",
    "expedia",
    "octorate",
];

#[test]
fn our_plugins_import_nothing_but_the_contract() {
    let files = std::fs::read_dir(programs::plugins()).expect("the plugins were built");
    let files = files.map(|entry| entry.expect("a readable folder").path());
    let mut files: Vec<_> = files
        .filter(|file| file.extension().is_some_and(|kind| kind == "wasm"))
        .collect();
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).expect("a readable file");
        let certificate = inspect(&bytes).unwrap_or_else(|error| panic!("{error}: {file:?}"));
        let (id, imports) = (certificate.manifest.id, certificate.interfaces.imports);
        assert!(!imports.is_empty(), "{id} asks the host for nothing");
        for import in imports {
            assert!(import.starts_with("roomwire:"), "{id} imports {import}");
        }
        found.push(id);
    }
    assert_eq!(found, OURS);
}
