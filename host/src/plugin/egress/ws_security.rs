//! A username token in the header of a SOAP envelope (Web Services Security: Username Token Profile 1.1, OASIS 2006).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use quick_xml::escape::escape;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use super::xml_element::{self, Inside};
use crate::plugin::manifest::secrets::PasswordForm;

const SECURITY: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const UTILITY: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const PROFILE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0";
const BASE64_BINARY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

/// The elements that are the host's, wherever they stand.
const OURS: [&str; 2] = ["Security", "UsernameToken"];

/// Who asks, and what makes a token of it.
pub(super) struct Login<'a> {
    pub(super) username: &'a str,
    pub(super) password: &'a str,
    pub(super) form: PasswordForm,
    pub(super) nonce: [u8; 16],
    pub(super) now: Timestamp,
}

/// The envelope with the token in it, and the digest, which is a proof as well.
pub(super) fn insert(body: &[u8], login: &Login<'_>) -> Result<(Vec<u8>, Option<String>), String> {
    let nonce = STANDARD.encode(login.nonce);
    // To the second: not every server reads fractions.
    let created = Timestamp::from_second(login.now.as_second())
        .unwrap_or(login.now)
        .to_string();
    let digest = (login.form == PasswordForm::Digest)
        .then(|| digest(&login.nonce, &created, login.password));
    let proof = match &digest {
        None => format!(
            "<wsse:Password Type=\"{PROFILE}#PasswordText\">{}</wsse:Password>",
            escape(login.password)
        ),
        Some(digest) => format!(
            "<wsse:Password Type=\"{PROFILE}#PasswordDigest\">{digest}</wsse:Password>\
             <wsse:Nonce EncodingType=\"{BASE64_BINARY}\">{nonce}</wsse:Nonce>\
             <wsu:Created>{created}</wsu:Created>"
        ),
    };
    let element = format!(
        "<wsse:Security xmlns:wsse=\"{SECURITY}\" xmlns:wsu=\"{UTILITY}\"><wsse:UsernameToken>\
         <wsse:Username>{}</wsse:Username>{proof}</wsse:UsernameToken></wsse:Security>",
        escape(login.username)
    );
    let filled = xml_element::insert_at(body, Inside::Child("Header"), &OURS, element.as_bytes())?;
    Ok((filled, digest))
}

/// The base64 of the SHA-1 of nonce, time and password: what the profile asks for, whatever else SHA-1 is fit for.
fn digest(nonce: &[u8], created: &str, password: &str) -> String {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    for part in [nonce, created.as_bytes(), password.as_bytes()] {
        context.update(part);
    }
    STANDARD.encode(context.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(body: &str, form: PasswordForm) -> Result<(String, Option<String>), String> {
        let login = Login {
            username: "ho<tel",
            password: "pa&ss",
            form,
            nonce: *b"0123456789abcdef",
            now: "2026-11-23T06:00:00.123Z".parse().expect("an instant"),
        };
        let (filled, digest) = insert(body.as_bytes(), &login)?;
        Ok((String::from_utf8(filled).expect("UTF-8"), digest))
    }

    #[test]
    fn the_digest_is_the_known_one() {
        let nonce = b"d36e316282959a9ed4c89851497a717f";
        assert_eq!(
            digest(nonce, "2003-12-15T14:43:07Z", "taadtaadpstcsm"),
            "quR/EWLAV4xLf9Zqyw4pDmfV9OY="
        );
    }

    #[test]
    fn a_password_goes_as_text_where_the_manifest_says_so() {
        let (before, after) = (
            "<s:Envelope xmlns:s=\"urn:s\"><s:Header>",
            "<x/></s:Header><s:Body/></s:Envelope>",
        );
        let (filled, digest) =
            inserted(&format!("{before}{after}"), PasswordForm::Text).expect("a header");
        let token = filled
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .expect("what stood around it");
        assert!(
            token.contains("<wsse:Username>ho&lt;tel</wsse:Username>"),
            "{token}"
        );
        assert!(
            token.contains("#PasswordText\">pa&amp;ss</wsse:Password>"),
            "{token}"
        );
        assert!(!token.contains("Nonce"), "{token}");
        assert_eq!(digest, None);
    }

    #[test]
    fn a_digest_goes_with_its_nonce_and_time_and_without_the_password() {
        let (filled, digest) = inserted(
            "<Envelope><Header></Header></Envelope>",
            PasswordForm::Digest,
        )
        .expect("a header");
        let digest = digest.expect("a digest");
        assert_eq!(
            digest,
            super::digest(b"0123456789abcdef", "2026-11-23T06:00:00Z", "pa&ss")
        );
        for part in [
            format!("#PasswordDigest\">{digest}</wsse:Password>"),
            format!(">{}</wsse:Nonce>", STANDARD.encode(b"0123456789abcdef")),
            "<wsu:Created>2026-11-23T06:00:00Z</wsu:Created>".to_owned(),
        ] {
            assert!(filled.contains(&part), "{part} is not in {filled}");
        }
        assert!(!filled.contains("pa&"), "{filled}");
    }

    #[test]
    fn an_envelope_without_the_one_header_takes_no_token() {
        for body in [
            "<Envelope></Envelope>",
            "<Envelope><Header/></Envelope>",
            "<Envelope><Body><Header></Header></Body></Envelope>",
            "<Envelope><Header></Header><Header></Header></Envelope>",
            "<Envelope><Header><w:Security/></Header></Envelope>",
            "<Envelope><Header></Header><Body><UsernameToken></UsernameToken></Body></Envelope>",
        ] {
            assert!(inserted(body, PasswordForm::Text).is_err(), "{body}");
        }
    }
}
