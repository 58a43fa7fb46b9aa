//! Misuses the way out.

use crate::bindings::exports::roomwire::channel::channel_manager_provider::Failure;
use crate::bindings::roomwire::host::http::{self, HttpError, Method, Request};
use crate::bindings::roomwire::host::signer;
use crate::{thief, told};

pub(crate) const REFLECT: &str = "reflect.example.com";

pub(crate) fn request(method: Method, host: &str, path: &str) -> Request {
    Request {
        method,
        host: host.to_owned(),
        path: path.to_owned(),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        timeout_ms: None,
        extensions: Vec::new(),
    }
}

pub(crate) fn get(path: &str) -> Request {
    request(Method::Get, REFLECT, path)
}

/// Does as it is told, and says what came of it. A denial it hides behind a success.
pub(crate) fn behave(behaviour: &str) -> Result<String, Failure> {
    match behaviour {
        "forbidden-host" => Ok(outcome(&request(Method::Get, "evil.example.com", "/"))),
        "address" => Ok(outcome(&request(Method::Get, "127.0.0.1", "/"))),
        "private-address" => Ok(outcome(&request(Method::Get, "private.example.com", "/"))),
        "forbidden-header" => {
            let mut request = get("/");
            request.headers = vec![("Host".to_owned(), "evil.example.com".to_owned())];
            Ok(outcome(&request))
        }
        "other-path" => Ok(outcome(&get("/a/../../etc"))),
        "compressed-answer" => Ok(outcome(&get("/compressed"))),
        "part-of-an-answer" => {
            let mut request = get("/");
            request.headers = vec![("Range".to_owned(), "bytes=7-8".to_owned())];
            Ok(outcome(&request))
        }
        "redirect" => Ok(outcome(&get("/redirect"))),
        "big-request" => {
            let mut request = get("/");
            request.body = Some(vec![0; 4 * 1024 * 1024 + 1]);
            Ok(outcome(&request))
        }
        "big-answer" => Ok(outcome(&get("/big"))),
        "big-answers" => Ok((0..6)
            .map(|_| outcome(&get("/almost-big")))
            .collect::<Vec<_>>()
            .join(", ")),
        "many-requests" => {
            let answers = http::send_many(&vec![get("/"); 100]);
            Ok(answers
                .iter()
                .filter(|answer| answer.is_ok())
                .count()
                .to_string())
        }
        "slow-remote" => Ok(outcome(&get("/slow"))),
        "silent-remote" => Ok(outcome(&get("/silent"))),
        "patient-requests" => Ok((0..20)
            .map(|_| outcome(&get("/soon")))
            .collect::<Vec<_>>()
            .join(", ")),
        "time-injection" => Ok(thief::time_of_an_injection()),
        "token" => Ok(outcome(&request(Method::Post, REFLECT, "/"))),
        other => match other.split_once(' ') {
            Some(("search-memory", backwards)) => Ok(thief::search_memory(backwards)),
            Some(("send-all", told)) => told::send_all(told),
            Some(("send-next", told)) => told::send_next(told),
            Some(("show-all", told)) => told::show_all(told),
            Some(("sign", slot)) => Ok(format!("{:?}", signer::hmac(slot, b"r"))),
            _ => Err(Failure::Permanent(format!("no such behaviour: {other}"))),
        },
    }
}

fn outcome(request: &Request) -> String {
    match http::send(request) {
        Ok(response) => response.status.to_string(),
        Err(error) => told_by(error),
    }
}

pub(crate) fn told_by(error: HttpError) -> String {
    match error {
        HttpError::Denied(_) => "denied".to_owned(),
        HttpError::Invalid(why) => format!("invalid: {why}"),
        HttpError::Unreachable(why) => format!("unreachable: {why}"),
        HttpError::OutcomeUnknown(why) => format!("outcome unknown: {why}"),
        HttpError::Limit(why) => format!("limit: {why}"),
        HttpError::Other(why) => format!("other: {why}"),
    }
}
