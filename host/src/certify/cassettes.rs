//! Certification without a simulator: recorded calls run again, and must ask the same and come to the same.

mod difference;
mod operation;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use self::difference::finding;
use self::operation::Operation;
use super::Progress;
use super::cost::Cost;
use super::error::CertifyError;
use super::report::{Against, Finding, Judgement, Report, Verdict};
use crate::domain::clock::Clock;
use crate::plugin::inspect::inspect;
use crate::plugin::manifest::Manifest;
use crate::plugin::{
    Compiler, RecordedCall, RecordedEnd, ReplayError, Replayer, Report as Replayed, recorded_call,
};

const RECORD_AGAIN: &str = "record the call again with this plugin, or take the file away";
const OWN_FOLDER: &str = "give every plugin a folder of its own cassettes";
const ENDS_ITSELF: &str = "record a call that the plugin ends itself, or take the file away";
const NEWER: &str = "use the version of roomwire that recorded it, or take the file away";

/// What is certified, by which recordings.
#[derive(Debug)]
pub struct Cassettes {
    /// The plugin file.
    pub file: PathBuf,
    /// The folder of the recordings.
    pub folder: PathBuf,
    pub compiler: Compiler,
}

/// Runs every cassette of a folder again, by their names, and tells before each. Nothing is run where one of them cannot
/// be used: half a folder would pass for a whole one.
pub async fn certify_by_cassettes(
    cassettes: &Cassettes,
    tell: &(dyn Fn(Progress<'_>) + Sync),
) -> Result<Report, CertifyError> {
    let path = || cassettes.file.clone();
    let unread = |cause| CertifyError::Read {
        path: path(),
        cause,
    };
    let file = tokio::fs::read(&cassettes.file).await.map_err(unread)?;
    let certificate = inspect(&file).map_err(|cause| CertifyError::NoPlugin {
        path: path(),
        cause,
    })?;
    let manifest = &certificate.manifest;
    let all = read_all(&cassettes.folder, manifest)?;
    let at = Clock::system().now();
    let replayer = Replayer::load(file, cassettes.compiler.clone()).await?;
    let mut verdicts = Vec::with_capacity(all.len());
    for (done, cassette) in all.iter().enumerate() {
        tell(Progress {
            done,
            all: all.len(),
            scenario: &cassette.name,
        });
        verdicts.push(cassette.play(&replayer).await?);
    }
    Ok(Report {
        against: Against::Cassettes,
        not_proved: not_proved(manifest, &all),
        ..Report::new(&certificate, at, verdicts)
    })
}

/// One recording that is about the plugin.
struct Cassette {
    path: PathBuf,
    /// Of the file, without its ending.
    name: String,
    recording: String,
    call: RecordedCall,
    operation: &'static Operation,
}

/// Every recording of a folder, in the order of their names.
fn read_all(folder: &Path, manifest: &Manifest) -> Result<Vec<Cassette>, CertifyError> {
    let unread = |cause| CertifyError::Read {
        path: folder.to_owned(),
        cause,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.extension() == Some(OsStr::new("json")) {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(CertifyError::NoCassettes(folder.to_owned()));
    }
    paths.sort();
    let cassettes = paths.into_iter();
    cassettes
        .map(|path| Cassette::read(path, manifest))
        .collect()
}

/// Why a recording says nothing about this plugin, and what to do.
fn unusable(call: &RecordedCall, manifest: &Manifest) -> Option<(String, &'static str)> {
    if call.plugin.id != manifest.id {
        let problem = format!("is of `{}`, and not of `{}`", call.plugin.id, manifest.id);
        return Some((problem, OWN_FOLDER));
    }
    if !speaks(&manifest.contract, &call.contract) {
        let problem = format!(
            "is of the contract {}, and the plugin follows {}",
            call.contract, manifest.contract
        );
        return Some((problem, RECORD_AGAIN));
    }
    if let RecordedEnd::Stopped(class) = &call.end {
        let problem = format!("is of a call that the sandbox stopped ({class})");
        return Some((problem, ENDS_ITSELF));
    }
    None
}

/// Whether a plugin of this contract is asked and answers as it was in a recording of that one. Under one major nothing that
/// an earlier version had looks otherwise in a later one.
fn speaks(followed: &str, recorded: &str) -> bool {
    let version = |text: &str| text.parse::<semver::Version>().ok();
    let (Some(followed), Some(recorded)) = (version(followed), version(recorded)) else {
        return followed == recorded;
    };
    followed.major == recorded.major && recorded.cmp_precedence(&followed).is_le()
}

/// What no cassette shows.
fn not_proved(manifest: &Manifest, cassettes: &[Cassette]) -> Vec<String> {
    let has = |operation: &&Operation| {
        let mut cassettes = cassettes.iter();
        cassettes.any(|cassette| {
            cassette.operation.name == operation.name && cassette.call.end == RecordedEnd::Succeeded
        })
    };
    let missing = Operation::of(manifest).filter(|operation| !has(operation));
    let mut left: Vec<String> = missing
        .map(|operation| {
            format!(
                "`{}`: no cassette has such a call that succeeds",
                operation.spelled()
            )
        })
        .collect();
    left.push(
        "the kit's scenarios: that a cassette was right when it was recorded, and whatever it does not show, only \
         --simulator can tell"
            .to_owned(),
    );
    left
}

impl Cassette {
    fn read(path: PathBuf, manifest: &Manifest) -> Result<Self, CertifyError> {
        let refused = |problem: String, remedy| CertifyError::Cassette {
            path: path.clone(),
            problem,
            remedy,
        };
        let recording = fs::read_to_string(&path)
            .map_err(|error| refused(format!("cannot be read ({error})"), RECORD_AGAIN))?;
        let call = recorded_call(&recording)
            .map_err(|error| refused(format!("is no recording ({error})"), RECORD_AGAIN))?;
        if let Some((problem, remedy)) = unusable(&call, manifest) {
            return Err(refused(problem, remedy));
        }
        let operation = Operation::named(&call.operation).ok_or_else(|| {
            let problem = format!(
                "is of a call of `{}`, which is unknown here",
                call.operation
            );
            refused(problem, NEWER)
        })?;
        let name = path.file_stem().unwrap_or_default();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            path,
            recording,
            call,
            operation,
        })
    }

    async fn play(&self, replayer: &Replayer) -> Result<Verdict, CertifyError> {
        let mut cost = Cost::default();
        let judgement = match replayer.replay(&self.recording).await {
            Ok(replayed) => {
                cost.add(&replayed.cost);
                self.judge(&replayed)
            }
            Err(ReplayError::NoAbility(ability)) => {
                let wanted = format!("the plugin to have `{ability}`, as when it was recorded");
                self.failed(vec![Finding::new(wanted, "it has none")], false)
            }
            Err(ReplayError::Input(problem)) => {
                return Err(CertifyError::Cassette {
                    path: self.path.clone(),
                    problem: format!("cannot be replayed ({problem})"),
                    remedy: RECORD_AGAIN,
                });
            }
            Err(other) => return Err(other.into()),
        };
        Ok(Verdict {
            scenario: self.name.clone(),
            ability: self.operation.interface(),
            mews: Vec::new(),
            proves: self.proves(),
            judgement,
            cost,
        })
    }

    fn proves(&self) -> String {
        let (operation, recorded) = (self.operation.spelled(), &self.call.plugin);
        match &self.call.end {
            RecordedEnd::Failed(failure) => {
                format!("`{operation}` asks as {recorded} did, and fails alike: {failure}")
            }
            RecordedEnd::Succeeded | RecordedEnd::Stopped(_) => {
                format!("`{operation}` asks and answers as {recorded} did")
            }
        }
    }

    fn judge(&self, replayed: &Replayed) -> Judgement {
        if replayed.identical {
            return Judgement::Passed;
        }
        let findings = replayed.differences.iter().map(finding).collect();
        self.failed(findings, replayed.masked)
    }

    fn failed(&self, findings: Vec<Finding>, is_masked: bool) -> Judgement {
        let mut look = format!(
            "the plugin's `{}`; if the change is meant, record the call again into {}",
            self.operation.spelled(),
            self.path.display()
        );
        if is_masked {
            look += ", in which a secret that the plugin saw is masked, so that it may differ for that alone";
        }
        Judgement::Failed {
            step: 1,
            doing: self.operation.spelled(),
            findings,
            look,
        }
    }
}
