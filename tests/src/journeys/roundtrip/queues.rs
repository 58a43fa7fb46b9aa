//! Channels that are asked, and tell of nothing by themselves: the four things that happen to a booking are read one by
//! one, all at once, and in every way between, and some of them twice.

use roomwire_simulators::booking_com;
use roomwire_simulators::expedia;
use roomwire_simulators::faults::Failure;
use roomwire_simulators::journal::Outcome;
use serde_json::Value;

use crate::harness::booking_com::{self as at_booking_com, AtBookingCom, BAR};
use crate::harness::expedia::{self as at_expedia, AtExpedia, DOUBLE_BAR, DOUBLE_BB};
use crate::harness::{World, night};
use crate::journeys::roundtrip::{
    APART, CANCELLED, GONE, Known, STEPS, Stay, a_minute_passes, heard, known, pull,
};

/// The ways to part four things that happen one after the other: between any two, there may be a look at the channel.
/// Each way is another booking's, and a bit of its number says whether there is a look after a step.
const WAYS: usize = 1 << (STEPS - 1);

/// A channel that is asked for what waits.
trait Queue {
    /// The most rooms of a booking.
    const ROOMS: u32;
    /// Whether every step is told of, however late it is asked, or only the last state.
    const TELLS_EVERY_STEP: bool;

    fn world(&self) -> &World;

    /// Every reservation that came from the channel.
    async fn reservations(&self) -> Vec<Value>;

    /// The next thing happens to a booking.
    fn happen(&mut self, booking: usize, step: usize);

    /// A request of the next looks fails, which then comes again.
    fn disturb(&self);

    /// Reads all that waits.
    async fn read(&self);

    /// Whether something still waits to be acknowledged.
    fn waits(&self) -> bool;
}

async fn in_every_way(channel: &mut impl Queue) {
    let mut expected = Known::new();
    let mut happened = [0; WAYS];
    for part in 0..STEPS {
        a_minute_passes(channel.world()).await;
        for (booking, happened) in happened.iter_mut().enumerate() {
            go_on(channel, (booking, happened), &mut expected);
        }
        if part == 1 {
            channel.disturb();
        }
        channel.read().await;
        let found = known(&channel.reservations().await);
        assert_eq!(found, expected, "after {} looks", part + 1);
        assert!(!channel.waits(), "after {} looks", part + 1);
    }
    assert_eq!(happened, [STEPS; WAYS]);
}

/// What happens to a booking before the next look.
fn go_on<Q: Queue>(
    channel: &mut Q,
    (booking, happened): (usize, &mut usize),
    expected: &mut Known,
) {
    while *happened < STEPS {
        let step = *happened;
        channel.happen(booking, step);
        *happened += 1;
        let is_told = Q::TELLS_EVERY_STEP || expected.contains_key(&booking);
        let looked_at = (booking >> step) % 2 == 1;
        if step < CANCELLED && (looked_at || Q::TELLS_EVERY_STEP) {
            expected.insert(booking, Stay::after(step, booking, Q::ROOMS).state());
        } else if step == CANCELLED && is_told {
            expected.insert(booking, GONE.to_owned());
        }
        if looked_at {
            break;
        }
    }
}

/// What the second look finds again was not acknowledged in time.
async fn look_twice(world: &World, connection: &str) {
    for _ in 0..2 {
        pull(world, connection).await;
    }
    heard(world).await;
}

/// The nights of all bookings.
fn days() -> std::ops::Range<i32> {
    0..i32::try_from(WAYS * APART).expect("a small number")
}

struct BookingComsQueues {
    hotel: AtBookingCom,
    bookings: Vec<u64>,
}

impl Queue for BookingComsQueues {
    const ROOMS: u32 = 2;
    const TELLS_EVERY_STEP: bool = false;

    fn world(&self) -> &World {
        &self.hotel.world
    }

    async fn reservations(&self) -> Vec<Value> {
        self.hotel.channel_reservations().await
    }

    fn happen(&mut self, booking: usize, step: usize) {
        let channel = &self.hotel.booking_com;
        let stay = Stay::after(step, booking, Self::ROOMS);
        match step {
            0 => {
                let request = booking_com::BookingRequest::new(
                    at_booking_com::DOUBLE,
                    BAR,
                    stay.check_in,
                    stay.check_out,
                );
                let request = booking_com::BookingRequest {
                    price: Some(stay.price),
                    ..request
                };
                self.bookings.push(channel.book(request).expect("for sale"));
            }
            CANCELLED => channel.cancel(self.bookings[booking]).expect("allowed"),
            _ => {
                let change = booking_com::Change {
                    check_in: Some(stay.check_in),
                    check_out: Some(stay.check_out),
                    rooms: Some(stay.rooms),
                    price: Some(stay.price),
                };
                channel
                    .change(self.bookings[booking], &change)
                    .expect("allowed");
            }
        }
    }

    /// The third one: an acknowledgement, or the look at the other queue, which go on side by side.
    fn disturb(&self) {
        let queues = "/hotels/ota/OTA_HotelRes";
        let channel = &self.hotel.booking_com;
        channel.fail_next(Failure::Hang { seconds: 0 }, 2, queues);
        channel.fail_next(Failure::ServerError, 1, queues);
    }

    async fn read(&self) {
        look_twice(&self.hotel.world, "booking-com").await;
    }

    fn waits(&self) -> bool {
        !self.hotel.booking_com.waiting().is_empty()
    }
}

#[tokio::test]
async fn booking_coms_queues_read_in_every_way_end_in_the_right_state() {
    let mut channel = BookingComsQueues {
        hotel: AtBookingCom::start().await,
        bookings: Vec::new(),
    };
    in_every_way(&mut channel).await;
    let BookingComsQueues { hotel, .. } = channel;
    let requests = hotel.booking_com.requests().into_iter();
    let failed = requests.filter(|request| request.outcome == Outcome::Answered(500));
    assert_eq!(failed.count(), 1, "the request that was disturbed");
    a_minute_passes(&hotel.world).await;
    hotel.settled().await;
    for days in days() {
        let units = hotel.units(at_booking_com::DOUBLE, night(days));
        assert_eq!(units, 8, "{}", night(days));
    }
}

struct ExpediasTransactions {
    hotel: AtExpedia,
    bookings: Vec<String>,
}

impl Queue for ExpediasTransactions {
    /// A booking there is always one room: its rate plan changes instead.
    const ROOMS: u32 = 1;
    const TELLS_EVERY_STEP: bool = true;

    fn world(&self) -> &World {
        &self.hotel.world
    }

    async fn reservations(&self) -> Vec<Value> {
        self.hotel.channel_reservations().await
    }

    fn happen(&mut self, booking: usize, step: usize) {
        let channel = &self.hotel.expedia;
        let stay = Stay::after(step, booking, Self::ROOMS);
        match step {
            0 => {
                let request =
                    expedia::BookingRequest::new(DOUBLE_BAR, stay.check_in, stay.check_out);
                let request = expedia::BookingRequest {
                    price: Some(stay.price),
                    ..request
                };
                self.bookings.push(channel.book(request).expect("for sale"));
            }
            CANCELLED => channel.cancel(&self.bookings[booking]).expect("allowed"),
            _ => {
                let rate_plan = if step == 1 { DOUBLE_BAR } else { DOUBLE_BB };
                let change = expedia::Change {
                    rate_plan: Some(rate_plan.to_owned()),
                    check_in: Some(stay.check_in),
                    check_out: Some(stay.check_out),
                    price: Some(stay.price),
                };
                channel
                    .change(&self.bookings[booking], &change)
                    .expect("allowed");
            }
        }
    }

    /// A confirmation.
    fn disturb(&self) {
        let channel = &self.hotel.expedia;
        channel.fail_next(Failure::ServerError, 1, "/eqc/bc");
    }

    /// Each transaction is told only after the one before is confirmed.
    async fn read(&self) {
        for _ in 0..STEPS {
            look_twice(&self.hotel.world, "expedia").await;
            if !self.waits() {
                break;
            }
        }
    }

    fn waits(&self) -> bool {
        !self.hotel.unconfirmed().is_empty()
    }
}

#[tokio::test]
async fn expedias_transactions_read_in_every_way_end_in_the_right_state() {
    let hotel = AtExpedia::start().await;
    // From now on there is no outage after which more than what waits would be asked for.
    pull(&hotel.world, "expedia").await;
    let mut channel = ExpediasTransactions {
        hotel,
        bookings: Vec::new(),
    };
    in_every_way(&mut channel).await;
    let ExpediasTransactions { hotel, .. } = channel;
    assert_eq!(hotel.refused(), 1, "the confirmation that was lost");
    a_minute_passes(&hotel.world).await;
    hotel.settled().await;
    for days in days() {
        let units = hotel.units(at_expedia::DOUBLE, night(days));
        assert_eq!(units, 8, "{}", night(days));
    }
}
