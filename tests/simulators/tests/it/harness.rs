//! A plain HTTP caller, a webhook receiver and a clock that a test moves by hand.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use roomwire_simulators::booking_com::{self, BookingCom};
use roomwire_simulators::channex::{self, Channex, Night, RatePlan, RoomType};
use roomwire_simulators::clock::Clock;
use roomwire_simulators::octorate::{self, BASE, Day, Octorate, Product};
use roomwire_simulators::postmark::{self, Postmark};
use roomwire_simulators::resend::{self, Resend};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// When every test's clock starts.
pub(crate) const START: &str = "2026-11-23T10:00:00Z";

pub(crate) fn day(text: &str) -> Date {
    text.parse().expect("tests write days correctly")
}

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().expect("tests write instants correctly")
}

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct HandClock(Arc<Mutex<Timestamp>>);

impl HandClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(instant(START))))
    }

    pub(crate) fn clock(&self) -> Clock {
        let shared = Arc::clone(&self.0);
        Clock::new(move || {
            *shared
                .lock()
                .expect("no test panics with the clock in hand")
        })
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        *self
            .0
            .lock()
            .expect("no test panics with the clock in hand") += by;
    }
}

/// A request to be sent.
#[derive(Clone)]
pub(crate) struct Call {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Call {
    pub(crate) fn new(method: Method, address: SocketAddr, path: &str) -> Self {
        Self {
            method,
            url: format!("http://{address}{path}"),
            headers: HeaderMap::new(),
            body: String::new(),
        }
    }

    pub(crate) fn get(address: SocketAddr, path: &str) -> Self {
        Self::new(Method::GET, address, path)
    }

    pub(crate) fn post(address: SocketAddr, path: &str) -> Self {
        Self::new(Method::POST, address, path)
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("tests write headers correctly");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    pub(crate) fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    pub(crate) fn form(self, body: &str) -> Self {
        self.header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// The answer, or an error where the connection was closed without one or in its middle.
    pub(crate) async fn attempt(self) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let client: Client<_, Body> = Client::builder(TokioExecutor::new())
            .retry_canceled_requests(false)
            .build_http();
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.url)
            .body(Body::from(self.body))
            .expect("tests write requests correctly");
        *request.headers_mut() = self.headers;
        let answer = client.request(request).await?;
        let (parts, body) = answer.into_parts();
        let body = to_bytes(Body::new(body), usize::MAX).await?;
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).expect("the simulators send text"),
        })
    }

    pub(crate) async fn send(self) -> Answer {
        self.attempt().await.expect("the simulator answers")
    }
}

/// A running Octorate with product 9001 (three units at 120.50 a night), and its clock.
pub(crate) async fn octorate() -> (Octorate, HandClock) {
    octorate_with(octorate::Options::default()).await
}

pub(crate) async fn octorate_with(options: octorate::Options) -> (Octorate, HandClock) {
    let hand = HandClock::new();
    let options = octorate::Options {
        clock: hand.clock(),
        ..options
    };
    let octorate = octorate::start(options).await.expect("a port is free");
    assert!(octorate.add_product(double()));
    (octorate, hand)
}

pub(crate) fn double() -> Product {
    Product {
        usual_day: Day {
            availability: 3,
            price: Some(12_050),
            ..Day::default()
        },
        ..Product::default()
    }
}

/// Logs in as the default client.
pub(crate) async fn token(octorate: &Octorate) -> String {
    let answer = Call::post(octorate.address(), &format!("{BASE}/identity/apilogin"))
        .form("client_id=simulated-client&client_secret=simulated-secret")
        .send()
        .await;
    let token = answer.json()["access_token"].as_str().map(str::to_owned);
    token.unwrap_or_else(|| panic!("the login failed: {}", answer.body))
}

pub(crate) async fn get(octorate: &Octorate, path: &str) -> Answer {
    let token = token(octorate).await;
    Call::get(octorate.address(), &format!("{BASE}{path}"))
        .bearer(&token)
        .send()
        .await
}

pub(crate) async fn post(octorate: &Octorate, path: &str, body: &Value) -> Answer {
    let token = token(octorate).await;
    Call::post(octorate.address(), &format!("{BASE}{path}"))
        .bearer(&token)
        .json(body)
        .send()
        .await
}

pub(crate) async fn postmark() -> (Postmark, HandClock) {
    let hand = HandClock::new();
    let options = postmark::Options {
        clock: hand.clock(),
        ..postmark::Options::default()
    };
    let postmark = postmark::start(options).await.expect("a port is free");
    (postmark, hand)
}

/// A call to Postmark with a good token.
pub(crate) fn postmark_call(postmark: &Postmark, method: Method, path: &str) -> Call {
    Call::new(method, postmark.address(), path)
        .header("x-postmark-server-token", "simulated-server-token")
        .header("accept", "application/json")
}

/// A running Booking.com with one room (three units on four nights from the first of December) and one rate (120.50 a
/// night), and its clock.
pub(crate) async fn booking_com() -> (BookingCom, HandClock) {
    booking_com_with(booking_com::Options::default()).await
}

pub(crate) async fn booking_com_with(options: booking_com::Options) -> (BookingCom, HandClock) {
    let hand = HandClock::new();
    let options = booking_com::Options {
        clock: hand.clock(),
        ..options
    };
    let booking_com = booking_com::start(options).await.expect("a port is free");
    let (room, rate) = (booking_com::Room::default(), booking_com::Rate::default());
    assert!(booking_com.add_room(room.clone()));
    assert!(booking_com.add_rate(rate.clone()));
    for text in ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"] {
        let night = booking_com::Night {
            price: Some(12_050),
            ..booking_com::Night::default()
        };
        assert!(booking_com.set_units(&room.id, day(text), 3));
        assert!(booking_com.set_night(&room.id, &rate.id, day(text), night));
    }
    (booking_com, hand)
}

/// Exchanges the credentials of Booking.com's machine account.
pub(crate) async fn booking_com_exchange(booking_com: &BookingCom, secret: &str) -> Answer {
    let body = serde_json::json!({"client_id": "simulated-machine", "client_secret": secret});
    let path = "/token-based-authentication/exchange";
    Call::post(booking_com.address(), path)
        .json(&body)
        .send()
        .await
}

/// A call to Booking.com with a new token, and a document where it has one.
pub(crate) async fn booking_com_call(
    booking_com: &BookingCom,
    method: Method,
    path: &str,
    document: &str,
) -> Answer {
    let token = booking_com_exchange(booking_com, "simulated-machine-secret").await;
    let token = token.json()["jwt"].as_str().map(str::to_owned);
    Call::new(method, booking_com.address(), path)
        .bearer(&token.expect("a token"))
        .header("content-type", "application/xml")
        .body(document)
        .send()
        .await
}

/// A running Channex with one room type (three units on four nights from the first of December) and one rate plan
/// (120.50 a night), and its clock.
pub(crate) async fn channex() -> (Channex, HandClock) {
    channex_with(channex::Options::default()).await
}

pub(crate) async fn channex_with(options: channex::Options) -> (Channex, HandClock) {
    let hand = HandClock::new();
    let options = channex::Options {
        clock: hand.clock(),
        ..options
    };
    let channex = channex::start(options).await.expect("a port is free");
    let (room_type, rate_plan) = (RoomType::default(), RatePlan::default());
    assert!(channex.add_room_type(room_type.clone()));
    assert!(channex.add_rate_plan(rate_plan.clone()));
    for text in ["2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04"] {
        let night = Night {
            rate: Some(12_050),
            ..Night::default()
        };
        assert!(channex.set_units(&room_type.id, day(text), 3));
        assert!(channex.set_night(&rate_plan.id, day(text), night));
    }
    (channex, hand)
}

/// A call to Channex with the key.
pub(crate) fn channex_call(channex: &Channex, method: Method, path: &str) -> Call {
    let path = format!("{}{path}", channex::BASE);
    Call::new(method, channex.address(), &path).header("user-api-key", "simulated-channex-key")
}

pub(crate) async fn resend() -> (Resend, HandClock) {
    let hand = HandClock::new();
    let options = resend::Options {
        clock: hand.clock(),
        ..resend::Options::default()
    };
    let resend = resend::start(options).await.expect("a port is free");
    (resend, hand)
}

/// A call to Resend with a good key and a user agent.
pub(crate) fn resend_call(resend: &Resend, method: Method, path: &str) -> Call {
    Call::new(method, resend.address(), path)
        .bearer("re_simulated")
        .header("user-agent", "tests/1.0")
}

/// A webhook that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("webhooks are JSON")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().expect("headers are text")
    }
}

/// Listens for webhooks and answers 202, until it is dropped.
pub(crate) struct Receiver {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    _server: JoinSet<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let received = Arc::default();
        let routes = Router::new()
            .fallback(take)
            .with_state(Arc::clone(&received));
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, routes)
                .await
                .expect("serving goes on until it is dropped");
        });
        Self {
            url: format!("http://{address}/hook"),
            received,
            _server: server,
        }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no receiver panics").clone()
    }
}

async fn take(State(received): State<Arc<Mutex<Vec<Received>>>>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX)
        .await
        .expect("webhooks are whole");
    received.lock().expect("no receiver panics").push(Received {
        method: parts.method,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).expect("webhooks are text"),
    });
    StatusCode::ACCEPTED
}
