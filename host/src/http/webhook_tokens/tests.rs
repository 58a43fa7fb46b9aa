//! Logins in every form that OAuth allows, and requests that are none.

use super::*;

fn read(authorization: Option<&str>, fields: &[(&str, &str)]) -> Result<Vec<String>, &'static str> {
    let mut headers = HeaderMap::new();
    if let Some(login) = authorization {
        let value = format!("Basic {}", STANDARD.encode(login));
        headers.insert(header::AUTHORIZATION, value.parse().expect("a value"));
    }
    let fields = fields.iter();
    let fields: Fields = fields
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let readings = login(&headers, &fields).map_err(|refusal| refusal.error)?;
    let readings = readings.iter();
    Ok(readings.map(|one| one.expose_secret().to_owned()).collect())
}

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

#[test]
fn a_login_comes_in_the_header_or_in_the_form() {
    let in_form = [GRANT, ("client_id", "a"), ("client_secret", "b:c")];
    assert_eq!(read(None, &in_form), Ok(vec!["a:b:c".to_owned()]));
    let both = vec!["a:b%2Bc".to_owned(), "a:b+c".to_owned()];
    assert_eq!(read(Some("a:b%2Bc"), &[GRANT]), Ok(both));
    // What is no form's value is only what it is.
    assert_eq!(read(Some("a:5%"), &[GRANT]), Ok(vec!["a:5%".to_owned()]));
    // Some repeat their id in the form.
    assert!(read(Some("a:b"), &[GRANT, ("client_id", "a")]).is_ok());
}

#[test]
fn what_is_no_request_for_a_token_is_refused_in_the_words_of_oauth() {
    let secret = ("client_secret", "b");
    for (authorization, fields, expected) in [
        (None, vec![], "invalid_request"),
        (
            None,
            vec![("grant_type", "password")],
            "unsupported_grant_type",
        ),
        (None, vec![GRANT, GRANT], "invalid_request"),
        (
            None,
            vec![GRANT, ("client_id", "a"), secret, secret],
            "invalid_request",
        ),
        (
            Some("a:b"),
            vec![GRANT, ("client_id", "a"), secret],
            "invalid_request",
        ),
        (None, vec![GRANT, secret], "invalid_request"),
        (None, vec![GRANT], "invalid_client"),
        (Some("no colon"), vec![GRANT], "invalid_client"),
    ] {
        assert_eq!(read(authorization, &fields), Err(expected), "{fields:?}");
    }
}
