//! Lanes: so much of a kind is worked on at once, some wait for a while, and the rest is told to come back, before the
//! database is touched. Bookings have room of their own, and searches give way first.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Edge, route_of};
use crate::config;
use crate::http::problem::Problem;

/// A kind of request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lane {
    /// A guest who has chosen, and a channel that has sold.
    Booking,
    Search,
    Desk,
    /// Waits for a channel's answer.
    Channels,
}

impl Lane {
    /// The lane of a request; what is for machines, and what has no route, waits in none.
    pub(super) fn of(request: &Request) -> Option<Self> {
        Self::of_route(request.method(), &route_of(request))
    }

    fn of_route(method: &Method, route: &str) -> Option<Self> {
        let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        let about = |noun: &str| route.split('/').any(|segment| segment == noun);
        if !route.starts_with("/v1/") {
            None
        } else if about("webhooks") {
            Some(Self::Booking)
        } else if route.contains("/connections/") {
            Some(Self::Channels)
        } else if about("search") || about("offers") {
            Some(Self::Search)
        } else if !reads && ["quotes", "holds", "reservations"].into_iter().any(about) {
            Some(Self::Booking)
        } else {
            Some(Self::Desk)
        }
    }
}

pub(super) struct Lanes {
    booking: Places,
    search: Places,
    desk: Places,
    channels: Places,
}

struct Places {
    name: &'static str,
    at_once: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    wait: Duration,
}

impl Lanes {
    /// Bookings alone may use every connection of the database; the others together leave them some.
    pub(super) fn new(settings: &config::Lanes, connections: u32) -> Self {
        let connections = usize::try_from(connections).unwrap_or(20).max(2);
        let places = |name, lane: &config::Lane, usual: usize| Places {
            name,
            at_once: Arc::new(Semaphore::new(lane.at_once.unwrap_or(usual).max(1))),
            waiting: AtomicUsize::new(0),
            most_waiting: lane.waiting,
            wait: lane.wait,
        };
        Self {
            booking: places("booking", &settings.booking, connections * 2),
            search: places("search", &settings.search, connections * 3 / 4),
            desk: places("desk", &settings.desk, connections / 2),
            channels: places("channels", &settings.channels, (connections / 2).max(4)),
        }
    }

    fn places(&self, lane: Lane) -> &Places {
        match lane {
            Lane::Booking => &self.booking,
            Lane::Search => &self.search,
            Lane::Desk => &self.desk,
            Lane::Channels => &self.channels,
        }
    }

    /// A place in the lane, or `None` where the request is shed.
    async fn enter(&self, lane: Lane) -> Option<OwnedSemaphorePermit> {
        let places = self.places(lane);
        if let Ok(place) = places.at_once.clone().try_acquire_owned() {
            return Some(place);
        }
        // While bookings wait, no search waits beside them.
        if lane == Lane::Search && self.booking.waiting.load(Ordering::Acquire) > 0 {
            return None;
        }
        let _waiting = Waiting::join(places)?;
        let entered = places.at_once.clone().acquire_owned();
        tokio::time::timeout(places.wait, entered).await.ok()?.ok()
    }
}

/// One that waits, until it is dropped.
struct Waiting<'places>(&'places Places);

impl<'places> Waiting<'places> {
    fn join(places: &'places Places) -> Option<Self> {
        let before = places.waiting.fetch_add(1, Ordering::AcqRel);
        let waiting = Self(places);
        (before < places.most_waiting).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Lets a request through when its lane has room.
pub(super) async fn queue(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let Some(lane) = Lane::of(&request) else {
        return next.run(request).await;
    };
    let Some(_place) = edge.lanes.enter(lane).await else {
        let name = edge.lanes.places(lane).name;
        metrics::counter!("http_requests_shed_total", "lane" => name).increment(1);
        let problem = match lane {
            Lane::Booking => Problem::overloaded_with_bookings(),
            Lane::Search | Lane::Desk | Lane::Channels => Problem::overloaded(),
        };
        return problem.into_response();
    };
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(booking: (usize, usize), search: (usize, usize)) -> Lanes {
        let lane = |(at_once, waiting)| config::Lane {
            at_once: Some(at_once),
            waiting,
            wait: Duration::from_millis(200),
        };
        let settings = config::Lanes {
            booking: lane(booking),
            search: lane(search),
            ..config::Lanes::default()
        };
        Lanes::new(&settings, 4)
    }

    #[test]
    fn a_route_has_the_lane_of_what_it_is_about() {
        for (method, route, expected) in [
            (
                Method::POST,
                "/v1/hotels/{hotel}/holds",
                Some(Lane::Booking),
            ),
            (
                Method::DELETE,
                "/v1/hotels/{hotel}/holds/{hold}",
                Some(Lane::Booking),
            ),
            (
                Method::POST,
                "/v1/hotels/{hotel}/quotes",
                Some(Lane::Booking),
            ),
            (
                Method::POST,
                "/v1/webhooks/{endpoint_token}",
                Some(Lane::Booking),
            ),
            (
                Method::GET,
                "/v1/hotels/{hotel}/reservations",
                Some(Lane::Desk),
            ),
            (Method::GET, "/v1/hotels/{hotel}/offers", Some(Lane::Search)),
            (Method::GET, "/v1/search", Some(Lane::Search)),
            (Method::PATCH, "/v1/hotels/{hotel}/ari", Some(Lane::Desk)),
            (
                Method::GET,
                "/v1/hotels/{hotel}/connections",
                Some(Lane::Desk),
            ),
            (
                Method::POST,
                "/v1/hotels/{hotel}/connections/{connection}/test",
                Some(Lane::Channels),
            ),
            (Method::GET, "/healthz", None),
            (Method::GET, "", None),
        ] {
            assert_eq!(Lane::of_route(&method, route), expected, "{method} {route}");
        }
    }

    #[tokio::test]
    async fn a_full_lane_lets_some_wait_and_sheds_the_rest_at_once() {
        let lanes = lanes((1, 1), (1, 1));
        let _inside = lanes.enter(Lane::Search).await.expect("room");
        let before = tokio::time::Instant::now();
        let (waited, shed) = tokio::join!(lanes.enter(Lane::Search), async {
            let shed = lanes.enter(Lane::Search).await;
            (shed.is_none(), before.elapsed())
        });
        assert!(waited.is_none(), "it waited for nothing");
        assert!(before.elapsed() >= Duration::from_millis(200));
        assert!(shed.0 && shed.1 < Duration::from_millis(100), "{shed:?}");
        assert_eq!(lanes.search.waiting.load(Ordering::Acquire), 0);
    }

    #[tokio::test]
    async fn searches_leave_room_for_bookings_and_give_way_to_them() {
        let lanes = lanes((1, 5), (1, 5));
        let _search = lanes.enter(Lane::Search).await.expect("room");
        let booking = lanes.enter(Lane::Booking).await.expect("room of its own");
        let later = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let shed = lanes.enter(Lane::Search).await.is_none();
            drop(booking);
            shed
        };
        let (waited, shed) = tokio::join!(lanes.enter(Lane::Booking), later);
        assert!(waited.is_some(), "the booking waited and came in");
        assert!(shed, "a search does not wait beside a booking");
    }
}
