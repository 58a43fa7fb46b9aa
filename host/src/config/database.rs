//! `[database]`: whose Postgres it is, and how it is used. The URLs hold passwords, so they come from the environment.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use crate::config::key::Key;
use crate::config::reading::{Reading, duration};

/// Whose Postgres is used, how many connections of it, and how long one is waited for.
#[derive(Clone, Debug)]
pub struct Database {
    pub source: DatabaseSource,
    /// The most connections that one process opens.
    pub connections: u32,
    pub acquire_timeout: Duration,
}

#[derive(Clone, Debug)]
pub enum DatabaseSource {
    /// A private Postgres that the host starts in this folder.
    Embedded { data_dir: PathBuf },
    /// The operator's: `DATABASE_URL` for the application, `DATABASE_OWNER_URL` for migrations.
    Given {
        url: SecretString,
        owner_url: Option<SecretString>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DatabaseSection {
    data_dir: PathBuf,
    connections: u32,
    #[serde(deserialize_with = "duration")]
    acquire_timeout: Duration,
}

impl Default for DatabaseSection {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            connections: 20,
            acquire_timeout: Duration::from_secs(3),
        }
    }
}

impl DatabaseSection {
    pub(super) fn check(self, reading: &mut Reading<'_>) -> Database {
        let key = Key::root("database");
        if self.connections < 2 {
            reading.refuse(
                &key.child("connections"),
                "at least 2 connections are needed",
            );
        }
        if self.acquire_timeout.is_zero() {
            reading.refuse(
                &key.child("acquire_timeout"),
                "no time at all: nobody would ever get a connection",
            );
        }
        let variable = |name| reading.environment.get(name).map(SecretString::from);
        let source = match (variable("DATABASE_URL"), variable("DATABASE_OWNER_URL")) {
            (Some(url), owner_url) => DatabaseSource::Given { url, owner_url },
            (None, owner_url) => {
                if owner_url.is_some() {
                    reading.refuse(
                        &key,
                        "DATABASE_OWNER_URL is set without DATABASE_URL: set both, or none for an embedded Postgres",
                    );
                }
                let data_dir = reading.folder.join(self.data_dir);
                DatabaseSource::Embedded { data_dir }
            }
        };
        Database {
            source,
            connections: self.connections,
            acquire_timeout: self.acquire_timeout,
        }
    }
}
