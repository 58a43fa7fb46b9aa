//! How tokens are asked for, kept and forgotten.

use jiff::SignedDuration;

use super::answer::read;
use super::pool::Asked;
use super::*;
use crate::domain::connector::ConnectorFailure;
use crate::plugin::egress::exchange::Answer;
use crate::plugin::manifest::secrets::{
    ClientLogin, Encoding, FormField, FormValue, TokenBudget, TokenRequest,
};
use crate::plugin::manifest::tests::example;

fn asked(expires_at: Option<&str>, expires_in: Option<&str>) -> TokenRequest {
    TokenRequest {
        host: "api.example.com".to_owned(),
        path: "/token".to_owned(),
        encoding: Encoding::Form,
        form: Vec::new(),
        login: None,
        access_token: "/data/token".to_owned(),
        expires_at: expires_at.map(str::to_owned),
        expires_in: expires_in.map(str::to_owned),
        lives_seconds: None,
    }
}

fn now() -> Timestamp {
    "2026-11-23T06:00:00Z".parse().expect("an instant")
}

fn fresh_until(request: &TokenRequest, expiry: &str) -> Result<Option<String>, ConnectorFailure> {
    let body = format!(r#"{{"data": {{"token": "t-1"}}, "expiry": {expiry}}}"#);
    let answer = Answer {
        status: 200,
        headers: Vec::new(),
        body: body.into_bytes(),
    };
    read(request, &answer, now()).map(|token| token.fresh_until.map(|until| until.to_string()))
}

#[test]
fn expiry_is_read_as_the_manifest_says() {
    let at = asked(Some("/expiry"), None);
    for text in [
        r#""2026-11-23T07:00:00Z""#,
        r#""2026-11-23T07:00:00.000Z[UTC]""#,
        r#""2026-11-23T08:00:00+01:00[Europe/Rome]""#,
    ] {
        assert_eq!(
            fresh_until(&at, text).expect(text).as_deref(),
            Some("2026-11-23T06:59:00Z"),
            "{text}"
        );
    }
    let within = asked(None, Some("/expiry"));
    assert_eq!(
        fresh_until(&within, "3600").expect("seconds").as_deref(),
        Some("2026-11-23T06:59:00Z")
    );
    assert_eq!(
        fresh_until(&within, "\"100\"").expect("seconds").as_deref(),
        Some("2026-11-23T06:01:30Z")
    );
    assert_eq!(
        fresh_until(&asked(None, None), "null").expect("no expiry"),
        None
    );
}

#[test]
fn a_token_whose_expiry_cannot_be_read_is_used_for_a_short_while() {
    for expiry in ["null", "\"soon\"", "\"\"", "{}"] {
        for pointers in [
            asked(Some("/expiry"), None),
            asked(None, Some("/expiry")),
            asked(Some("/expiry"), Some("/nowhere")),
        ] {
            let until = fresh_until(&pointers, expiry).expect("a token");
            assert_eq!(until.as_deref(), Some("2026-11-23T06:09:00Z"), "{expiry}");
        }
    }
}

#[test]
fn either_form_of_an_expiry_serves_where_both_are_declared() {
    let either = asked(Some("/expiry"), Some("/expiry"));
    for expiry in [r#""2026-11-23T07:00:00Z""#, "3600"] {
        assert_eq!(
            fresh_until(&either, expiry).expect("a token").as_deref(),
            Some("2026-11-23T06:59:00Z"),
            "{expiry}"
        );
    }
}

#[tokio::test]
async fn a_late_failure_forgets_the_token_that_it_used_and_no_newer_one() {
    let cache = TokenCache(HashMap::from([("account".to_owned(), Held::default())]));
    let hold = |generation| {
        let mut slot = cache.0["account"].slot.try_lock().expect("nobody holds it");
        let token = Token {
            value: "t".into(),
            fresh_until: None,
        };
        (slot.token, slot.generation) = (Some(token), generation);
    };
    let is_held = || {
        let slot = cache.0["account"].slot.try_lock().expect("nobody holds it");
        slot.token.is_some()
    };
    let used = UsedTokens::default();
    hold(1);
    assert!(!cache.forget(&used).await && is_held(), "it used none");
    used.add("account", 1);
    hold(2);
    assert!(cache.forget(&used).await && is_held(), "a newer one");
    used.add("account", 2);
    assert!(cache.forget(&used).await && !is_held(), "its own");
}

#[test]
fn a_token_endpoint_that_is_busy_says_for_how_long() {
    for (value, after) in [
        ("17", Some(17)),
        ("Mon, 23 Nov 2026 06:02:00 GMT", Some(120)),
        ("Mon, 23 Nov 2026 05:00:00 GMT", Some(0)),
        ("soon", None),
    ] {
        let busy = Answer {
            status: 429,
            headers: vec![("retry-after".to_owned(), value.to_owned())],
            body: Vec::new(),
        };
        let Err(ConnectorFailure::RateLimited { after_seconds, .. }) =
            read(&asked(None, None), &busy, now())
        else {
            panic!("a busy endpoint is no failure");
        };
        assert_eq!(after_seconds, after, "{value}");
    }
}

#[test]
fn absurd_lives_are_bounded() {
    let within = asked(None, Some("/expiry"));
    assert!(
        fresh_until(&within, "9223372036854775807")
            .expect("bounded")
            .expect("an end")
            .starts_with("2027-11-2")
    );
    assert_eq!(
        fresh_until(&within, "-5").expect("bounded").as_deref(),
        Some("2026-11-23T06:00:00Z")
    );
}

#[test]
fn a_refusal_says_what_to_do_next() {
    let answered = |status| {
        read(
            &asked(None, None),
            &Answer {
                status,
                headers: Vec::new(),
                body: b"{}".to_vec(),
            },
            now(),
        )
    };
    assert!(matches!(
        answered(401),
        Err(ConnectorFailure::AuthRevoked(_))
    ));
    assert!(matches!(
        answered(400),
        Err(ConnectorFailure::AuthRevoked(_))
    ));
    assert!(matches!(
        answered(429),
        Err(ConnectorFailure::RateLimited { .. })
    ));
    assert!(matches!(answered(503), Err(ConnectorFailure::Retry(_))));
    assert!(matches!(answered(302), Err(ConnectorFailure::Retry(_))));
    assert!(matches!(answered(200), Err(ConnectorFailure::Permanent(_))));
}

#[test]
fn a_token_lives_as_documented_where_the_answer_does_not_tell() {
    let documented = TokenRequest {
        lives_seconds: Some(3600),
        ..asked(None, None)
    };
    let until = fresh_until(&documented, "null").expect("a token");
    assert_eq!(until.as_deref(), Some("2026-11-23T06:59:00Z"));
    let told = TokenRequest {
        lives_seconds: Some(3600),
        ..asked(None, Some("/expiry"))
    };
    let until = fresh_until(&told, "100").expect("a token");
    assert_eq!(until.as_deref(), Some("2026-11-23T06:01:30Z"));
}

#[test]
fn the_fields_are_written_as_a_form_or_as_json() {
    let field = |name: &str, value| FormField {
        name: name.to_owned(),
        value,
    };
    let mut request = TokenRequest {
        form: vec![
            field("grant", FormValue::Constant("a b".to_owned())),
            field("key", FormValue::Credential("secret".to_owned())),
        ],
        ..asked(None, None)
    };
    let secrets = Secrets::from([("secret".to_owned(), "s&\"t".into())]);
    assert_eq!(
        request::body(&request, &secrets),
        (
            "application/x-www-form-urlencoded",
            "grant=a%20b&key=s%26%22t".to_owned()
        )
    );
    request.encoding = Encoding::Json;
    assert_eq!(
        request::body(&request, &secrets),
        (
            "application/json",
            r#"{"grant":"a b","key":"s&\"t"}"#.to_owned()
        )
    );
}

#[test]
fn a_clients_login_is_encoded_as_in_a_form_and_hidden() {
    let login = ClientLogin {
        username: "id".to_owned(),
        password: "key".to_owned(),
    };
    let secrets = Secrets::from([
        ("id".to_owned(), "ho:tel".into()),
        ("key".to_owned(), "s& t".into()),
    ]);
    let value = request::authorization(&login, &secrets).expect("a header");
    // `ho%3Atel:s%26%20t`
    assert_eq!(value, "Basic aG8lM0F0ZWw6cyUyNiUyMHQ=");
    assert!(value.is_sensitive());
}

#[test]
fn a_budget_is_used_up_and_comes_back_with_time() {
    let budget = TokenBudget {
        tokens: 2,
        seconds: 3600,
    };
    let at = |seconds| now() + SignedDuration::from_secs(seconds);
    let mut earlier = Asked::default();
    assert_eq!(earlier.take(&budget, at(0)), Ok(()));
    assert_eq!(earlier.take(&budget, at(600)), Ok(()));
    let refused = earlier.take(&budget, at(1200));
    let Err(ConnectorFailure::RateLimited { after_seconds, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(after_seconds, Some(2401));
    assert_eq!(earlier.take(&budget, at(3600)), Ok(()));
    earlier.give_back();
    assert_eq!(earlier.take(&budget, at(3601)), Ok(()), "it was given back");
    assert!(earlier.take(&budget, at(3602)).is_err());
    // The clock is set back by a day.
    assert_eq!(earlier.take(&budget, at(-86_400)), Ok(()));
}

/// The example's manifest as another plugin's.
fn named(id: &str) -> Manifest {
    let mut manifest = Manifest::from_toml(&example()).expect("a manifest");
    id.clone_into(&mut manifest.id);
    manifest
}

#[test]
fn a_token_of_another_request_is_another_accounts_and_how_long_it_lives_makes_no_difference() {
    let pool = TokenPool::default();
    let secrets = Secrets::from([("id".to_owned(), "7".into())]);
    let slot = |manifest: &Manifest, request: TokenRequest| {
        let source = TokenSource {
            credentials: vec!["id".to_owned()],
            optional_credentials: Vec::new(),
            token_requests: vec![request],
            budget: None,
        };
        pool.held(manifest, "account", &source, &secrets).slot
    };
    let request = || TokenRequest {
        host: "api.octopus.example".to_owned(),
        ..asked(None, None)
    };
    let octopus = named("octopus");
    let first = slot(&octopus, request());
    let longer = TokenRequest {
        lives_seconds: Some(60),
        ..request()
    };
    assert!(Arc::ptr_eq(&first, &slot(&octopus, longer)));

    let scope = FormField {
        name: "scope".to_owned(),
        value: FormValue::Constant("all".to_owned()),
    };
    for other in [
        TokenRequest {
            host: "b.example".to_owned(),
            ..request()
        },
        TokenRequest {
            path: "/other".to_owned(),
            ..request()
        },
        TokenRequest {
            form: vec![scope],
            ..request()
        },
        TokenRequest {
            access_token: "/refresh".to_owned(),
            ..request()
        },
    ] {
        let told = format!("{other:?}");
        assert!(!Arc::ptr_eq(&first, &slot(&octopus, other)), "{told}");
    }
    let mut elsewhere = named("octopus");
    elsewhere.hosts = vec!["api.octopus.example:8443".parse().expect("a host")];
    assert!(!Arc::ptr_eq(&first, &slot(&elsewhere, request())));
}

#[test]
fn connections_of_one_account_share_its_token_and_others_do_not() {
    let source = TokenSource {
        credentials: vec!["id".to_owned()],
        optional_credentials: vec!["key".to_owned()],
        token_requests: Vec::new(),
        budget: None,
    };
    let secrets = |pairs: &[(&str, &str)]| -> Secrets {
        let pairs = pairs.iter();
        pairs
            .map(|(name, secret)| ((*name).to_owned(), (*secret).into()))
            .collect()
    };
    let pool = TokenPool::default();
    let slot = |plugin: &str, secrets: &Secrets| {
        let plugin = named(plugin);
        pool.held(&plugin, "account", &source, secrets).slot
    };
    let known = secrets(&[("id", "7"), ("key", "k")]);
    let first = slot("seaview", &known);
    assert!(Arc::ptr_eq(&first, &slot("seaview", &known)));
    for (plugin, other) in [
        ("landview", known.clone()),
        ("seaview", secrets(&[("id", "7")])),
        ("seaview", secrets(&[("id", "7k")])),
        ("seaview", secrets(&[("id", "8"), ("key", "k")])),
    ] {
        assert!(!Arc::ptr_eq(&first, &slot(plugin, &other)), "{plugin}");
    }
}
