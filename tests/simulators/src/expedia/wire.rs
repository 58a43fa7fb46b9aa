//! Expedia's forms on the wire: answers in XML, errors with their codes, and what every message must begin with.

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use super::Channel;
use super::world::World;
use super::xml::{self, Node};
use crate::faults::Refusal;

/// What a message is and how it is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) question: &'static str,
    pub(super) asked_in: &'static str,
    pub(super) answer: &'static str,
    pub(super) answered_in: &'static str,
}

pub(super) const AR: Form = Form {
    question: "AvailRateUpdateRQ",
    asked_in: "http://www.expediaconnect.com/EQC/AR/2011/06",
    answer: "AvailRateUpdateRS",
    answered_in: "http://www.expediaconnect.com/EQC/AR/2007/02",
};

pub(super) const BR: Form = Form {
    question: "BookingRetrievalRQ",
    asked_in: "http://www.expediaconnect.com/EQC/BR/2014/01",
    answer: "BookingRetrievalRS",
    answered_in: "http://www.expediaconnect.com/EQC/BR/2014/01",
};

pub(super) const BC: Form = Form {
    question: "BookingConfirmRQ",
    asked_in: "http://www.expediaconnect.com/EQC/BC/2007/09",
    answer: "BookingConfirmRS",
    answered_in: "http://www.expediaconnect.com/EQC/BC/2007/08",
};

/// An error: nothing of the message was applied. It comes with status 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: u32,
    pub(super) sentence: String,
}

impl Problem {
    pub(super) fn new(code: u32, sentence: impl Into<String>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
        }
    }

    /// It is XML, and not of the schema.
    pub(super) fn schema(sentence: impl Into<String>) -> Self {
        Self::new(3_010, sentence)
    }
}

impl From<String> for Problem {
    fn from(sentence: String) -> Self {
        Self::schema(sentence)
    }
}

impl Form {
    /// Answers with these elements, or with an error alone.
    pub(super) fn answered(self, told: Result<Vec<Node>, Problem>) -> Response {
        let children = told.unwrap_or_else(|problem| {
            let error = Node::new("Error").with("code", problem.code.to_string());
            vec![error.saying(problem.sentence)]
        });
        let root = Node::new(self.answer).with("xmlns", self.answered_in);
        let document = root.containing(children).document();
        ([(CONTENT_TYPE, "text/xml; charset=utf-8")], document).into_response()
    }

    /// Reads a message of this form from somebody who may send it, and the id of the property that it is about.
    pub(super) fn read(
        self,
        channel: &Channel,
        (headers, body): (&HeaderMap, &Bytes),
        world: &mut World,
    ) -> Result<(Node, String), Problem> {
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("text/xml")) {
            return Err(Problem::new(
                2_002,
                "Parsing error: the content is not text/xml",
            ));
        }
        let message = xml::read(body)
            .map_err(|error| Problem::new(2_002, format!("Parsing error: {error}")))?;
        if message.name != self.question {
            return Err(Problem::schema(format!(
                "{} is not expected here",
                message.name
            )));
        }
        if message.get("xmlns") != Some(self.asked_in) {
            return Err(Problem::new(2_010, "The namespace specified is invalid"));
        }
        let login = message.only("Authentication")?;
        login.holds_only(&["username", "password"], &[])?;
        let (username, password) = channel.login();
        if (login.get("username"), login.get("password")) != (Some(username), Some(password)) {
            let sentence = "Authentication error: invalid username or password";
            return Err(Problem::new(1_001, sentence));
        }
        if world.busy > 0 {
            world.busy -= 1;
            return Err(Problem::new(3_210, "No connection is left: try again"));
        }
        let hotel = message.only("Hotel")?;
        hotel.holds_only(&["id"], &[])?;
        let property = hotel.required("id")?.to_owned();
        if !world.places.contains_key(&property) {
            return Err(Problem::new(
                3_202,
                format!("Hotel ID {property} is invalid"),
            ));
        }
        Ok((message, property))
    }
}

/// Planned failures: statuses without a body.
pub(super) fn refuse(refusal: Refusal) -> Response {
    match refusal {
        Refusal::ExpiredToken => StatusCode::UNAUTHORIZED,
        Refusal::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        Refusal::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
    }
    .into_response()
}
