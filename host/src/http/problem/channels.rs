//! What goes wrong between us and channels: webhooks that are refused, and channels that do not answer.

use super::{Problem, StatusCode};

impl Problem {
    pub(in crate::http) fn webhook_refused() -> Self {
        let detail = "the webhook is not authentic";
        Self::new(
            StatusCode::UNAUTHORIZED,
            "webhook_refused",
            "The webhook is not authentic",
            detail,
        )
    }

    pub(in crate::http) fn webhook_stale() -> Self {
        let detail = "the webhook's timestamp is more than five minutes away";
        Self::new(
            StatusCode::BAD_REQUEST,
            "webhook_stale",
            "The webhook is stale",
            detail,
        )
    }

    pub(in crate::http) fn webhook_unanswered() -> Self {
        let detail = "the webhook is stored and will be worked off, and its connector gave no answer: send it again";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "webhook_unanswered",
            "The webhook was not answered",
            detail,
        )
        .after(5)
    }

    pub(in crate::http) fn webhook_malformed() -> Self {
        let detail =
            "the webhook has no event id where its connector expects one, or is no whole XML";
        Self::new(
            StatusCode::BAD_REQUEST,
            "webhook_malformed",
            "The webhook is malformed",
            detail,
        )
    }

    pub(in crate::http) fn encoded_body() -> Self {
        let detail =
            "send the body as it is, without a Content-Encoding: it is verified byte for byte";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "encoded_body",
            "The body is encoded",
            detail,
        )
    }

    pub(in crate::http) fn channel_failed(class: &'static str, detail: String) -> Self {
        let mut problem = Self::new(
            StatusCode::BAD_GATEWAY,
            "channel_failed",
            "The channel did not do it",
            detail,
        );
        problem.retryable = matches!(class, "retry" | "rate-limited" | "overloaded");
        problem
    }

    pub(in crate::http) fn channel_paced(seconds: u64) -> Self {
        let detail = "the channel takes only so many requests a minute, and they are used up";
        let seconds = u32::try_from(seconds).unwrap_or(60);
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "channel_paced",
            "The channel's pace",
            detail,
        )
        .after(seconds)
    }
}
