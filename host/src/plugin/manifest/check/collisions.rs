//! Two secrets in one place of one request would leave it to chance which is sent.

use super::Problems;
use crate::plugin::egress::json_pointer;
use crate::plugin::manifest::HostPattern;
use crate::plugin::manifest::secrets::{Injection, SecretSlot};

pub(super) fn check(
    problems: &mut Problems,
    earlier: &[SecretSlot],
    slot: &SecretSlot,
    field: &str,
) {
    for other in earlier {
        let collides = meet(slot, other)
            && places(slot).iter().any(|place| {
                places(other)
                    .iter()
                    .any(|taken| place.is_in_the_way_of(taken))
            });
        problems.require(
            !collides,
            field,
            &format!(
                "goes to the same place of the same requests as `{}`: keep them apart",
                other.name
            ),
        );
    }
}

/// Whether there may be a request that carries both.
fn meet(slot: &SecretSlot, other: &SecretSlot) -> bool {
    let shared = |method| other.methods.contains(method);
    let alike = |host: &HostPattern| {
        let mut theirs = other.hosts.iter();
        theirs.any(|theirs| theirs.covers(host) || host.covers(theirs))
    };
    slot.methods.iter().any(shared) && slot.hosts.iter().any(alike)
}

/// A place of a request that a slot fills.
#[derive(Debug, Eq, PartialEq)]
enum Place {
    /// In lower case.
    Header(String),
    Query(String),
    Element(String),
    /// In lower case, since some servers take names in any.
    Member(Vec<String>),
}

impl Place {
    /// Whether both cannot be filled: they are one, one lies within the other, or the body cannot be both JSON and XML.
    fn is_in_the_way_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Member(one), Self::Member(another)) => {
                one.starts_with(another) || another.starts_with(one)
            }
            (Self::Member(_), Self::Element(_)) | (Self::Element(_), Self::Member(_)) => true,
            (one, another) => one == another,
        }
    }
}

fn places(slot: &SecretSlot) -> Vec<Place> {
    match &slot.inject {
        Injection::Bearer {} | Injection::Basic { .. } | Injection::Oauth2(_) => {
            vec![Place::Header("authorization".to_owned())]
        }
        Injection::Header { name } => vec![Place::Header(name.to_ascii_lowercase())],
        Injection::Query { name } => vec![Place::Query(name.clone())],
        Injection::XmlElement { element, .. } => vec![Place::Element(element.clone())],
        Injection::WsSecurity { .. } => ["Security", "UsernameToken", "Password", "Username"]
            .map(|element| Place::Element(element.to_owned()))
            .into(),
        Injection::JsonPointer { pointer } => {
            let tokens = json_pointer::tokens(pointer).into_iter();
            vec![Place::Member(
                tokens.map(|token| token.to_ascii_lowercase()).collect(),
            )]
        }
        Injection::Webhook {} | Injection::Signer { .. } => Vec::new(),
    }
}
