//! The keys that sign quotes: from the environment, or from a file of our own.

use std::io::ErrorKind;
use std::path::Path;

use secrecy::SecretString;

use super::{BootError, Start};
use crate::app::quotes::QuoteKeys;
use crate::config::DatabaseSource;

/// A shorter key could be guessed.
const LEAST: usize = 32;

/// The environment's keys, or in a data folder of our own those of a file that is made at the first start: the current
/// key, and in further lines older ones.
pub(super) fn read(start: &Start) -> Result<QuoteKeys, BootError> {
    let environment = &start.environment;
    let older = (environment.get("ROOMWIRE_QUOTE_KEYS_OLDER").into_iter())
        .flat_map(|keys| keys.split(','))
        .map(str::trim)
        .filter(|key| !key.is_empty());
    if let Some(current) = environment.get("ROOMWIRE_QUOTE_KEY") {
        return checked(current, older).ok_or(BootError::QuoteKey);
    }
    let DatabaseSource::Embedded { data_dir } = &start.config.database.source else {
        return Err(BootError::QuoteKey);
    };
    let file = data_dir.join("quote-key");
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = hex::encode(start.random.bytes::<32>());
            // Whole or not at all: a key cut short by a crash would sign quotes that anyone can forge.
            let unfinished = data_dir.join("quote-key.new");
            write_private(&unfinished, &key)
                .and_then(|()| std::fs::rename(&unfinished, &file))
                .map_err(BootError::QuoteKeyFile)?;
            key
        }
        Err(error) => return Err(BootError::QuoteKeyFile(error)),
    };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .next()
        .and_then(|current| checked(current, lines.chain(older)))
        .ok_or(BootError::QuoteKeyShort(file))
}

/// The keys, if each is long enough.
fn checked<'a>(current: &str, older: impl Iterator<Item = &'a str>) -> Option<QuoteKeys> {
    let key = |key: &str| (key.len() >= LEAST).then(|| SecretString::from(key.to_owned()));
    let older = older.map(key).collect::<Option<_>>()?;
    Some(QuoteKeys::new(key(current)?, older))
}

fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
