//! Changes of the configuration while the host runs. A bad edit is told of, and what was good before stays.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::config::environment::Environment;
use crate::config::reading::{Fingerprint, read_file};
use crate::config::{Config, ConfigError, read};

const PERIOD: Duration = Duration::from_secs(1);

/// Watches the configuration, its mappings and its secret files, and listens for SIGHUP.
#[derive(Debug)]
pub struct ConfigWatcher {
    files: WatchedFiles,
    hangup: Signal,
    tick: Interval,
}

/// What was read last, and from where. Contents are compared, not times: an edit within one tick of the file system's
/// clock and a swapped symbolic link are seen too.
#[derive(Clone, Debug)]
struct WatchedFiles {
    path: Option<PathBuf>,
    environment: Environment,
    seen: Vec<(PathBuf, Fingerprint)>,
}

impl ConfigWatcher {
    /// Loads the configuration and watches it from then on.
    pub fn start(
        path: Option<&Path>,
        environment: Environment,
    ) -> Result<(Config, Self), ConfigError> {
        let (files, config) = WatchedFiles::new(path, environment);
        let config = config?;
        let hangup = signal(SignalKind::hangup()).map_err(ConfigError::Signal)?;
        let mut tick = interval(PERIOD);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok((
            config,
            Self {
                files,
                hangup,
                tick,
            },
        ))
    }

    /// The next configuration that is valid. May be dropped while it waits: the next look finds what this one would have.
    pub async fn changed(&mut self) -> Config {
        loop {
            let asked = tokio::select! {
                _ = self.tick.tick() => false,
                _ = self.hangup.recv() => true,
            };
            let mut files = self.files.clone();
            // Reading files blocks.
            let looked = tokio::task::spawn_blocking(move || {
                let found = files.look(asked);
                (files, found)
            });
            match looked.await {
                Ok((files, found)) => {
                    self.files = files;
                    match found {
                        Some(Ok(config)) => return config,
                        Some(Err(error)) => tracing::error!(
                            %error,
                            "The configuration was changed and is refused: the one before stays in force"
                        ),
                        None => {}
                    }
                }
                Err(error) => tracing::error!(%error, "Looking at the configuration failed"),
            }
        }
    }
}

impl WatchedFiles {
    fn new(path: Option<&Path>, environment: Environment) -> (Self, Result<Config, ConfigError>) {
        let (seen, config) = read(path, &environment);
        let path = path.map(Path::to_owned);
        (
            Self {
                path,
                environment,
                seen,
            },
            config,
        )
    }

    /// Reads again where a file differs from what was read, or where that is asked for.
    fn look(&mut self, asked: bool) -> Option<Result<Config, ConfigError>> {
        let same = |(path, seen): &(PathBuf, Fingerprint)| read_file(path).0 == *seen;
        if !asked && self.seen.iter().all(same) {
            return None;
        }
        let (seen, config) = read(self.path.as_deref(), &self.environment);
        self.seen = seen;
        Some(config)
    }
}
