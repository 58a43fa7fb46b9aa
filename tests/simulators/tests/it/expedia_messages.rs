//! Messages of availability and rates: what is applied, what is refused as a whole, and what is left out with a warning.

use roomwire_simulators::expedia::{PricingModel, Property};

use crate::expedia_harness::{
    NIGHTS, RATE, ROOM, error, expedia, expedia_of, message, post, said, update,
};
use crate::harness::{Call, day};

const UNITS: &str = "<Inventory totalInventoryAvailable=\"2\"></Inventory>";

fn rate(says: &str) -> String {
    format!("<RatePlan id=\"{RATE}\" closed=\"false\">{says}</RatePlan>")
}

fn priced(price: &str) -> String {
    rate(&format!(
        "<Rate currency=\"EUR\"><PerDay rate=\"{price}\"></PerDay></Rate>"
    ))
}

#[tokio::test]
async fn what_is_said_is_applied_and_the_rest_stays() {
    let (expedia, _) = expedia().await;
    let restrictions = "<Restrictions closedToArrival=\"true\" minLOS=\"2\"></Restrictions>";
    let updates = [
        said(NIGHTS[0], NIGHTS[1], ROOM, UNITS),
        said(NIGHTS[1], NIGHTS[1], ROOM, &rate(restrictions)),
    ];
    let answer = update(&expedia, &updates.concat()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("<Success/>"), "{}", answer.body);
    let units = [NIGHTS[0], NIGHTS[1], NIGHTS[2]].map(|night| expedia.units(ROOM, day(night)));
    assert_eq!(units, [Some(2), Some(2), Some(3)]);
    let shown = expedia.night(RATE, day(NIGHTS[1])).expect("a rate plan");
    assert_eq!(
        (shown.rate(), shown.min_stay, shown.max_stay),
        (Some(12_050), 2, 28)
    );
    assert!(shown.closed_to_arrival && !shown.closed);
    let messages = expedia.messages();
    assert_eq!((messages.len(), messages[0].weight), (1, 2 + 3));
}

#[tokio::test]
async fn an_error_keeps_the_whole_message_out() {
    let (expedia, _) = expedia().await;
    let good = said(NIGHTS[0], NIGHTS[0], ROOM, UNITS);
    let of_rate = |says: &str| said(NIGHTS[0], NIGHTS[0], ROOM, says);
    for (bad, code) in [
        (said("2026-11-21", NIGHTS[0], ROOM, UNITS), "3020"),
        (said(NIGHTS[1], NIGHTS[0], ROOM, UNITS), "3021"),
        (said(NIGHTS[0], "2029-12-01", ROOM, UNITS), "3022"),
        (said(NIGHTS[0], NIGHTS[0], "999", UNITS), "3203"),
        (
            of_rate("<RatePlan id=\"999\" closed=\"true\"></RatePlan>"),
            "3204",
        ),
        (
            of_rate(&rate("<Rate><PerDay rate=\"1.50\"></PerDay></Rate>")),
            "3102",
        ),
        (
            of_rate(&rate(
                "<Rate currency=\"USD\"><PerDay rate=\"1.50\"></PerDay></Rate>",
            )),
            "3103",
        ),
        (
            of_rate(&rate(
                "<Rate currency=\"EUR\"><PerOccupancy rate=\"9.00\" occupancy=\"2\"></PerOccupancy></Rate>",
            )),
            "3090",
        ),
        (of_rate(&priced("1.005")), "3010"),
        (
            of_rate(&rate("<Restrictions minLOS=\"29\"></Restrictions>")),
            "3010",
        ),
        (of_rate(""), "3010"),
        (
            of_rate("<Inventory totalInventoryAvailable=\"-1\"></Inventory>"),
            "3010",
        ),
        (
            said("2026-12-01", "2028-11-20", ROOM, UNITS).repeat(7),
            "3107",
        ),
    ] {
        let answer = update(&expedia, &format!("{good}{bad}")).await;
        assert_eq!(
            (answer.status, error(&answer)),
            (200, Some(code)),
            "{bad}: {}",
            answer.body
        );
    }
    assert_eq!(expedia.units(ROOM, day(NIGHTS[0])), Some(3));
    assert!(expedia.messages().is_empty());
}

#[tokio::test]
async fn a_warning_leaves_out_what_it_is_about() {
    let (expedia, _) = expedia().await;
    let updates = [
        said(NIGHTS[0], NIGHTS[0], ROOM, &priced("99999.00")),
        said(NIGHTS[1], NIGHTS[1], ROOM, &priced("130.00")),
    ];
    let answer = update(&expedia, &updates.concat()).await;
    assert!(
        answer.body.contains("<Success><Warning code=\"7019\">"),
        "{}",
        answer.body
    );
    let rates = [0, 1].map(|place| {
        expedia
            .night(RATE, day(NIGHTS[place]))
            .and_then(|night| night.rate())
    });
    assert_eq!(rates, [Some(12_050), Some(13_000)]);
    assert_eq!(expedia.messages()[0].warnings, [7_019]);
}

#[tokio::test]
async fn the_form_of_a_message_is_looked_at_before_its_content() {
    let (expedia, _) = expedia().await;
    let good = message(
        "AvailRateUpdate",
        "AR/2011/06",
        &said(NIGHTS[0], NIGHTS[0], ROOM, UNITS),
    );
    for (from, to, code) in [
        ("password=\"simulated", "password=\"stimulated", "1001"),
        ("AR/2011/06", "AR/2009/01", "2010"),
        ("</RoomType>", "", "2002"),
        (
            "totalInventoryAvailable=\"2\"></Inventory>",
            "totalInventoryAvailable=\"2\"/>",
            "2002",
        ),
        ("id=\"12345678\"", "id=\"87654321\"", "3202"),
        ("<Inventory ", "<Stock></Stock><Inventory ", "3010"),
        ("<Hotel ", "<Hotel name=\"x\" ", "3010"),
    ] {
        assert!(good.contains(from), "{from}");
        let answer = post(&expedia, "/eqc/ar", good.replace(from, to)).await;
        assert_eq!(error(&answer), Some(code), "{to}: {}", answer.body);
    }
    let json = Call::post(expedia.address(), "/eqc/ar")
        .json(&serde_json::json!({}))
        .send()
        .await;
    assert_eq!(error(&json), Some("2002"));
    assert!(expedia.messages().is_empty());
    let kept = expedia.requests();
    assert!(
        kept.iter()
            .all(|request| !request.body.contains("simulated-expedia-password"))
    );
}

#[tokio::test]
async fn a_busy_expedia_has_no_connection_left_for_a_while() {
    let (expedia, _) = expedia().await;
    expedia.be_busy(1);
    let says = said(NIGHTS[0], NIGHTS[0], ROOM, UNITS);
    assert_eq!(error(&update(&expedia, &says).await), Some("3210"));
    assert_eq!(error(&update(&expedia, &says).await), None);
}

#[tokio::test]
async fn a_property_priced_by_occupancy_takes_no_price_of_a_day() {
    let (expedia, _) = expedia_of(Property {
        pricing_model: PricingModel::OccupancyBasedPricing,
        ..Property::default()
    })
    .await;
    let by_day = said(NIGHTS[0], NIGHTS[0], ROOM, &priced("130.00"));
    assert_eq!(error(&update(&expedia, &by_day).await), Some("3090"));
    let says = "<Rate currency=\"EUR\"><PerOccupancy rate=\"90.00\" occupancy=\"1\"></PerOccupancy>\
                <PerOccupancy rate=\"120.00\" occupancy=\"2\"></PerOccupancy></Rate>";
    let by_occupancy = said(NIGHTS[0], NIGHTS[0], ROOM, &rate(says));
    assert_eq!(error(&update(&expedia, &by_occupancy).await), None);
    let shown = expedia.night(RATE, day(NIGHTS[0])).expect("a rate plan");
    assert_eq!(shown.rates, [(0, 12_050), (1, 9_000), (2, 12_000)].into());
    for adults in ["0", "2"] {
        let wrong = says.replace("occupancy=\"1\"", &format!("occupancy=\"{adults}\""));
        let wrong = said(NIGHTS[0], NIGHTS[0], ROOM, &rate(&wrong));
        assert_eq!(error(&update(&expedia, &wrong).await), Some("3010"));
    }
}
