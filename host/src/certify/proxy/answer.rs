//! Answers that come whole, in half, or byte by byte.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::Response;
use http::header::{CONTENT_LENGTH, HeaderValue};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;

use super::Closed;

/// An answer's body.
pub(super) type Answer = UnsyncBoxBody<Bytes, Closed>;

/// Longer than any caller waits.
pub(super) const LONGEST_HANG: Duration = Duration::from_secs(120);

/// In how many pieces a dripping answer comes, and the pause before each.
const PIECES: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);

pub(super) fn whole(body: Bytes) -> Answer {
    Full::new(body)
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// The first half of the body, and then the connection's end. What was promised is more than what comes.
pub(super) fn truncated(response: Response<Bytes>) -> Response<Answer> {
    let (mut parts, body) = response.into_parts();
    let promised = HeaderValue::from(body.len() + 16);
    parts.headers.insert(CONTENT_LENGTH, promised);
    let half = body.slice(..body.len() / 2);
    let pieces = stream::iter([Ok(Frame::data(half)), Err(Closed::OnPurpose)]);
    Response::from_parts(parts, StreamBody::new(pieces).boxed_unsync())
}

/// The whole body, slowly.
pub(super) fn dripping(response: Response<Bytes>) -> Response<Answer> {
    let (parts, body) = response.into_parts();
    let size = body.len().div_ceil(PIECES).max(1);
    let pieces: Vec<Bytes> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    let slowly = stream::iter(pieces).then(|piece| async move {
        tokio::time::sleep(PAUSE).await;
        Ok::<_, Closed>(Frame::data(piece))
    });
    Response::from_parts(parts, StreamBody::new(slowly).boxed_unsync())
}
