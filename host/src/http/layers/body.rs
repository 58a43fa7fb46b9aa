//! Bodies are gathered before anything is waited for or looked up, so that a slow one holds nothing but itself.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Edge, route_of};
use crate::app::webhooks;
use crate::http::extract::JSON_LIMIT;
use crate::http::problem::Problem;

/// What all bodies of this process take at once, in KiB: strangers may send some before anybody asks who they are.
const MEMORY: usize = 256 * 1024;
const KIBIBYTE: usize = 1024;

/// So much of a refused body is read and dropped, because who still sends does not read the refusal.
const DROPPED: usize = 1024 * 1024;
const DROPPED_FOR: Duration = Duration::from_secs(1);

/// The memory of all bodies.
pub(super) struct Bodies(Arc<Semaphore>);

impl Default for Bodies {
    fn default() -> Self {
        Self::of(MEMORY)
    }
}

impl Bodies {
    fn of(kibibytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(kibibytes)))
    }

    /// Reads a body of at most `limit` bytes, which has its place as long as the permit lives.
    async fn read(
        &self,
        stream: &mut BodyDataStream,
        limit: usize,
    ) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Problem> {
        let (mut read, mut place) = (BytesMut::new(), None::<OwnedSemaphorePermit>);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| Problem::body_unreadable())?;
            let length = read.len() + chunk.len();
            if length > limit {
                return Err(Problem::body_too_large(limit));
            }
            let has = place.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
            let more = u32::try_from(length.div_ceil(KIBIBYTE).saturating_sub(has));
            let more = more.unwrap_or(u32::MAX);
            let taken = self.0.clone().try_acquire_many_owned(more);
            let taken = taken.map_err(|_| Problem::overloaded())?;
            match &mut place {
                Some(place) => place.merge(taken),
                None => place = Some(taken),
            }
            read.extend_from_slice(&chunk);
        }
        Ok((read.freeze(), place))
    }
}

/// The largest request for a token: a login, twice as long as any may be.
const TOKEN_REQUEST_LIMIT: usize = 16 * 1024;

/// The largest body of a route.
fn limit_of(route: &str) -> usize {
    if route == "/v1/webhooks/{endpoint_token}/token" {
        TOKEN_REQUEST_LIMIT
    } else if route.starts_with("/v1/webhooks/") {
        webhooks::MAX_BODY
    } else {
        JSON_LIMIT
    }
}

/// Reads the whole body, or refuses it by what it says of its length, its length, or its pace.
pub(super) async fn gather(
    State(edge): State<Arc<Edge>>,
    request: Request,
    next: Next,
) -> Response {
    let limit = limit_of(&route_of(&request));
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_none() && matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    // Who waits for a word before sending has sent nothing yet.
    let sends = !request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let mut stream = body.into_data_stream();
    if announced.is_some_and(|length| length > limit) {
        return refuse(Problem::body_too_large(limit), sends.then_some(stream)).await;
    }
    let reading = edge.bodies.read(&mut stream, limit);
    match tokio::time::timeout(edge.server.body_timeout, reading).await {
        Ok(Ok((bytes, _place))) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Ok(Err(problem)) => refuse(problem, Some(stream)).await,
        Err(_) => refuse(Problem::body_timeout(), None).await,
    }
}

/// What is left of such a body is not used, so the connection cannot be used again.
async fn refuse(problem: Problem, rest: Option<BodyDataStream>) -> Response {
    if let Some(rest) = rest {
        let _as_much_as_came = tokio::time::timeout(DROPPED_FOR, drop_some(rest)).await;
    }
    let mut response = problem.into_response();
    response.headers_mut().insert(
        header::CONNECTION,
        axum::http::HeaderValue::from_static("close"),
    );
    response
}

async fn drop_some(mut rest: BodyDataStream) {
    let mut dropped = 0;
    while dropped < DROPPED
        && let Some(Ok(chunk)) = rest.next().await
    {
        dropped += chunk.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bodies_take_so_much_memory_together_and_give_it_back() {
        let bodies = Bodies::of(4);
        let stream = |kibibytes| Body::from(vec![b'x'; kibibytes * KIBIBYTE]).into_data_stream();
        let first = bodies.read(&mut stream(3), JSON_LIMIT).await;
        let (bytes, place) = first.expect("there is room");
        assert_eq!(bytes.len(), 3 * KIBIBYTE);
        let refused = bodies.read(&mut stream(2), JSON_LIMIT).await;
        assert_eq!(
            refused.err().map(|problem| problem.code),
            Some("overloaded")
        );
        assert!(bodies.read(&mut stream(0), JSON_LIMIT).await.is_ok());
        drop(place);
        assert!(bodies.read(&mut stream(4), JSON_LIMIT).await.is_ok());
    }
}
