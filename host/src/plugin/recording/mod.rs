//! Recordings: everything that one call asked of the host and was answered, without secrets, so that it can be run again.
//!
//! `world` is the seam in front of every import; `event` is what one of them asked and was answered; `player` answers
//! from a recording; `again` runs a plugin against one; `report` tells how it differed.

mod again;
mod bytes;
mod event;
mod lines;
mod mask;
mod player;
mod report;
#[cfg(test)]
mod tests;
mod world;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::again::{ReplayError, Replayer, replay};
pub(super) use self::bytes::Bytes;
pub(super) use self::event::Asked;
use self::event::Event;
pub use self::report::{Change, Difference, Report};
pub(super) use self::world::{Readings, Turn, World};
use self::world::{Taped, Wasi};
use super::loader::LoadedPlugin;
use super::state::CallState;
use super::v1::bindings::channel::roomwire::types::common::CallContext;
use super::v1::questions::{PushAri, Question as _};

/// The version of a recording's form.
const FORMAT: u32 = 1;

/// The contract of recordings that name none: they were made when there was no other.
const FIRST_CONTRACT: &str = "1.0.0";

/// The longest recording of one call. A part of one would be of no use, so a larger one is not kept.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// A plugin file, as a recording knows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PluginFile {
    pub id: String,
    pub version: String,
    /// Of the whole file, in hexadecimal digits.
    pub sha256: String,
}

/// One call of a guest.
#[derive(Debug, Deserialize, Serialize)]
struct Recording {
    format: u32,
    /// The host's version.
    host: String,
    plugin: PluginFile,
    /// The version of the contract that the plugin followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contract: Option<String>,
    operation: String,
    /// Whether something in it was masked that the guest saw: then a replay may differ there.
    masked: bool,
    /// The instant that the guest saw as now, in milliseconds since 1970.
    now: i64,
    /// The hotel's settings and calendar, as the guest read them.
    context: CallContext,
    input: Value,
    /// In the order in which they were asked.
    events: Vec<Event>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wasi: Option<Wasi>,
    ending: Ending,
}

/// How a call ended, as far as it is the guest's doing.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Ending {
    /// What it returned, in the contract's form.
    Returned(Value),
    /// The class of the sandbox's failure that stopped it.
    Stopped(String),
}

/// Why a file is no recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("it is not JSON")]
    Json(#[source] serde_json::Error),
    #[error("it has the format {0}, and this version reads {FORMAT}")]
    Format(Value),
    #[error("it has not the form of a recording")]
    Form(#[source] serde_json::Error),
}

impl Recording {
    fn read(text: &str) -> Result<Self, RecordingError> {
        let document: Value = serde_json::from_str(text).map_err(RecordingError::Json)?;
        match document.get("format") {
            Some(format) if *format == FORMAT => {
                serde_json::from_value(document).map_err(RecordingError::Form)
            }
            other => Err(RecordingError::Format(
                other.cloned().unwrap_or(Value::Null),
            )),
        }
    }
}

/// What a recording is of.
#[derive(Clone, Debug)]
pub struct RecordedCall {
    pub plugin: PluginFile,
    pub contract: String,
    /// Its name in the sync log, such as `push_ari`.
    pub operation: String,
    pub end: RecordedEnd,
}

/// How a recorded call ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RecordedEnd {
    /// With something done, where it was about items.
    Succeeded,
    /// The failure that the plugin told, as the contract's bindings name it: of the call, or of its first item where none
    /// was taken.
    Failed(String),
    /// The class of the sandbox's failure that stopped it.
    Stopped(String),
}

impl RecordedEnd {
    fn of(operation: &str, ending: &Ending) -> Self {
        let result = match ending {
            Ending::Stopped(class) => return Self::Stopped(class.clone()),
            Ending::Returned(result) => result,
        };
        if let Some(failure) = result.get("Err") {
            return Self::Failed(named(failure).to_owned());
        }
        let items = result.get("Ok").and_then(Value::as_array);
        match items.filter(|_| operation == PushAri::NAME) {
            Some(items) => none_taken(items).map_or(Self::Succeeded, Self::Failed),
            None => Self::Succeeded,
        }
    }
}

/// Why no item of a push was taken: a call that came back with nothing but refusals has shown nothing of what it is for.
fn none_taken(items: &[Value]) -> Option<String> {
    let outcomes = || items.iter().filter_map(|item| item.get("outcome"));
    let mut taken = outcomes().filter(|outcome| matches!(named(outcome), "Applied" | "Accepted"));
    if taken.next().is_some() {
        return None;
    }
    let first = outcomes().next();
    let why = first.map(|outcome| outcome.get("Rejected").map_or(named(outcome), named));
    Some(why.map_or_else(
        || "no item has a result".to_owned(),
        |why| format!("no item is taken, the first is {why}"),
    ))
}

/// The name of a variant: it stands alone, or as the key of what it carries.
fn named(variant: &Value) -> &str {
    let key = variant.as_object().and_then(|object| object.keys().next());
    let name = key.map(String::as_str).or_else(|| variant.as_str());
    name.unwrap_or_default()
}

/// What a recording is of, without running anything.
pub fn recorded_call(recording: &str) -> Result<RecordedCall, RecordingError> {
    let Recording {
        plugin,
        contract,
        operation,
        ending,
        ..
    } = Recording::read(recording)?;
    Ok(RecordedCall {
        plugin,
        contract: contract.unwrap_or_else(|| FIRST_CONTRACT.to_owned()),
        end: RecordedEnd::of(&operation, &ending),
        operation,
    })
}

/// The recording of a call that is over, or none where nothing was recorded; else why it cannot be kept.
pub(super) fn document(
    plugin: &LoadedPlugin,
    state: &mut CallState,
    context: CallContext,
    stopped: Option<&'static str>,
) -> Result<Option<String>, &'static str> {
    let Some(tape) = state.world.take_tape() else {
        return Ok(None);
    };
    let Some(identity) = &state.identity else {
        return Ok(None);
    };
    let too_large = "the call was too large to be recorded";
    let Taped {
        operation,
        input,
        events,
        given,
        wasi,
    } = tape.finish().ok_or(too_large)?;
    let stopped = stopped.map(|class| Ending::Stopped(class.to_owned()));
    // Without either it was not called at all.
    let Some(ending) = stopped.or(given.map(Ending::Returned)) else {
        return Ok(None);
    };
    let recording = Recording {
        format: FORMAT,
        host: env!("CARGO_PKG_VERSION").to_owned(),
        plugin: plugin.file(),
        contract: Some(plugin.manifest.contract.clone()),
        operation: operation.to_owned(),
        masked: false,
        now: state.now.as_millisecond(),
        context,
        input,
        events,
        wasi,
        ending,
    };
    let document = mask::masked(&recording, &identity.grant.scrubber())
        .ok_or("its recording is not kept: a secret could not be taken out of it")?;
    if document.len() > MAX_BYTES {
        return Err(too_large);
    }
    Ok(Some(document))
}
