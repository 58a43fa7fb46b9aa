//! Where a secret goes is named without doubt, or refused with what to do.

use super::*;

const HEADER: &str = r#"methods = ["GET"]
inject = { kind = "header", name = "X-File-Key" }"#;

#[test]
fn a_secret_may_stand_in_an_element_of_the_body() {
    let header = r#"methods = ["GET"]
inject = { kind = "header", name = "X-File-Key" }"#;
    let element = |methods: &str, element: &str, attribute: &str| {
        format!(
            "methods = [{methods}]\ninject = {{ kind = \"xml-element\", element = \"{element}\", \
             attribute = \"password\", username = {{ secret = \"login\", attribute = \"{attribute}\" }} }}"
        )
    };
    let good = example().replace(header, &element("\"POST\"", "Login", "name"));
    let manifest = Manifest::from_toml(&good).expect("a manifest");
    assert!(
        manifest
            .required_secrets()
            .is_superset(&["file_key", "login"].into())
    );
    assert!(manifest.is_identifier("login") && !manifest.is_identifier("file_key"));
    for (methods, name, attribute, field) in [
        ("\"GET\"", "Login", "name", "methods"),
        ("\"POST\"", "Log in", "name", "inject"),
        ("\"POST\"", "Login", "password", "inject"),
        ("\"POST\"", "Login", "", "inject"),
    ] {
        let sentence = refusal(header, &element(methods, name, attribute));
        assert!(sentence.contains(&format!("].{field}`")), "{sentence}");
    }
}

#[test]
fn a_secret_may_be_a_member_of_the_body() {
    let member = |methods: &str, pointer: &str| {
        format!(
            "methods = [{methods}]\ninject = {{ kind = \"json-pointer\", pointer = \"{pointer}\" }}"
        )
    };
    let good = example().replace(HEADER, &member("\"POST\"", "/auth/a~1b"));
    let manifest = Manifest::from_toml(&good).expect("a manifest");
    assert!(manifest.required_secrets().contains("file_key"));
    let again = Manifest::from_json(&manifest.to_json()).expect("the same manifest");
    assert_eq!(again.to_json(), manifest.to_json());
    for (methods, pointer, field) in [
        ("\"GET\"", "/key", "methods"),
        ("\"POST\"", "key", "inject.pointer"),
        ("\"POST\"", "/", "inject.pointer"),
        ("\"POST\"", "/a//b", "inject.pointer"),
        ("\"POST\"", "/a~2b", "inject.pointer"),
        ("\"POST\"", "/a/b/c/d/e/f/g/h/i", "inject.pointer"),
    ] {
        let sentence = refusal(HEADER, &member(methods, pointer));
        assert!(sentence.contains(&format!("].{field}`")), "{sentence}");
    }
}

#[test]
fn a_secret_may_be_the_password_of_a_username_token() {
    let token = |methods: &str, form: &str| {
        format!(
            "methods = [{methods}]\ninject = {{ kind = \"ws-security\", username = \"login\", password = \"{form}\" }}"
        )
    };
    for form in ["text", "digest"] {
        let good = example().replace(HEADER, &token("\"POST\"", form));
        let manifest = Manifest::from_toml(&good).expect("a manifest");
        let required = manifest.required_secrets();
        assert!(required.is_superset(&["file_key", "login"].into()));
        assert!(manifest.is_identifier("login") && !manifest.is_identifier("file_key"));
    }
    let sentence = refusal(HEADER, &token("\"GET\"", "text"));
    assert!(sentence.contains("].methods`"), "{sentence}");
    let sentence = refusal(HEADER, &token("\"POST\"", "sha1"));
    assert!(sentence.contains("unknown variant `sha1`"), "{sentence}");
}

#[test]
fn two_secrets_of_one_body_are_kept_apart() {
    let other = |inject: &str| {
        let slot = |name: &str, inject: &str| {
            format!(
                "[[secrets]]\nname = \"{name}\"\nhosts = [\"api.octopus.example\"]\nmethods = [\"POST\"]\ninject = {{ {inject} }}\n\n"
            )
        };
        let first = slot("first", "kind = \"json-pointer\", pointer = \"/auth/key\"");
        let both = format!("{first}{}[webhook]\n", slot("second", inject));
        Manifest::from_toml(&example().replacen("[webhook]\n", &both, 1))
    };
    for beside in ["/auth/token", "/key", "/auth2", "/auth/keys"] {
        let beside = format!("kind = \"json-pointer\", pointer = \"{beside}\"");
        other(&beside).expect(&beside);
    }
    for meeting in [
        "kind = \"json-pointer\", pointer = \"/auth/key\"",
        "kind = \"json-pointer\", pointer = \"/Auth/Key\"",
        "kind = \"json-pointer\", pointer = \"/auth\"",
        "kind = \"json-pointer\", pointer = \"/auth/key/inner\"",
        "kind = \"xml-element\", element = \"Login\", attribute = \"key\"",
        "kind = \"ws-security\", username = \"user\", password = \"text\"",
    ] {
        let sentence = other(meeting).expect_err(meeting).to_string();
        assert!(
            sentence.contains("goes to the same place of the same requests as `first`"),
            "{sentence}"
        );
    }
}

#[test]
fn a_signer_has_one_of_the_known_algorithms() {
    let algorithm = "algorithm = \"hmac-sha256\"";
    for known in ["hmac-sha512", "ed25519", "ecdsa-p256"] {
        let other = format!("algorithm = \"{known}\"");
        Manifest::from_toml(&example().replace(algorithm, &other)).expect(known);
    }
    let sentence = refusal(algorithm, "algorithm = \"rsa\"");
    assert!(sentence.contains("unknown variant `rsa`"), "{sentence}");
}

#[test]
fn a_clients_login_may_go_beside_the_form_of_a_token() {
    let form = "    { name = \"client_id\", credential = \"client_id\" },\n]";
    let login = |username: &str, password: &str| {
        format!("]\nlogin = {{ username = \"{username}\", password = \"{password}\" }}")
    };
    let good = example().replace(form, &login("client_id", "client_secret"));
    let manifest = Manifest::from_toml(&good).expect("a manifest");
    assert!(manifest.is_identifier("client_id") && !manifest.is_identifier("client_secret"));
    let again = Manifest::from_json(&manifest.to_json()).expect("the same manifest");
    assert_eq!(again.to_json(), manifest.to_json());
    let sentence = refusal(form, &login("client_id", "else"));
    assert!(sentence.contains("`else` is not among"), "{sentence}");
    let sentence = refusal(form, &login("client_id", "client_id"));
    assert!(sentence.contains("token_requests[0].login"), "{sentence}");
}
