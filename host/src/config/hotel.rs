//! `[[hotels]]`: what each hotel is connected to.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::config::connection::{Connection, ConnectionSection};
use crate::config::key::Key;
use crate::config::reading::Reading;

/// One hotel's connections.
#[derive(Clone, Debug)]
pub struct Hotel {
    /// As the directory of hotels names it.
    pub slug: String,
    pub connections: Vec<Connection>,
    pub email: Option<EmailSender>,
}

/// How a hotel writes to its guests.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct EmailSender {
    /// The name of one of the hotel's connections.
    pub connection: String,
    /// The address that guests see.
    pub sender: String,
    /// The name beside it; the hotel's where it is absent.
    pub sender_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HotelSection {
    slug: String,
    #[serde(default)]
    connections: Vec<ConnectionSection>,
    email: Option<EmailSender>,
}

impl HotelSection {
    fn check(self, key: &Key, reading: &mut Reading<'_>) -> Hotel {
        if self.slug.len() < 2 || !is_name(&self.slug) {
            reading.refuse(
                &key.child("slug"),
                format!("`{}` is no hotel's slug", self.slug),
            );
        }
        let names: BTreeSet<&str> = self
            .connections
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        if let Some(email) = &self.email {
            let key = key.child("email");
            if !names.contains(email.connection.as_str()) {
                let message = format!("the hotel has no connection named `{}`", email.connection);
                reading.refuse(&key.child("connection"), message);
            }
            if !is_address(&email.sender) {
                reading.refuse(
                    &key.child("sender"),
                    "not an email address, such as desk@hotel.example",
                );
            }
        }
        let mut seen = BTreeSet::new();
        for (index, connection) in self.connections.iter().enumerate() {
            if !seen.insert(connection.name.clone()) {
                let key = key.child("connections").index(index).child("name");
                let message = format!("the hotel has two connections named `{}`", connection.name);
                reading.refuse(&key, message);
            }
        }
        let connections = self.connections.into_iter().enumerate();
        Hotel {
            connections: connections
                .map(|(index, section)| {
                    section.check(&key.child("connections").index(index), reading)
                })
                .collect(),
            slug: self.slug,
            email: self.email,
        }
    }
}

/// Every hotel; those with the same slug or the same webhook token contradict each other.
pub(super) fn check_all(sections: Vec<HotelSection>, reading: &mut Reading<'_>) -> Vec<Hotel> {
    use secrecy::ExposeSecret;

    let root = Key::root("hotels");
    let mut hotels = Vec::with_capacity(sections.len());
    let mut slugs = BTreeSet::new();
    let mut tokens = BTreeMap::new();
    for (index, section) in sections.into_iter().enumerate() {
        let key = root.index(index);
        if !slugs.insert(section.slug.clone()) {
            let message = format!("the hotel `{}` is configured twice", section.slug);
            reading.refuse(&key.child("slug"), message);
        }
        let hotel = section.check(&key, reading);
        for (index, connection) in hotel.connections.iter().enumerate() {
            let Some(token) = &connection.webhook_token else {
                continue;
            };
            let key = key.child("connections").index(index).child("webhook_token");
            if let Some(other) = tokens.insert(token.expose_secret().to_owned(), key.clone()) {
                reading.refuse(&key, format!("the same token as {other}"));
            }
        }
        hotels.push(hotel);
    }
    hotels
}

/// Whether a text is a name as URLs, files and job keys carry it.
pub(super) fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 63
        && text.bytes().next().is_some_and(letter)
        && text.bytes().all(|byte| letter(byte) || byte == b'-')
}

fn is_address(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
    })
}
