//! The configuration against the store and the plugins: codes become ids, and every contradiction is told at once.

use std::collections::{BTreeSet, HashMap};

use crate::app::connections::{ApplyError, Examine};
use crate::config::{self, EmailSender};
use crate::domain::connection::{ConnectionKind, Mapping};
use crate::domain::connector::ProductCode;
use crate::domain::hotel::Hotel;
use crate::domain::ids::{HotelId, RatePlanId, RoomTypeId};
use crate::domain::offer::Product;
use crate::domain::webhook::SubscriptionDigest;
use crate::store::{Store, StoreError, catalogue, hotels};

/// One hotel's part of the configuration, with codes turned into ids.
pub(super) struct Resolved<'a> {
    pub(super) hotel: Hotel,
    pub(super) email: Option<&'a EmailSender>,
    /// As it is written, disabled connections too.
    pub(super) section: Option<&'a config::Hotel>,
    pub(super) connections: Vec<ResolvedConnection<'a>>,
}

pub(super) struct ResolvedConnection<'a> {
    pub(super) configured: &'a config::Connection,
    pub(super) kind: ConnectionKind,
    pub(super) subscription: Option<SubscriptionDigest>,
    pub(super) mappings: Vec<Mapping>,
}

/// Every hotel of the directory with what is configured for it; nothing is written.
pub(super) async fn resolve<'a>(
    store: &Store,
    configured: &'a [config::Hotel],
    examine: Examine<'_>,
) -> Result<Vec<Resolved<'a>>, ApplyError> {
    let known = hotels::list(store).await?;
    let slugs: BTreeSet<&str> = known.iter().map(|hotel| hotel.slug.as_str()).collect();
    let mut problems: Vec<String> = configured
        .iter()
        .filter(|hotel| !slugs.contains(hotel.slug.as_str()))
        .map(|hotel| unknown(&hotel.slug))
        .collect();
    let mut resolved = Vec::with_capacity(known.len());
    for hotel in known {
        // A hotel that is not configured at all has no connections.
        let section = configured.iter().find(|section| section.slug == hotel.slug);
        let connections = match section {
            Some(section) => {
                let products = known_products(store, hotel.id).await?;
                resolve_hotel(section, (hotel.id, &products), examine, &mut problems)
            }
            None => Vec::new(),
        };
        resolved.push(Resolved {
            email: section.and_then(|section| section.email.as_ref()),
            section,
            hotel,
            connections,
        });
    }
    if problems.is_empty() {
        Ok(resolved)
    } else {
        Err(ApplyError::Refused(problems))
    }
}

/// Our products by the codes of their room type and rate plan.
pub type ProductIds = HashMap<(String, String), (RoomTypeId, RatePlanId)>;

async fn known_products(store: &Store, hotel: HotelId) -> Result<ProductIds, StoreError> {
    let mut tx = store.begin(hotel).await?;
    Ok(product_ids(&catalogue::products(&mut tx).await?))
}

/// Products by their codes.
pub fn product_ids(products: &[Product]) -> ProductIds {
    products
        .iter()
        .map(|product| {
            let codes = (
                product.room_type.code.clone(),
                product.rate_plan.code.clone(),
            );
            (codes, (product.room_type.id, product.rate_plan.id))
        })
        .collect()
}

fn resolve_hotel<'a>(
    section: &'a config::Hotel,
    (hotel, products): (HotelId, &ProductIds),
    examine: Examine<'_>,
    problems: &mut Vec<String>,
) -> Vec<ResolvedConnection<'a>> {
    let mut resolved = Vec::new();
    for configured in section.connections.iter().filter(|one| one.enabled) {
        let place = format!("hotel `{}`, connection `{}`", section.slug, configured.name);
        let examined = match examine(hotel, configured) {
            Ok(examined) => examined,
            Err(refusals) => {
                problems.extend(refusals.iter().map(|refusal| format!("{place}: {refusal}")));
                continue;
            }
        };
        resolved.push(ResolvedConnection {
            configured,
            kind: examined.kind,
            subscription: examined.subscription,
            mappings: resolve_mappings(&configured.mappings, products, problems),
        });
    }
    if let Some(email) = &section.email {
        let sends = |one: &ResolvedConnection<'_>| {
            one.configured.name == email.connection && one.kind == ConnectionKind::Email
        };
        if !resolved.iter().any(sends) {
            problems.push(format!(
                "hotel `{}`: its email goes through `{}`, which is no enabled connection of a plugin that sends mail",
                section.slug, email.connection
            ));
        }
    }
    resolved
}

fn resolve_mappings(
    mappings: &config::Mappings,
    products: &ProductIds,
    problems: &mut Vec<String>,
) -> Vec<Mapping> {
    let mut resolved = Vec::with_capacity(mappings.rows.len());
    for row in &mappings.rows {
        match resolve_row(row, products) {
            Ok(mapping) => resolved.push(mapping),
            Err(problem) => problems.push(format!("{}:{}: {problem}", mappings.file, row.line)),
        }
    }
    resolved.sort();
    resolved
}

/// A row with ids in the place of our codes, or a sentence about codes that are none.
pub fn resolve_row(row: &config::Mapping, products: &ProductIds) -> Result<Mapping, String> {
    let codes = (row.room_type.clone(), row.rate_plan.clone());
    let (room_type, rate_plan) = *products.get(&codes).ok_or_else(|| {
        format!(
            "the hotel does not sell the room type `{}` under the rate plan `{}`",
            row.room_type, row.rate_plan
        )
    })?;
    Ok(Mapping {
        room_type,
        rate_plan,
        code: ProductCode {
            room: row.external_room.clone(),
            rate: row.external_rate.clone(),
        },
    })
}

fn unknown(slug: &str) -> String {
    format!(
        "there is no hotel `{slug}`: its slug in the configuration is wrong, or it is not added yet"
    )
}
