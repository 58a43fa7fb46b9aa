//! Hints of the four things that happened to a booking, in each of their twenty-four orders, and each hint twice: what is
//! known here is always what the channel said last, and in the end nothing is sold.

use jiff::SignedDuration;
use roomwire_simulators::channex;
use roomwire_simulators::clock::Clock;
use roomwire_simulators::delivery::Manner;
use roomwire_simulators::octorate;
use serde_json::Value;

use crate::harness::channex::{BehindChannex, TWIN, TWIN_BAR, receiver};
use crate::harness::{Channels, DOUBLE, World, night};
use crate::journeys::roundtrip::{
    APART, CANCELLED, GONE, Known, STEPS, Stay, a_minute_passes, heard, known, pull,
};

/// The most rooms of a booking.
const ROOMS: u32 = 2;

/// Bookings that are told of before it is waited: a channel is asked sixty times a minute at most.
const AT_ONCE: usize = 12;

/// A channel that tells of what happened by hints.
trait Hints {
    fn world(&self) -> &World;

    /// Every reservation that came from the channel.
    async fn reservations(&self) -> Vec<Value>;

    /// The next thing happens to a booking.
    fn happen(&mut self, booking: usize, step: usize);

    /// The hint of a thing that happened comes, and comes again.
    async fn hint(&self, booking: usize, step: usize);
}

/// Every order in which the hints can come; each is another booking's.
fn orders() -> Vec<[usize; STEPS]> {
    let all = (0..256_usize).map(|number| [0_u32, 2, 4, 6].map(|bits| (number >> bits) % STEPS));
    all.filter(|order| (0..STEPS).all(|step| order.contains(&step)))
        .collect()
}

/// A late hint comes after what happened meanwhile, and an early one as soon as its thing happened.
async fn in_every_order(channel: &mut impl Hints) -> Known {
    let orders = orders();
    assert_eq!(orders.len(), 24);
    let mut happened = vec![0; orders.len()];
    let mut expected = Known::new();
    for place in 0..STEPS {
        for (booking, order) in orders.iter().enumerate() {
            if booking % AT_ONCE == 0 {
                heard(channel.world()).await;
                a_minute_passes(channel.world()).await;
            }
            let told = order[place];
            while happened[booking] <= told {
                channel.happen(booking, happened[booking]);
                happened[booking] += 1;
            }
            channel.hint(booking, told).await;
            follow(&mut expected, booking, happened[booking] - 1);
        }
        heard(channel.world()).await;
        let found = known(&channel.reservations().await);
        assert_eq!(found, expected, "after {} hints", place + 1);
    }
    assert_eq!(
        expected.len(),
        18,
        "what was cancelled before it was heard of is not made"
    );
    expected
}

/// What is known once the channel was asked for a booking's present state.
fn follow(known: &mut Known, booking: usize, step: usize) {
    if step < CANCELLED {
        known.insert(booking, Stay::after(step, booking, ROOMS).state());
    } else if let Some(state) = known.get_mut(&booking) {
        GONE.clone_into(state);
    }
}

/// The nights of all bookings.
fn days() -> std::ops::Range<i32> {
    0..i32::try_from(orders().len() * APART).expect("a small number")
}

struct OctoratesHints {
    hotel: Channels,
    bookings: Vec<u64>,
}

impl Hints for OctoratesHints {
    fn world(&self) -> &World {
        &self.hotel.world
    }

    async fn reservations(&self) -> Vec<Value> {
        self.hotel.reservations().await
    }

    fn happen(&mut self, booking: usize, step: usize) {
        let channel = &self.hotel.octorate;
        let stay = Stay::after(step, booking, ROOMS);
        match step {
            0 => {
                let request = octorate::BookingRequest::new(DOUBLE, stay.check_in, stay.check_out);
                let request = octorate::BookingRequest {
                    price: Some(stay.price),
                    ..request
                };
                self.bookings
                    .push(channel.book(request).expect("the channel sells it"));
            }
            CANCELLED => channel.cancel(self.bookings[booking]).expect("allowed"),
            _ => {
                let change = octorate::Change {
                    check_in: Some(stay.check_in),
                    check_out: Some(stay.check_out),
                    rooms: Some(stay.rooms),
                    price: Some(stay.price),
                    ..octorate::Change::default()
                };
                channel
                    .change(self.bookings[booking], change)
                    .expect("allowed");
            }
        }
    }

    async fn hint(&self, booking: usize, step: usize) {
        let channel = &self.hotel.octorate;
        let reference = self.bookings[booking].to_string();
        let events = channel.events().into_iter();
        let mut of_booking = events.filter(|event| event.reference == reference);
        let event = [of_booking.nth(step).expect("one event of each step").id];
        let url = self.hotel.webhook();
        let told = channel.deliver_events(&event, &url, Manner::Duplicated);
        let told = told.await.expect("somebody answers");
        assert!(told.iter().all(|answer| answer.status == 200), "{told:?}");
    }
}

#[tokio::test]
async fn octorates_hints_in_every_order_end_in_the_right_state() {
    let hotel = Channels::start().await;
    let mut channel = OctoratesHints {
        hotel,
        bookings: Vec::new(),
    };
    in_every_order(&mut channel).await;
    let OctoratesHints { hotel, .. } = channel;
    a_minute_passes(&hotel.world).await;
    hotel.settled().await;
    for days in days() {
        assert_eq!(hotel.shown(night(days)).availability, 8, "{}", night(days));
    }
}

struct ChannexHints {
    hotel: BehindChannex,
    /// Channex's: no two things happen within one millisecond, which is as finely as revisions are ordered.
    clock: Clock,
    bookings: Vec<String>,
}

impl Hints for ChannexHints {
    fn world(&self) -> &World {
        &self.hotel.world
    }

    async fn reservations(&self) -> Vec<Value> {
        self.hotel.channel_reservations().await
    }

    fn happen(&mut self, booking: usize, step: usize) {
        self.clock.advance(SignedDuration::from_millis(5));
        let channel = &self.hotel.channex;
        let stay = Stay::after(step, booking, ROOMS);
        match step {
            0 => {
                let request = channex::BookingRequest::new(TWIN_BAR, stay.check_in, stay.check_out);
                let request = channex::BookingRequest {
                    price: Some(stay.price),
                    ..request
                };
                self.bookings.push(channel.book(request).expect("for sale"));
            }
            CANCELLED => channel.cancel(&self.bookings[booking]).expect("allowed"),
            _ => {
                let change = channex::Change {
                    check_in: Some(stay.check_in),
                    check_out: Some(stay.check_out),
                    rooms: Some(stay.rooms),
                    price: Some(stay.price),
                };
                channel
                    .change(&self.bookings[booking], &change)
                    .expect("allowed");
            }
        }
    }

    async fn hint(&self, booking: usize, step: usize) {
        let revision = [self.hotel.revisions(&self.bookings[booking]).remove(step)];
        let url = self.hotel.webhook();
        let channel = &self.hotel.channex;
        let told = channel.deliver_all(&revision, receiver(&url), Manner::Duplicated);
        let told = told.await.expect("somebody answers");
        assert!(told.iter().all(|answer| answer.status == 200), "{told:?}");
    }
}

#[tokio::test]
async fn channexs_hints_in_every_order_end_in_the_right_state_and_the_feed_adds_nothing() {
    let clock = Clock::system();
    let options = channex::Options {
        clock: clock.clone(),
        messages_per_minute: 1_000,
        ..channex::Options::default()
    };
    let hotel = BehindChannex::with(options).await;
    // From now on there is no outage after which more than the feed would be looked at.
    pull(&hotel.world, "channex").await;
    let mut channel = ChannexHints {
        hotel,
        clock,
        bookings: Vec::new(),
    };
    let expected = in_every_order(&mut channel).await;
    let ChannexHints { hotel, .. } = channel;

    // A hint leads to the last revision: those before it come late, from the feed, and are acknowledged there.
    assert!(!hotel.unacknowledged().is_empty());
    a_minute_passes(&hotel.world).await;
    hotel.pull().await;
    assert_eq!(hotel.unacknowledged(), Vec::<String>::new());
    assert_eq!(known(&hotel.channel_reservations().await), expected);
    for days in days() {
        assert_eq!(hotel.units(TWIN, night(days)), 8, "{}", night(days));
    }
}
