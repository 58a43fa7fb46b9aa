//! Answers that break off in the middle, or come drop by drop.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::response::Response;
use futures::{StreamExt, stream};
use http::header::{CONTENT_LENGTH, HeaderValue};

/// In how many pieces a dripping answer comes.
const PIECES: usize = 20;

/// How much more a cut answer promises than it had.
const MISSING: usize = 16;

/// The connection ends here.
#[derive(Debug, thiserror::Error)]
#[error("closed on demand, in the middle of an answer")]
struct Cut;

/// The first half of the body, and then the connection's end. An answer without a body has no half.
pub(crate) async fn truncated(answer: Response) -> Option<Response> {
    let (mut parts, body) = whole(answer).await?;
    if body.is_empty() {
        return None;
    }
    let promised = HeaderValue::from(body.len() + MISSING);
    parts.headers.insert(CONTENT_LENGTH, promised);
    let half = body.slice(..body.len() / 2);
    // In a step of its own, so that the half is on its way before the connection ends.
    let pieces = stream::iter([Ok(half), Err(Cut)]).then(|piece| async move {
        tokio::task::yield_now().await;
        piece
    });
    Some(Response::from_parts(parts, Body::from_stream(pieces)))
}

/// The head at once, and the body in pieces over this time.
pub(crate) async fn dripping(answer: Response, over: Duration) -> Option<Response> {
    let (mut parts, body) = whole(answer).await?;
    if body.is_empty() {
        return Some(Response::from_parts(parts, Body::empty()));
    }
    let promised = HeaderValue::from(body.len());
    parts.headers.insert(CONTENT_LENGTH, promised);
    let size = body.len().div_ceil(PIECES);
    let pieces: Vec<Bytes> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    let pause = over / u32::try_from(pieces.len()).unwrap_or(u32::MAX);
    let slowly = stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Cut>(piece)
    });
    Some(Response::from_parts(parts, Body::from_stream(slowly)))
}

/// An answer of ours is in memory: it is there as a whole.
async fn whole(answer: Response) -> Option<(http::response::Parts, Bytes)> {
    let (parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.ok()?;
    Some((parts, body))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::response::IntoResponse;
    use http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn a_truncated_answer_promises_more_than_its_half() {
        let cut = truncated("0123456789".into_response())
            .await
            .expect("it has a body");
        assert_eq!(cut.headers()[CONTENT_LENGTH], "26");
        let mut pieces = cut.into_body().into_data_stream();
        let first = pieces.next().await.expect("a piece");
        assert_eq!(first.expect("a half"), "01234");
        assert!(pieces.next().await.expect("an end").is_err());
    }

    #[tokio::test]
    async fn an_answer_without_a_body_cannot_be_halved_and_is_not_slow() {
        let empty = || StatusCode::NO_CONTENT.into_response();
        assert!(truncated(empty()).await.is_none());
        let slow = dripping(empty(), Duration::from_secs(60)).await;
        let slow = slow.expect("an answer");
        assert_eq!(slow.status(), StatusCode::NO_CONTENT);
        let (_, body) = whole(slow).await.expect("at once");
        assert!(body.is_empty());
    }

    #[tokio::test]
    async fn a_dripping_answer_is_whole_in_the_end_and_takes_its_time() {
        let long = "long ".repeat(100);
        for text in ["x", "0123456789", long.as_str()] {
            let over = Duration::from_millis(60);
            let begun = Instant::now();
            let slow = dripping(text.to_owned().into_response(), over).await;
            let (parts, body) = whole(slow.expect("an answer")).await.expect("whole");
            assert!(begun.elapsed() >= over, "{:?}", begun.elapsed());
            assert_eq!(body, text.as_bytes());
            assert_eq!(parts.headers[CONTENT_LENGTH], text.len().to_string());
        }
    }
}
