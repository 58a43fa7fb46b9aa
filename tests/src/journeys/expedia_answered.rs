//! Expedia's booking notifications (BN) with their login: each is the whole booking, and the answer is the confirmation.

use roomwire_simulators::delivery::Manner;
use roomwire_simulators::expedia::{Announced, BookingRequest, Change, Expedia};
use serde_json::{Value, json};

use crate::harness::expedia::{
    AtExpedia, BOOKING_PASSWORD, DOUBLE, DOUBLE_BAR, receiver, stranger,
};
use crate::harness::night;

/// Expedia tells what is not confirmed, one after the other, until it hears a number or gives up.
async fn tell(hotel: &AtExpedia, expedia: &Expedia, booking: &str) -> Vec<Announced> {
    let url = hotel.webhook();
    let told = expedia.announce_in_turn(booking, receiver(&url, &[])).await;
    told.expect("somebody answers")
}

/// The one reservation, whose number every answer told.
async fn held(hotel: &AtExpedia, told: &[Announced]) -> Value {
    let mut all = hotel.channel_reservations().await;
    assert_eq!(all.len(), 1, "{all:?}");
    let one = all.remove(0);
    let number = one["number"].as_str();
    for answered in told {
        let answer = &answered.delivery;
        assert_eq!(answer.status, 200, "{}", answer.answer);
        assert_eq!(answered.confirmed.as_deref(), number, "{}", answer.answer);
    }
    one
}

#[tokio::test]
async fn a_booking_its_change_and_its_end_are_each_confirmed_by_the_answer() {
    let hotel = AtExpedia::answering().await;
    let request = BookingRequest::new(DOUBLE_BAR, night(0), night(2));
    let id = hotel.expedia.book(request).expect("for sale");
    let booked = tell(&hotel, &hotel.expedia, &id).await;
    assert_eq!(booked.len(), 1, "the first answer confirms it");
    let made = held(&hotel, &booked).await;
    let seen = (&made["status"], &made["source"], &made["total"]["minor"]);
    assert_eq!(
        seen,
        (&json!("confirmed"), &json!("Expedia"), &json!(24_000))
    );

    // Its answer was lost on the way: it comes twice again, and hears the same.
    let url = hotel.webhook();
    let all = hotel.expedia.transactions();
    let again = hotel
        .expedia
        .announce(&all, receiver(&url, &[]), Manner::Duplicated);
    let again = again.await.expect("somebody answers");
    assert_eq!(again.len(), 2);
    assert_eq!(held(&hotel, &again).await["version"], made["version"]);

    let shorter = Change {
        check_out: Some(night(1)),
        ..Change::default()
    };
    hotel.expedia.change(&id, &shorter).expect("allowed");
    let changed = tell(&hotel, &hotel.expedia, &id).await;
    let after = held(&hotel, &changed).await;
    let seen = (changed.len(), &after["id"], &after["total"]["minor"]);
    assert_eq!(seen, (1, &made["id"], &json!(12_000)));

    hotel.expedia.cancel(&id).expect("allowed");
    let cancelled = tell(&hotel, &hotel.expedia, &id).await;
    let after = held(&hotel, &cancelled).await;
    let seen = (cancelled.len(), &after["id"], &after["status"]);
    assert_eq!(seen, (1, &made["id"], &json!("cancelled")));
    hotel.settled().await;
    assert!(hotel.unconfirmed().is_empty());
    assert_eq!([0, 1].map(|days| hotel.units(DOUBLE, night(days))), [8, 8]);
    for kept in [BOOKING_PASSWORD, "4111111111111111"] {
        let tables = hotel.tables_with(kept).await;
        assert_eq!(tables, Vec::<String>::new(), "{kept}");
    }
}

#[tokio::test]
async fn who_has_another_password_is_refused_and_what_is_not_the_hotels_goes_by_mail() {
    let mut hotel = AtExpedia::answering().await;
    let (forger, id) = stranger("12345678", "another-password-altogether").await;
    let refused = tell(&hotel, &forger, &id).await;
    assert!(refused.len() > 1, "it comes again and again");
    for one in &refused {
        assert_eq!((one.delivery.status, one.confirmed.as_ref()), (401, None));
    }
    let (neighbour, id) = stranger("87654321", BOOKING_PASSWORD).await;
    let refused = tell(&hotel, &neighbour, &id).await;
    assert_eq!(refused.len(), 1, "an error is the last word");
    let answer = &refused[0].delivery;
    assert_eq!((answer.status, refused[0].confirmed.as_ref()), (200, None));
    assert!(answer.answer.contains("ShortText=\"3202\""), "{answer:?}");
    assert!(tell(&hotel, &neighbour, &id).await.is_empty());
    hotel.settled().await;
    // A person is told of what came to the wrong hotel.
    hotel.world.expect_dead(1);
    assert_eq!(hotel.channel_reservations().await, Vec::<Value>::new());
}
