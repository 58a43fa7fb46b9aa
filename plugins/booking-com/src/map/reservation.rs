//! A message of a queue as a revision of ours: new, modified and cancelled ones look alike, and say everything.

use roomwire_plugin_sdk::channel::{Guest, ReservationRoom, ReservationStatus, Revision};
use roomwire_plugin_sdk::xml::Element;
use roomwire_plugin_sdk::{Context, Failure, Money, clock};

use crate::Settings;
use crate::map::receipt::Receipt;
use crate::map::stay;
use crate::wire::Queue;

/// Which of the ids is the token of the version that was read.
const TOKEN: &str = "RT";

/// The reservation's id.
pub(crate) fn id(message: &Element) -> Option<&str> {
    let mut ids = ids(message)?.all("HotelReservationID");
    let own = ids.find(|id| id.get("ResID_Source") != Some(TOKEN))?;
    own.get("ResID_Value").filter(|id| !id.is_empty())
}

fn ids(message: &Element) -> Option<&Element> {
    message.at(&["ResGlobalInfo", "HotelReservationIDs"])
}

/// A revision, unless it is another property's: a machine account has several.
pub(crate) fn revision(
    context: &Context<Settings>,
    queue: Queue,
    message: &Element,
) -> Result<Option<Revision>, Failure> {
    let problem = |what: &str| Failure::Permanent(what.to_owned());
    if !is_ours(context, message)? {
        return Ok(None);
    }
    let missing = || problem("a reservation has no id");
    let (id, ids) = id(message).zip(ids(message)).ok_or_else(missing)?;
    let status = status(queue, message.get("ResStatus"))
        .ok_or_else(|| problem("a change does not say whether it is a cancellation"))?;
    let rooms = rooms(context, message, &status)?;
    let total = total(context, message, &status)?;
    Ok(Some(Revision {
        reservation: id.to_owned(),
        revision: version(message, ids)?,
        order: order(queue),
        status,
        source: None,
        booker: booker(message),
        rooms,
        total,
        notes: stay::notes(message),
        // Of the booking there is a local time without its zone.
        booked_at: None,
        acknowledgement: Some(Receipt::of(queue, ids).to_text()?),
        extensions: vec![("reference".to_owned(), id.to_owned())],
    }))
}

/// No sequence and no instant of a change is told: the order of arrival. A reservation is new only once, so what the queue
/// of new ones tells late must not undo a change of it.
fn order(queue: Queue) -> i64 {
    match queue {
        Queue::New => 0,
        Queue::Changed => clock::now().as_millisecond(),
    }
}

/// A message that names no property is nobody's: taken by the wrong hotel, it would be lost to the right one.
fn is_ours(context: &Context<Settings>, message: &Element) -> Result<bool, Failure> {
    let codes =
        stay::stays(message).filter_map(|stay| stay.at(&["BasicPropertyInfo"])?.get("HotelCode"));
    let mut named = false;
    for code in codes {
        if code == context.settings.property {
            return Ok(true);
        }
        named = true;
    }
    if named {
        return Ok(false);
    }
    Err(Failure::Permanent(
        "a reservation names no property".to_owned(),
    ))
}

/// An unknown status stays as it is spelled: the host flags it rather than guesses.
fn status(queue: Queue, told: Option<&str>) -> Option<ReservationStatus> {
    match (queue, told) {
        (Queue::New, None) | (_, Some("Commit" | "Modify")) => Some(ReservationStatus::Confirmed),
        (_, Some("Cancel")) => Some(ReservationStatus::Cancelled),
        (_, Some(unknown)) => Some(ReservationStatus::Other(unknown.to_owned())),
        (Queue::Changed, None) => None,
    }
}

/// A cancellation is followed also where its rooms, or its price, cannot be read.
fn rooms(
    context: &Context<Settings>,
    message: &Element,
    status: &ReservationStatus,
) -> Result<Vec<ReservationRoom>, Failure> {
    match (stay::rooms(context, message), status) {
        (Err(_), ReservationStatus::Cancelled) => Ok(Vec::new()),
        (rooms, _) => rooms,
    }
}

fn total(
    context: &Context<Settings>,
    message: &Element,
    status: &ReservationStatus,
) -> Result<Money, Failure> {
    let total = message.at(&["ResGlobalInfo", "Total"]);
    match (total.map(|total| stay::amount(context, total)), status) {
        (Some(Ok(total)), _) => Ok(total),
        (_, ReservationStatus::Cancelled) => Ok(Money {
            minor: 0,
            currency: context.currency.code.clone(),
        }),
        (Some(Err(failure)), _) => Err(failure),
        (None, _) => Err(Failure::Permanent("a reservation has no total".to_owned())),
    }
}

fn booker(message: &Element) -> Guest {
    let path = [
        "ResGlobalInfo",
        "Profiles",
        "ProfileInfo",
        "Profile",
        "Customer",
    ];
    let nobody = Element::new("Customer");
    stay::customer(message.at(&path).unwrap_or(&nobody))
}

/// The token of the version, or a digest of the whole message where there is none.
fn version(message: &Element, ids: &Element) -> Result<String, Failure> {
    let mut ids = ids.all("HotelReservationID");
    let token = ids.find(|id| id.get("ResID_Source") == Some(TOKEN));
    let token = token.and_then(|token| token.get("ResID_Value"));
    match token.filter(|token| !token.is_empty()) {
        Some(token) => Ok(token.to_owned()),
        None => Ok(format!("{:016x}", digest(&message.to_bytes()?))),
    }
}

/// FNV-1a: versions of one reservation only have to differ, nobody gains by making two alike.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
        (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use roomwire_plugin_sdk::testing::{Host, context};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_new_reservation_that_is_told_late_stands_below_its_change() {
        let context = context::<Settings>(&json!({"property": "1"}));
        let text = concat!(
            r#"<X ResStatus="Cancel"><RoomStays><RoomStay><BasicPropertyInfo HotelCode="1"/></RoomStay></RoomStays>"#,
            r#"<ResGlobalInfo><HotelReservationIDs><HotelReservationID ResID_Value="7"/></HotelReservationIDs>"#,
            "</ResGlobalInfo></X>"
        );
        let message = Element::parse(text.as_bytes()).expect("XML");
        let order_at = |queue, now: &str| {
            let mut host = Host::new().at(now.parse().expect("an instant"));
            let read = host.run(|| revision(&context, queue, &message));
            read.expect("understood").expect("ours").order
        };
        let changed = order_at(Queue::Changed, "2026-11-21T10:00:00Z");
        assert!(order_at(Queue::New, "2026-11-21T10:00:01Z") < changed);
        assert!(changed < order_at(Queue::Changed, "2026-11-21T10:00:01Z"));
    }

    // The published values of FNV-1a.
    #[test]
    fn the_digest_is_the_published_one() {
        assert_eq!(digest(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(digest(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(digest(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
