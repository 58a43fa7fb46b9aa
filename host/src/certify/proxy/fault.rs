//! What goes wrong with requests on their way, as a scenario writes it.

use http::Method;
use http::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde::Deserialize;

use super::answer::{Answer, whole};

/// A trouble, and which requests meet it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::certify) struct Fault {
    does: Trouble,
    #[serde(default)]
    on: Which,
    /// Requests that meet it; absent: all.
    times: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::certify) enum Trouble {
    /// Answered here, and not passed on.
    Answer(Canned),
    /// Passed on, and then closed without an answer.
    Lose,
    /// Neither passed on nor answered.
    Hang,
    /// Passed on, and the answer's second half never comes.
    Truncate,
    /// Passed on, and the answer comes byte by byte.
    Drip,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Which {
    /// Those that may change something.
    #[default]
    Writes,
    All,
}

/// An answer that no channel gave.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::certify) struct Canned {
    status: u16,
    retry_after: Option<u32>,
    /// HTML, as proxies and load balancers write it.
    #[serde(default)]
    body: String,
}

impl Fault {
    /// What a request meets. It is used up by it.
    pub(super) fn meets(&mut self, method: &Method) -> Option<Trouble> {
        let meant = self.on == Which::All || !method.is_safe();
        if !meant || self.times == Some(0) {
            return None;
        }
        self.times = self.times.map(|times| times - 1);
        Some(self.does.clone())
    }
}

impl Canned {
    /// None where it cannot be an answer of HTTP.
    pub(super) fn response(self) -> Option<Response<Answer>> {
        let mut response = Response::builder()
            .status(self.status)
            .header(CONTENT_TYPE, "text/html");
        if let Some(seconds) = self.retry_after {
            response = response.header(RETRY_AFTER, seconds);
        }
        response.body(whole(self.body.into())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_meets_writes_until_it_is_used_up() {
        let text = "does = \"lose\"\ntimes = 1";
        let mut fault: Fault = toml::from_str(text).expect("a fault");
        assert!(fault.meets(&Method::GET).is_none());
        assert!(matches!(fault.meets(&Method::POST), Some(Trouble::Lose)));
        assert!(fault.meets(&Method::POST).is_none());
    }

    #[test]
    fn a_fault_on_all_meets_reads_for_as_long_as_it_lasts() {
        let text = "does = { answer = { status = 429, retry_after = 7 } }\non = \"all\"";
        let mut fault: Fault = toml::from_str(text).expect("a fault");
        for _ in 0..3 {
            let Some(Trouble::Answer(canned)) = fault.meets(&Method::GET) else {
                panic!("it is met");
            };
            let response = canned.response().expect("an answer");
            assert_eq!(response.status().as_u16(), 429);
            assert_eq!(response.headers()[RETRY_AFTER], "7");
        }
    }
}
