//! Logins in bodies, and what is left out of what is kept.

use http::HeaderMap;
use jiff::Timestamp;

use super::*;
use crate::domain::webhook::{Arrived, AuthenticWebhook};
use crate::plugin::webhook;

const PASSWORD: &str = "pa$$-w0rd<of>&a-hotel";

fn login() -> String {
    format!("channel:{PASSWORD}")
}

fn rules(withheld: &[&str]) -> WebhookRules {
    let place = XmlLogin {
        secret: "login".to_owned(),
        element: "Login".to_owned(),
        username: "User".to_owned(),
        password: "Pass".to_owned(),
    };
    WebhookRules {
        verification: Verification::XmlLogin(place),
        event_id: None,
        hint: false,
        pull_unless_json: false,
        pull: false,
        answer_within_seconds: None,
        withheld: withheld.iter().map(|name| (*name).to_owned()).collect(),
        xml: None,
    }
}

fn verified(
    logins: &[&str],
    withheld: &[&str],
    body: &str,
) -> Result<AuthenticWebhook, WebhookRefusal> {
    let logins: Vec<SecretString> = logins.iter().map(|login| (*login).into()).collect();
    let logins: Vec<&SecretString> = logins.iter().collect();
    let headers = HeaderMap::new();
    let arrived = Arrived {
        endpoint_token: "whk_4f1c",
        headers: &headers,
        body: body.as_bytes(),
    };
    webhook::verify(&rules(withheld), &logins, arrived, Timestamp::UNIX_EPOCH)
}

fn outcome(body: &str) -> Option<WebhookRefusal> {
    verified(&["other:a-password-of-another", &login()], &[], body).err()
}

/// In attributes, and in elements of their own; with prefixes and without.
const RIGHT: [&str; 5] = [
    r#"<A><B><Login User="channel" Pass="pa$$-w0rd&lt;of&gt;&amp;a-hotel"/></B></A>"#,
    r#"<s:A xmlns:s="urn:s"><s:Login Pass='pa$$-w0rd&#60;of>&amp;a-hotel' User='channel'></s:Login></s:A>"#,
    "\u{feff}<A><Login><User><![CDATA[channel]]></User><Pass><![CDATA[pa$$-w0rd<of>&a-hotel]]></Pass></Login></A>",
    "<A><Login>\n<User>channel</User><w:Pass Type=\"text\">pa$$-w0rd&lt;of&gt;&amp;a-hotel</w:Pass></Login></A>",
    r#"<A><Login User="channel"><Pass>pa$$-w0rd&lt;of>&amp;a-hotel</Pass><Nonce>1</Nonce></Login></A>"#,
];

#[test]
fn the_login_passes_wherever_it_stands_and_nothing_of_it_is_kept() {
    for body in RIGHT {
        let taken = verified(&[&login()], &[], body).expect(body);
        let kept = String::from_utf8(taken.webhook.body).expect("text");
        for gone in ["channel", "pa$$", "w0rd", "Login"] {
            assert!(!kept.contains(gone), "{gone} is in {kept}");
        }
        assert!(kept.contains("A>"), "{kept}");
    }
}

#[test]
fn anything_else_is_refused() {
    let right = RIGHT[0];
    for (from, to) in [
        ("channel", "channeb"),
        ("channel", ""),
        ("User=", "Usr="),
        ("Pass=", "pass="),
        ("a-hotel", "a-hotel "),
        ("a-hotel", "A-hotel"),
        ("<Login", "<Logon"),
        ("</B>", "</B><Login/>"),
        ("<A>", "<A><Login User=\"x\" Pass=\"y\"></Login>"),
        ("</A>", ""),
        ("<A>", "<!DOCTYPE A [<!ENTITY e \"x\">]><A>"),
        ("/>", "><User>channel</User></Login>"),
    ] {
        let body = right.replacen(from, to, 1);
        assert_ne!(body, right, "{from}");
        assert_eq!(outcome(&body), Some(WebhookRefusal::WrongLogin), "{body}");
    }
    let in_elements = RIGHT[3];
    for (from, to) in [
        ("<User>channel", "<User><b/>channeb"),
        ("<User>", "<Deeper><User>x</User></Deeper><Usr>"),
        ("a-hotel</w:Pass>", "a-hotel<!-- --><x>y</x></w:Pass>"),
    ] {
        let body = in_elements.replacen(from, to, 1);
        assert_eq!(outcome(&body), Some(WebhookRefusal::WrongLogin), "{body}");
    }
    for body in ["", "{}", "<A/>", "channel"] {
        assert_eq!(outcome(body), Some(WebhookRefusal::WrongLogin), "{body}");
    }
}

#[test]
fn a_login_is_split_in_one_way_only_and_a_short_password_verifies_nothing() {
    let shifted = r#"<A><Login User="channel:pa$$-w0rd" Pass="of-a-long-hotel"/></A>"#;
    let secret = "channel:pa$$-w0rd:of-a-long-hotel";
    assert_eq!(
        verified(&[secret], &[], shifted).err(),
        Some(WebhookRefusal::WrongLogin)
    );
    let short = r#"<A><Login User="channel" Pass="short"/></A>"#;
    for logins in [&[][..], &["channel:short"][..]] {
        let refused = verified(logins, &[], short).err();
        assert_eq!(refused, Some(WebhookRefusal::NoSecret));
    }
}

#[test]
fn what_is_withheld_is_gone_with_all_that_is_in_it_and_the_event_is_known_by_the_rest() {
    let body = |card: &str, login: &str| {
        format!(
            "<?xml version=\"1.0\"?><A>{login}<P><x:Card n=\"{card}\"><Card>{card}</Card>&amp;{card}</x:Card> ü \
             <Card n=\"{card}\"/></P><Cards>1</Cards></A>"
        )
    };
    let taken = verified(&[&login()], &["Card"], &body("4111", RIGHT_LOGIN)).expect("authentic");
    let kept = String::from_utf8(taken.webhook.body).expect("text");
    assert_eq!(
        kept,
        "<?xml version=\"1.0\"?><A><P> ü </P><Cards>1</Cards></A>"
    );
    let again = verified(&[&login()], &["Card"], &body("5222", RIGHT_LOGIN)).expect("authentic");
    assert_eq!(again.event_id, taken.event_id);
}

const RIGHT_LOGIN: &str = r#"<Login User="channel" Pass="pa$$-w0rd&lt;of&gt;&amp;a-hotel"/>"#;

#[test]
fn a_password_that_is_repeated_elsewhere_is_masked() {
    let body = format!("<A>{RIGHT_LOGIN}<B>pa$$-w0rd&lt;of&gt;&amp;a-hotel</B></A>");
    let taken = verified(&[&login()], &[], &body).expect("authentic");
    let kept = String::from_utf8(taken.webhook.body).expect("text");
    assert_eq!(kept, "<A><B>[secret]</B></A>");
}

#[test]
fn what_must_be_left_out_of_a_body_that_cannot_be_read_is_not_kept_at_all() {
    let rules = WebhookRules {
        verification: Verification::UrlSecret {},
        ..rules(&["Card"])
    };
    for body in [
        "<A><Card>4111</A>",
        "<A/>",
        "{\"Card\": 4111}",
        "<A><Card>",
        "<A><!-- <Card>4111</Card> --></A>",
        "<A><![CDATA[<B><x:Card n='4111'/></B>]]></A>",
        "<A>&lt;Card&gt;4111&lt;/Card&gt;</A>",
        "<A>&#x3C;Card n=&quot;4111&quot;/></A>",
    ] {
        let refused = kept(&rules, body.as_bytes());
        assert_eq!(refused, Err(WebhookRefusal::Unreadable), "{body}");
    }
    assert_eq!(
        kept(&rules, b"<A>\xff</A>"),
        Err(WebhookRefusal::Unreadable)
    );
    assert_eq!(kept(&rules, b"<A></A>"), Ok(b"<A></A>".to_vec()));
}

#[test]
fn a_body_is_xml_by_its_first_letter() {
    for body in [&b"<a/>"[..], b" \r\n<a", b"\xef\xbb\xbf<?xml"] {
        assert!(is_xml(body), "{body:?}");
    }
    for body in [&b"{}"[..], b"", b"\"<a/>\"", b"\xfe\xff\x00<"] {
        assert!(!is_xml(body), "{body:?}");
    }
}
