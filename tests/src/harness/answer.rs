//! What the gateway answered.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the gateway answers in UTF-8")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("our headers are text"))
    }

    /// The JSON of an answer with this status; any other is a failure of the test.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// `status code: detail` of a problem that keeps every rule of ours.
    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{} {}",
            self.status,
            self.text()
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        let code = problem["code"].as_str().expect("a stable code");
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert!(
            problem["title"]
                .as_str()
                .is_some_and(|title| !title.is_empty()),
            "{problem}"
        );
        let detail = problem["detail"].as_str().expect("a sentence");
        assert!(detail.len() > 10, "`{detail}` helps nobody");
        format!("{} {code}: {detail}", self.status)
    }

    /// The stable code of a problem.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        self.problem();
        self.json()["code"]
            .as_str()
            .expect("a stable code")
            .to_owned()
    }
}
