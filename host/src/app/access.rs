//! API keys: made, and recognised.

use jiff::Timestamp;

use crate::app::{App, AppError};
use crate::domain::access::{ApiKey, NewApiKey, Presented, Scope};
use crate::domain::ids::{ApiKeyId, HotelId};
use crate::domain::random::Random;
use crate::store::{Store, keys};

/// Recognises a key, or `None` where it is no live one.
pub async fn recognise(app: &App, text: &str) -> Result<Option<ApiKey>, AppError> {
    let Some(presented) = Presented::parse(text) else {
        return Ok(None);
    };
    let Some(key) = keys::find_live(&app.store, &presented.prefix).await? else {
        return Ok(None);
    };
    Ok(presented.matches(&key).then_some(key))
}

/// What a new key is for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub name: String,
    /// `None`: the operator's, for every hotel.
    pub hotel: Option<HotelId>,
    pub publishable: bool,
    pub scopes: Vec<Scope>,
    pub expires_at: Option<Timestamp>,
}

/// Makes a key and answers its text, which is shown once and never stored.
pub async fn create(
    store: &Store,
    now: Timestamp,
    random: &Random,
    wanted: Wanted,
) -> Result<String, AppError> {
    let (text, presented) = Presented::generate(wanted.publishable, random.bytes(), random.bytes());
    let key = NewApiKey {
        id: ApiKeyId::new(now),
        secret_hash: presented.secret_hash(),
        prefix: presented.prefix,
        name: wanted.name,
        hotel: wanted.hotel,
        publishable: wanted.publishable,
        scopes: wanted.scopes,
        expires_at: wanted.expires_at,
    };
    keys::insert(store, &key).await?;
    Ok(text)
}
