//! Notifications to the simulated Booking.com: taken line by line, and refused as a whole where they are malformed.

use http::Method;
use roomwire_simulators::booking_com::{BookingCom, Night, Options, Pricing, Property, Rate};

use crate::harness::{Answer, booking_com, booking_com_call, booking_com_with, day};

const ROOM: &str = "801185501";
const RATE: &str = "1278608";
const DAYS: &str = r#"Start="2026-12-01" End="2026-12-02""#;

fn message(name: &str, list: &str, lines: &str) -> String {
    format!(
        r#"<{name}RQ xmlns="http://www.opentravel.org/OTA/2003/05" TimeStamp="2026-11-23T10:00:00Z" Version="1.1"><{list} HotelCode="8011855">{lines}</{list}></{name}RQ>"#
    )
}

async fn availability(booking_com: &BookingCom, lines: &str) -> Answer {
    let name = "OTA_HotelAvailNotif";
    let document = message(name, "AvailStatusMessages", lines);
    let path = format!("/hotels/ota/{name}");
    booking_com_call(booking_com, Method::POST, &path, &document).await
}

async fn prices(booking_com: &BookingCom, lines: &str) -> Answer {
    let name = "OTA_HotelRateAmountNotif";
    let document = message(name, "RateAmountMessages", lines);
    let path = format!("/hotels/ota/{name}");
    booking_com_call(booking_com, Method::POST, &path, &document).await
}

fn units(locator: u32, days: &str, room: &str, units: &str) -> String {
    format!(
        r#"<AvailStatusMessage BookingLimit="{units}" LocatorID="{locator}"><StatusApplicationControl {days} InvTypeCode="{room}"/></AvailStatusMessage>"#
    )
}

fn restriction(locator: u32, target: &str, what: &str) -> String {
    format!(
        r#"<AvailStatusMessage LocatorID="{locator}"><StatusApplicationControl {DAYS} {target}/>{what}</AvailStatusMessage>"#
    )
}

fn price(locator: u32, rate: &str, amount: &str, currency: &str) -> String {
    format!(
        r#"<RateAmountMessage LocatorID="{locator}"><StatusApplicationControl {DAYS} InvTypeCode="{ROOM}" RatePlanCode="{rate}"/><Rates><Rate><BaseByGuestAmts><BaseByGuestAmt AmountAfterTax="{amount}" CurrencyCode="{currency}"/></BaseByGuestAmts></Rate></Rates></RateAmountMessage>"#
    )
}

/// The problems of the last notification, by locator.
fn problems(booking_com: &BookingCom) -> Vec<(String, String)> {
    let last = booking_com.notifications().pop();
    last.expect("a notification").problems
}

#[tokio::test]
async fn rooms_to_sell_restrictions_and_prices_are_taken() {
    let (booking_com, _) = booking_com().await;
    let of_rate = format!(r#"InvTypeCode="{ROOM}" RatePlanCode="{RATE}""#);
    let lengths = |kind: &str, time: u32| {
        format!(
            r#"<LengthsOfStay><LengthOfStay MinMaxMessageType="{kind}" Time="{time}"/></LengthsOfStay>"#
        )
    };
    let lines = [
        units(1, DAYS, ROOM, "7"),
        restriction(2, &of_rate, &lengths("SetMinLOS", 2)),
        restriction(3, &of_rate, &lengths("SetForwardMinStay", 3)),
        restriction(4, &of_rate, &lengths("SetMaxLOS", 14)),
        restriction(
            5,
            &of_rate,
            r#"<RestrictionStatus Restriction="Arrival" Status="Close"/>"#,
        ),
        restriction(
            6,
            &of_rate,
            r#"<RestrictionStatus Restriction="Departure" Status="Close"/>"#,
        ),
        restriction(7, &of_rate, r#"<RestrictionStatus Status="Close"/>"#),
    ];
    let answer = availability(&booking_com, &lines.concat()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = prices(&booking_com, &price(1, RATE, "133.30", "EUR")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(booking_com.units(ROOM, day("2026-12-02")), 7);
    assert_eq!(
        booking_com.night(ROOM, RATE, day("2026-12-02")),
        Night {
            price: Some(13_330),
            min_stay_through: 2,
            min_stay_arrival: 3,
            max_stay: 14,
            closed_to_arrival: true,
            closed_to_departure: true,
            closed: true,
            ..Night::default()
        }
    );
    assert_eq!(booking_com.units(ROOM, day("2026-12-03")), 3, "not named");
}

#[tokio::test]
async fn a_closed_room_hides_its_units_until_it_is_opened() {
    let (booking_com, _) = booking_com().await;
    let of_room = format!(r#"InvTypeCode="{ROOM}""#);
    let close = restriction(1, &of_room, r#"<RestrictionStatus Status="Close"/>"#);
    availability(&booking_com, &close).await;
    availability(&booking_com, &units(1, DAYS, ROOM, "5")).await;
    assert_eq!(booking_com.units(ROOM, day("2026-12-01")), 0);
    let open = restriction(1, &of_room, r#"<RestrictionStatus Status="Open"/>"#);
    availability(&booking_com, &open).await;
    assert_eq!(booking_com.units(ROOM, day("2026-12-01")), 5);
}

#[tokio::test]
async fn a_success_may_have_errors_and_warnings_beside_it() {
    let (booking_com, _) = booking_com().await;
    let past = r#"Start="2026-11-21" End="2026-11-21""#;
    let yesterday = r#"Start="2026-11-22" End="2026-11-22""#;
    let lines = [
        units(1, DAYS, ROOM, "5"),
        units(2, DAYS, "999", "5"),
        units(3, past, ROOM, "6"),
        units(4, yesterday, ROOM, "6"),
        units(5, DAYS, ROOM, "6"),
    ];
    let answer = availability(&booking_com, &lines.concat()).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.contains("<Success/><Warnings>"),
        "{}",
        answer.body
    );
    let expected = [
        ("2", "ROOM_NOT_ACTIVE"),
        ("3", "NOT_A_VALID_DATE"),
        ("5", "WARN_DUPLICATE_DATES"),
    ];
    let expected = expected.map(|(locator, code)| (locator.to_owned(), code.to_owned()));
    assert_eq!(problems(&booking_com), expected);
    assert_eq!(
        booking_com.units(ROOM, day("2026-12-01")),
        5,
        "the first counts"
    );
}

#[tokio::test]
async fn where_every_line_is_refused_the_answer_is_400_with_the_reason_of_each() {
    let (booking_com, _) = booking_com().await;
    let rate = |id: &str| Rate {
        id: id.to_owned(),
        ..Rate::default()
    };
    assert!(booking_com.add_rate(Rate {
        active: false,
        ..rate("inactive")
    }));
    let parent = Some(RATE.to_owned());
    assert!(booking_com.add_rate(Rate {
        parent,
        ..rate("child")
    }));
    let lines = [
        price(1, "unknown", "9.00", "EUR"),
        price(2, "inactive", "9.00", "EUR"),
        price(3, "child", "9.00", "EUR"),
        price(4, RATE, "0", "EUR"),
        price(5, RATE, "9.00", "USD"),
    ];
    for (line, code) in lines.iter().zip([
        "RATE_NOT_ACTIVE_FOR_ROOM",
        "RATE_NOT_ACTIVE",
        "CANNOT_EDIT_CHILD_RATE",
        "PRICE_NOT_VALID",
        "CURRENCY_NOT_OF_PROPERTY",
    ]) {
        let answer = prices(&booking_com, line).await;
        assert_eq!(answer.status, 400, "{code}");
        assert_eq!(problems(&booking_com)[0].1, code);
        assert!(!answer.body.contains("<Success/>") && answer.body.contains(code));
    }
    booking_com.switch_currency(true);
    let good = price(1, RATE, "9.00", "EUR");
    assert_eq!(prices(&booking_com, &good).await.status, 400);
    booking_com.switch_currency(false);
    assert_eq!(prices(&booking_com, &good).await.status, 200);
}

/// A price with another one for so many guests beside it.
fn beside(line: &str, guests: &str) -> String {
    let other = format!(
        r#"<BaseByGuestAmt AmountAfterTax="7.00" CurrencyCode="EUR" NumberOfGuests="{guests}"/></BaseByGuestAmts>"#
    );
    line.replace("</BaseByGuestAmts>", &other)
}

#[tokio::test]
async fn a_price_is_taken_in_the_propertys_own_pricing_type_only() {
    let for_room = price(1, RATE, "9.00", "EUR");
    let for_two = for_room.replace("CurrencyCode", r#"NumberOfGuests="2" CurrencyCode"#);
    let (standard, _) = booking_com().await;
    let property = Property {
        pricing: Pricing::Occupancy,
        ..Property::default()
    };
    let options = Options {
        properties: vec![property],
        ..Options::default()
    };
    let (by_guests, _) = booking_com_with(options).await;
    for (channel, wrong) in [
        (&standard, &for_two),
        (&standard, &beside(&for_room, "1")),
        (&by_guests, &for_room),
        (&by_guests, &beside(&for_room, "1")),
    ] {
        assert_eq!(prices(channel, wrong).await.status, 400, "{wrong}");
        assert_eq!(problems(channel)[0].1, "PRICING_NOT_OF_PROPERTY");
    }
    let answer = prices(&by_guests, &beside(&for_two, "1")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let shown = by_guests.night(ROOM, RATE, day("2026-12-02"));
    assert_eq!(shown.prices, [(1, 700), (2, 900)].into());
    for guests in ["0", "-1", "two", "2"] {
        let answer = prices(&by_guests, &beside(&for_two, guests)).await;
        assert_eq!(answer.status, 400, "{guests}");
        assert_eq!(by_guests.notifications().len(), 3, "{guests}");
    }
}

#[tokio::test]
async fn what_is_malformed_is_refused_as_a_whole() {
    let (booking_com, _) = booking_com().await;
    let good = units(1, DAYS, ROOM, "5");
    for (lines, why) in [
        (String::new(), "no line"),
        (format!("{good}{good}"), "one locator twice"),
        (units(1, DAYS, ROOM, "-1"), "a negative number"),
        (units(1, DAYS, ROOM, "1.5"), "no whole number"),
        (
            units(1, r#"Start="2026-12-02" End="2026-12-01""#, ROOM, "5"),
            "backwards",
        ),
        (
            units(1, r#"Start="01.12.2026" End="2026-12-01""#, ROOM, "5"),
            "another date",
        ),
        (good.replace("LocatorID", "Locator"), "an unknown attribute"),
        (
            good.replace("AvailStatusMessage", "Message"),
            "an unknown element",
        ),
        (
            good.replace("/>", r#" RatePlanCode="1278608"/>"#),
            "rooms to sell of a rate",
        ),
        (format!("{good}<"), "no XML"),
    ] {
        let answer = availability(&booking_com, &lines).await;
        assert_eq!(answer.status, 400, "{why}: {}", answer.body);
        assert!(
            answer.body.contains("SCHEMA_ERROR"),
            "{why}: {}",
            answer.body
        );
    }
    let document = message("OTA_HotelAvailNotif", "AvailStatusMessages", &good);
    for (from, to, status) in [
        ("OTA/2003/05", "OTA/2004/05", 400),
        (r#" Version="1.1""#, "", 400),
        (r#"HotelCode="8011855""#, r#"HotelCode="42""#, 403),
    ] {
        let changed = document.replace(from, to);
        let path = "/hotels/ota/OTA_HotelAvailNotif";
        let answer = booking_com_call(&booking_com, Method::POST, path, &changed).await;
        assert_eq!(answer.status, status, "{to}");
    }
    assert_eq!(
        booking_com.units(ROOM, day("2026-12-01")),
        3,
        "nothing was applied"
    );
}
