//! A native test harness: a connector's `cargo test` needs neither wasm nor a network.
//!
//! ```ignore
//! let mut host = Host::new().expect(
//!     Exchange::get("api.example.com", "/v1/property").answers(200, json!({ "name": "Sea View" })),
//! );
//! let found = host.run(|| Example::check(&context(json!({}))));
//! ```
//! Requests must come exactly as scripted and in order; one too many or one too few fails the test.

mod context;
mod exchange;
mod golden;
pub(crate) mod imports;
#[cfg(feature = "schema")]
mod schema;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use jiff::Timestamp;

pub use context::{ContextBuilder, context, webhook};
pub use exchange::{Answer, Exchange};
pub use golden::{Golden, goldens};
#[cfg(feature = "schema")]
pub use schema::settings_schema;

use crate::log::Level;

/// The address of a connection's webhooks as the host tells it: a connector never sees its secret part.
pub const ENDPOINT: &str = "https://gateway.example/v1/webhooks/[secret]";

/// A signing slot's stand-in: message in, signature out.
type Signer = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A host for one test: scripted HTTP, a clock that stands still, a memory of its own and a captured log.
pub struct Host {
    exchanges: VecDeque<Exchange>,
    now: Timestamp,
    memory: BTreeMap<String, Vec<u8>>,
    log: Vec<LogLine>,
    random: u64,
    signers: BTreeMap<String, Signer>,
}

/// A line that the connector wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct LogLine {
    pub level: Level,
    pub message: String,
    pub fields: Vec<(String, String)>,
}

thread_local! {
    static ACTIVE: RefCell<Option<Host>> = const { RefCell::new(None) };
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

impl Host {
    /// Nothing is scripted, and it is the epoch.
    #[must_use]
    pub fn new() -> Self {
        Self {
            exchanges: VecDeque::new(),
            now: Timestamp::UNIX_EPOCH,
            memory: BTreeMap::new(),
            log: Vec::new(),
            random: 0,
            signers: BTreeMap::new(),
        }
    }

    /// Sets the clock.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Scripts the next request and its answer.
    #[must_use]
    pub fn expect(mut self, exchange: Exchange) -> Self {
        self.exchanges.push_back(exchange);
        self
    }

    /// Gives a signing slot. Real secrets have no place in a test.
    #[must_use]
    pub fn signer(mut self, slot: &str, sign: impl Fn(&[u8]) -> Vec<u8> + 'static) -> Self {
        self.signers.insert(slot.to_owned(), Box::new(sign));
        self
    }

    /// Runs the connector against this host; the memory and the log stay for the next run.
    ///
    /// # Panics
    /// The connector sent a request that was not scripted, or left one out.
    pub fn run<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let idle = std::mem::take(self);
        ACTIVE.with(|active| {
            let before = active.borrow_mut().replace(idle);
            assert!(
                before.is_none(),
                "a connector cannot be run from within another run"
            );
        });
        let deactivate = Deactivate;
        let result = call();
        *self = ACTIVE
            .with(|active| active.borrow_mut().take())
            .expect("the host was put there above");
        drop(deactivate);
        let unused: Vec<String> = self
            .exchanges
            .drain(..)
            .map(|exchange| exchange.to_string())
            .collect();
        assert!(
            unused.is_empty(),
            "the connector never sent: {}",
            unused.join("; ")
        );
        result
    }

    /// What the connector has logged so far.
    #[must_use]
    pub fn log(&self) -> &[LogLine] {
        &self.log
    }

    /// What the connector keeps under a key.
    #[must_use]
    pub fn remembered(&self, key: &str) -> Option<&[u8]> {
        self.memory.get(key).map(Vec::as_slice)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Host")
            .field("exchanges", &self.exchanges)
            .field("now", &self.now)
            .field("memory", &self.memory)
            .field("log", &self.log)
            .field("signers", &self.signers.keys())
            .finish_non_exhaustive()
    }
}

/// A panicking call must not leave its host to the thread's next test.
struct Deactivate;

impl Drop for Deactivate {
    fn drop(&mut self) {
        ACTIVE.with(|active| active.borrow_mut().take());
    }
}

/// The host of the run under way on this thread.
fn with_active<T>(act: impl FnOnce(&mut Host) -> T) -> T {
    ACTIVE.with(|active| {
        let mut active = active.borrow_mut();
        act(active
            .as_mut()
            .expect("the connector calls the host: run it inside `testing::Host::run`"))
    })
}
