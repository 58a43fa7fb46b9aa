//! Addresses as Postmark reads them: `ada@guest.example` or `"Lovelace, Ada" <ada@guest.example>`, parted by commas.

/// What must stand in quotes to be part of a name.
const SPECIAL: &str = "\",:;<>@()[]\\";

/// Parts a list at the commas outside of quotes. An empty text is an empty list.
pub(super) fn split(list: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for sign in list.chars() {
        if sign == ',' && !quoted {
            parts.push(String::new());
            continue;
        }
        if sign == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = sign == '\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(sign);
        }
    }
    if list.trim().is_empty() {
        return Vec::new();
    }
    parts
        .into_iter()
        .map(|part| part.trim().to_owned())
        .collect()
}

/// The bare address in lower case; `None` where it is none.
pub(super) fn bare(mailbox: &str) -> Option<String> {
    let bare = match mailbox.rsplit_once('<') {
        Some((name, rest)) => {
            let bare = rest.strip_suffix('>')?;
            is_name(name.trim()).then_some(bare)?
        }
        None => mailbox,
    };
    let (local, domain) = bare.split_once('@')?;
    (is_mailbox(local) && is_domain(domain)).then(|| bare.to_lowercase())
}

/// The domain of an address.
pub(super) fn domain(bare: &str) -> &str {
    bare.split_once('@').map_or("", |(_, domain)| domain)
}

fn is_name(name: &str) -> bool {
    let inside = name
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match inside {
        Some(inside) => {
            let plain = inside.replace("\\\\", "").replace("\\\"", "");
            !plain.contains(['"', '\\'])
        }
        None => !name.contains(|sign: char| SPECIAL.contains(sign)),
    }
}

/// By <https://postmarkapp.com/support/article/1180-what-does-errorcode-300-mean>.
fn is_mailbox(local: &str) -> bool {
    let allowed = |sign: char| sign.is_ascii_alphanumeric() || ".!#$%&'`*+-/=^_{}|~".contains(sign);
    !local.is_empty()
        && local.chars().all(allowed)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label
                .chars()
                .all(|sign| sign.is_ascii_alphanumeric() || sign == '-')
    };
    domain.contains('.') && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::{bare, split};

    #[test]
    fn commas_in_quotes_part_nothing() {
        let list = r#""Lovelace, \"Ada\"" <ada@guest.example>, bob@guest.example"#;
        assert_eq!(
            split(list),
            [
                r#""Lovelace, \"Ada\"" <ada@guest.example>"#,
                "bob@guest.example"
            ]
        );
        assert!(split(" ").is_empty());
    }

    #[test]
    fn an_address_is_found_with_and_without_a_name() {
        for (mailbox, found) in [
            ("Ada@Guest.example", Some("ada@guest.example")),
            ("Ada L <ada@guest.example>", Some("ada@guest.example")),
            (
                r#""Lovelace, Ada" <ada@guest.example>"#,
                Some("ada@guest.example"),
            ),
            ("Lovelace, Ada <ada@guest.example>", None),
            (r#""Ada <ada@guest.example>"#, None),
            ("Ada <ada@guest.example", None),
            ("ada", None),
            ("ada@localhost", None),
            ("ada@@guest.example", None),
            (".ada@guest.example", None),
            ("a..da@guest.example", None),
            ("ada@guest..example", None),
            ("ada l@guest.example", None),
            ("", None),
        ] {
            assert_eq!(bare(mailbox).as_deref(), found, "{mailbox}");
        }
    }
}
