//! A guest books on the hotel's own web site, and staff say yes.

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Scene, World, now};
use crate::gateway::{list, number, text};

/// Who books; also where the emails go.
pub(super) const GUEST: &str = "ada@guest.example";

/// A reservation that was made and confirmed.
pub(super) struct Booked {
    /// From then on the room was not for sale.
    pub(super) held_at: Timestamp,
}

pub(super) async fn tell(world: &World<'_>, scene: &mut Scene<'_>) -> Result<Booked> {
    world
        .terminal
        .chapter("A guest books on the hotel's web site");
    offers(world, scene).await?;
    let quote = quote(world, scene).await?;
    let held_at = now();
    let hold = hold(world, scene, &quote).await?;
    let reservation = reserve(world, scene, &hold).await?;
    world.terminal.chapter("Staff say yes");
    confirm(world, scene, &reservation).await?;
    Ok(Booked { held_at })
}

async fn offers(world: &World<'_>, scene: &Scene<'_>) -> Result<()> {
    world.terminal.step("what is for sale?");
    let answer = world.web.get(&scene.offers_path()).await?;
    let units = units_offered(&answer, scene)?;
    ensure!(
        units == i64::from(scene.units),
        "{units} rooms are offered instead of {}",
        scene.units
    );
    world
        .terminal
        .held(format_args!("{}: {units} rooms", scene.product.code()));
    Ok(())
}

/// How many rooms of the scene's product are offered.
pub(super) fn units_offered(answer: &Value, scene: &Scene<'_>) -> Result<i64> {
    let ours = |offer: &&Value| {
        text(offer, "/room_type/code").is_ok_and(|code| code == scene.product.room_type)
            && text(offer, "/rate_plan/code").is_ok_and(|code| code == scene.product.rate_plan)
    };
    let offer = list(answer, "/offers")?.iter().find(ours);
    number(offer.context("the product is not offered")?, "/units")
}

async fn quote(world: &World<'_>, scene: &Scene<'_>) -> Result<String> {
    world.terminal.step("a signed price");
    let line = json!({
        "room_type": scene.product.room_type,
        "rate_plan": scene.product.rate_plan,
        "check_in": scene.stay.check_in.to_string(),
        "check_out": scene.stay.check_out.to_string(),
    });
    let path = format!("/v1/hotels/{}/quotes", scene.hotel.slug);
    let quote = world
        .web
        .post(&path, &json!({"lines": [line]}), 201)
        .await?;
    let total = number(&quote, "/total/minor")?;
    let expected = scene.product.price * i64::try_from(scene.stay.nights().count())?;
    ensure!(
        total == expected,
        "the price is {total} instead of {expected}"
    );
    let currency = text(&quote, "/total/currency")?;
    let until = text(&quote, "/expires_at")?;
    world.terminal.held(format_args!(
        "{total} minor units of {currency}, good until {until}"
    ));
    Ok(text(&quote, "/quote")?.to_owned())
}

async fn hold(world: &World<'_>, scene: &mut Scene<'_>, quote: &str) -> Result<String> {
    world
        .terminal
        .step("the room is held while the guest types a name");
    let path = format!("/v1/hotels/{}/holds", scene.hotel.slug);
    let hold = world.web.post(&path, &json!({"quote": quote}), 201).await?;
    scene.units -= 1;
    let until = text(&hold, "/expires_at")?;
    world.terminal.held(format_args!(
        "nobody else gets it until {until}; {} rooms are left",
        scene.units
    ));
    Ok(text(&hold, "/id")?.to_owned())
}

async fn reserve(world: &World<'_>, scene: &Scene<'_>, hold: &str) -> Result<String> {
    world.terminal.step("a reservation");
    let path = format!("/v1/hotels/{}/reservations", scene.hotel.slug);
    let booker = json!({"first_name": "Ada", "last_name": "Lovelace", "email": GUEST});
    let made = world
        .web
        .post(&path, &json!({"hold": hold, "booker": booker}), 201)
        .await?;
    expect_status(&made, "tentative")?;
    world.terminal.held(format_args!(
        "number {}, tentative: staff decide",
        text(&made, "/number")?
    ));
    Ok(text(&made, "/id")?.to_owned())
}

async fn confirm(world: &World<'_>, scene: &Scene<'_>, reservation: &str) -> Result<()> {
    world.terminal.step("staff confirm it");
    let path = format!(
        "/v1/hotels/{}/reservations/{reservation}/confirm",
        scene.hotel.slug
    );
    let confirmed = world.staff.post(&path, &json!({}), 200).await?;
    expect_status(&confirmed, "confirmed")?;
    world.terminal.held("confirmed");

    world.terminal.step("a colleague confirms it too");
    let refused = world.staff.post(&path, &json!({}), 409).await?;
    let code = text(&refused, "/code")?;
    ensure!(code == "wrong_status", "refused as {code}");
    world.terminal.held("refused: it is confirmed once");
    Ok(())
}

/// Fails where a reservation has another status.
pub(super) fn expect_status(reservation: &Value, expected: &str) -> Result<()> {
    let status = text(reservation, "/status")?;
    ensure!(status == expected, "it is {status} instead of {expected}");
    Ok(())
}
