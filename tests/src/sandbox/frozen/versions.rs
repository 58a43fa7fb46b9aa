//! A plugin of a contract that this host does not speak is refused at the door, with a sentence that says what to do.

use roomwire::plugin::manifest::{CONTRACT, LOWEST_CONTRACT};

use super::folders;
use crate::sandbox::loading::refusal;

/// The present version's plugins, whose manifests name another contract of as many digits.
fn naming(contract: &str) -> Vec<(String, Vec<u8>)> {
    let named = |contract: &str| format!("\"contract\":\"{contract}\"").into_bytes();
    let (from, to) = (named(&CONTRACT.to_string()), named(contract));
    assert_eq!(from.len(), to.len(), "the section would change its length");
    let present = folders()
        .into_iter()
        .find(|folder| folder.ends_with(CONTRACT.to_string()))
        .expect("the present version");
    let patched = ["channel.wasm", "email.wasm"].map(|name| {
        let mut file = std::fs::read(present.join(name)).expect("a plugin");
        let places: Vec<usize> = (0..file.len())
            .filter(|place| file[*place..].starts_with(&from))
            .collect();
        assert_eq!(places.len(), 1, "{name}: the manifest names its contract");
        file[places[0]..places[0] + to.len()].copy_from_slice(&to);
        (name.to_owned(), file)
    });
    patched.to_vec()
}

async fn assert_refused(contract: &str, advice: &str) {
    for (name, file) in naming(contract) {
        let sentence = refusal(&[(name.as_str(), file.as_slice())])
            .await
            .expect("a refusal");
        let reason = format!("`contract`: is {contract}, and this host speaks ");
        assert!(sentence.contains(&reason), "{sentence}");
        assert!(sentence.ends_with(advice), "{sentence}");
    }
}

#[tokio::test]
async fn a_plugin_of_a_later_contract_is_refused_with_what_to_do() {
    let next = format!(
        "{}.{}.{}",
        CONTRACT.major + 1,
        CONTRACT.minor,
        CONTRACT.patch
    );
    assert_refused(
        &next,
        ": update the host, or build the plugin with an older SDK",
    )
    .await;
}

#[tokio::test]
async fn a_plugin_of_a_contract_that_was_retired_is_refused_with_what_to_do() {
    let before = LOWEST_CONTRACT.major - 1;
    let retired = format!("{before}.{}.{}", CONTRACT.minor, CONTRACT.patch);
    assert_refused(&retired, ": build the plugin with a newer SDK").await;
}
