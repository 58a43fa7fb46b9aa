//! How a world is set up: what the operator writes, and which parts of the program run.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use roomwire::boot::Role;
use roomwire::config::{Config, Environment};
use roomwire::domain::clock::Clock;
use roomwire::jobs;

use crate::harness::programs;

/// When this process began, which is where the clocks of its worlds start. The database has its own clock.
pub(crate) fn start_instant() -> Timestamp {
    static START: LazyLock<Timestamp> = LazyLock::new(|| Clock::system().now());
    *START
}

/// What the operator decided, with what a test wants otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(super) role: Role,
    pub(super) work: jobs::Settings,
    pub(super) clock: Clock,
    server: String,
    limits: String,
    gateway: String,
    telemetry: String,
    hotels: String,
    plugins: Vec<&'static str>,
    guests: Vec<&'static str>,
    simulated: Vec<(String, SocketAddr)>,
    secrets: Vec<(String, String)>,
    files: Vec<(String, String)>,
}

impl Setup {
    /// Only the gateway: nothing happens that a test did not ask for.
    pub(crate) fn gateway() -> Self {
        let work = jobs::Settings {
            poll: Duration::from_millis(50),
            ..jobs::Settings::default()
        };
        Self {
            role: Role::Serve,
            work,
            clock: Clock::movable(start_instant()),
            server: String::new(),
            limits: String::new(),
            gateway: String::new(),
            telemetry: String::new(),
            hotels: String::new(),
            plugins: Vec::new(),
            guests: Vec::new(),
            simulated: Vec::new(),
            secrets: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The gateway and the work in the background, by the machine's clock: schedules are kept by the database's.
    pub(crate) fn working() -> Self {
        Self {
            role: Role::ServeAndWork,
            clock: Clock::system(),
            ..Self::gateway()
        }
    }

    /// Only the work in the background, with a port for machines.
    pub(crate) fn only_working() -> Self {
        Self {
            role: Role::Work,
            telemetry: "listen = \"127.0.0.1:0\"".to_owned(),
            ..Self::working()
        }
    }

    /// The application's clock runs, as it does outside of tests.
    pub(crate) fn with_running_clock(mut self) -> Self {
        self.clock = Clock::system();
        self
    }

    /// How long holds live, such as `1 s`.
    pub(crate) fn holds_for(mut self, ttl: &str, longest: &str) -> Self {
        self.gateway.push_str(&format!(
            "hold_ttl = \"{ttl}\"\nhold_longest = \"{longest}\"\n"
        ));
        self
    }

    /// How many live holds a key and a guest's session may have.
    pub(crate) fn hold_caps(mut self, per_key: u32, per_session: u32) -> Self {
        self.gateway.push_str(&format!(
            "holds_per_key = {per_key}\nholds_per_session = {per_session}\n"
        ));
        self
    }

    /// How long quotes live.
    pub(crate) fn quotes_for(mut self, ttl: &str) -> Self {
        self.gateway.push_str(&format!("quote_ttl = \"{ttl}\"\n"));
        self
    }

    /// Lines of `[server]`.
    pub(crate) fn server(mut self, toml: &str) -> Self {
        self.server.push_str(toml);
        self
    }

    /// Lines of `[limits]`, and tables below it.
    pub(crate) fn limits(mut self, toml: &str) -> Self {
        self.limits.push_str(toml);
        self
    }

    /// Installs a built plugin.
    pub(crate) fn plugin(mut self, id: &'static str) -> Self {
        self.plugins.push(id);
        self
    }

    /// Installs a built guest of the tests.
    pub(crate) fn guest(mut self, id: &'static str) -> Self {
        self.guests.push(id);
        self
    }

    /// Lets a channel's host be a simulator.
    pub(crate) fn simulated(mut self, host: &str, address: SocketAddr) -> Self {
        self.simulated.push((host.to_owned(), address));
        self
    }

    /// What the configuration says of hotels: `[[hotels]]` tables.
    pub(crate) fn hotels(mut self, toml: &str) -> Self {
        self.hotels.push_str(toml);
        self
    }

    /// A variable of the environment.
    pub(crate) fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A file beside the configuration.
    pub(crate) fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((name.to_owned(), text.to_owned()));
        self
    }

    /// Writes the operator's files for a program of its own, which keeps its data beside them; gives its environment.
    pub(crate) fn install(&self, folder: &Path) -> Vec<(String, String)> {
        self.write(folder);
        self.secrets.clone()
    }

    pub(super) fn environment(&self, database_url: &str) -> Environment {
        let own = [
            ("DATABASE_URL", database_url),
            ("ROOMWIRE_QUOTE_KEY", "a key of at least thirty-two letters"),
        ];
        let own = own
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        own.chain(self.secrets.iter().cloned()).collect()
    }

    /// Writes the operator's files into a folder and reads them as the program does.
    pub(super) fn configure(&self, folder: &Path, environment: &Environment) -> Config {
        let path = self.write(folder);
        Config::load(Some(&path), environment)
            .unwrap_or_else(|error| panic!("{error:?}\n{}", self.document()))
    }

    fn write(&self, folder: &Path) -> PathBuf {
        let plugins = folder.join("plugins");
        std::fs::create_dir_all(&plugins).expect("a folder can be made");
        let built = self
            .plugins
            .iter()
            .map(|id| programs::plugins().join(format!("{id}.wasm")));
        let guests = self
            .guests
            .iter()
            .map(|id| programs::guests().join(format!("{id}.wasm")));
        for file in built.chain(guests) {
            let name = file.file_name().expect("a file has a name");
            std::fs::copy(&file, plugins.join(name)).expect("the plugin was built");
        }
        for (name, text) in &self.files {
            std::fs::write(folder.join(name), text).expect("a file can be written");
        }
        let path = folder.join("roomwire.toml");
        std::fs::write(&path, self.document()).expect("a file can be written");
        path
    }

    fn document(&self) -> String {
        let simulated: String = self
            .simulated
            .iter()
            .map(|(host, address)| format!("\"{host}\" = \"{address}\"\n"))
            .collect();
        format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n{}[telemetry]\n{}\n[limits]\n{}[database]\nconnections = 12\nacquire_timeout = \"9 s\"\n[plugins]\ndirectory = \"plugins\"\ncache = {:?}\n\
             [gateway]\n{}[development.hosts]\n{simulated}{}",
            self.server,
            self.telemetry,
            self.limits,
            programs::plugins_cache(),
            self.gateway,
            self.hotels
        )
    }
}
