//! Everything that the story is played with: the folder, the simulators, the host, the keys.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::Arguments;
use crate::channels::{self, Channel};
use crate::epilogue::{self, Page};
use crate::folder::Folder;
use crate::gateway::Gateway;
use crate::host::Host;
use crate::hotels::{self, Hotel};
use crate::mailbox::Mailbox;
use crate::settings::{self, Cast};
use crate::story::{self, World};
use crate::terminal::Terminal;

/// A host starts its Postgres and compiles its plugins in this time, on a busy machine too.
const LONGEST_START: Duration = Duration::from_secs(120);

/// How often a host that starts or runs is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// API keys.
pub(crate) struct Keys {
    /// Of the operator, for every hotel.
    pub(crate) staff: String,
    /// For the web page of the first hotel.
    pub(crate) web: String,
}

/// What is set up before the host runs, and what must be cleared when it has.
pub(crate) struct Stage {
    folder: Folder,
    gateway: SocketAddr,
    hotels: Vec<Hotel>,
    channels: Vec<Box<dyn Channel>>,
    mailbox: Mailbox,
    host: Host,
}

impl Stage {
    /// Makes the folder, starts the simulators and writes the settings.
    pub(crate) async fn set(arguments: &Arguments, terminal: &Terminal) -> Result<Self> {
        terminal.chapter("Setting the stage");
        terminal.step("making a folder, starting the simulated channels, writing roomwire.toml");
        let gateway = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
        require_free(gateway)?;
        let plugins = existing(&arguments.plugins)?;
        let program = existing(&arguments.host_binary)?;
        let folder = Folder::make(arguments.data.as_deref())?;
        let hotels = hotels::all()?;
        let channels = channels::start(&hotels).await?;
        let mailbox = Mailbox::start().await?;
        let settings = settings::write(
            folder.path(),
            &Cast {
                gateway,
                plugins: &plugins,
                hotels: &hotels,
                channels: &channels,
                mailbox: &mailbox,
            },
        )?;
        terminal.held(format_args!("everything is in {}", folder.path().display()));
        let log = folder.path().join("roomwire.log");
        Ok(Self {
            host: Host::new(program, settings, log),
            folder,
            gateway,
            hotels,
            channels,
            mailbox,
        })
    }

    /// Starts the host, tells the story, and tells where to look.
    pub(crate) async fn perform(&mut self, terminal: &Terminal) -> Result<()> {
        let keys = self.prepare(terminal).await?;
        self.start(terminal).await?;
        let world = World {
            terminal,
            staff: Gateway::new(terminal, self.gateway, "staff", keys.staff.clone()),
            web: Gateway::new(terminal, self.gateway, "web", keys.web.clone()),
            address: self.gateway,
            hotels: &self.hotels,
            channels: &self.channels,
            mailbox: &self.mailbox,
        };
        tokio::select! {
            told = story::tell(&world) => told?,
            ended = ended(&mut self.host) => ended?,
        }
        let mut pages: Vec<Page> = self
            .channels
            .iter()
            .map(|channel| page(channel.name(), channel.address()))
            .collect();
        pages.push(page("inbox", self.mailbox.address()));
        epilogue::tell(terminal, self.gateway, &keys, &pages)
    }

    /// Until the host ends by itself, which it should not.
    pub(crate) async fn stay(&mut self) -> Result<()> {
        println!(
            "\nIt stays up until Ctrl-C. The host's log is {}",
            self.host.log.display()
        );
        ended(&mut self.host).await
    }

    /// What the host said last.
    pub(crate) fn show_log(&self, terminal: &Terminal) {
        terminal.chapter("The end of the host's log");
        match self.host.log_tail() {
            Ok(tail) => terminal.line(tail),
            Err(error) => terminal.line(format_args!("(it can't be read: {error})")),
        }
    }

    /// Ends the host and removes the folder. The simulators end with us.
    pub(crate) async fn clear(mut self, terminal: &Terminal) -> Result<()> {
        terminal.chapter("The end");
        terminal.line("  the host finishes what it has begun …");
        let stopped = self.host.stop().await;
        let cleared = self.folder.clear();
        stopped.and(cleared)
    }

    async fn prepare(&mut self, terminal: &Terminal) -> Result<Keys> {
        terminal.step("adding the hotels: the host starts a Postgres of its own for it");
        for line in self.host.seed().await?.lines() {
            terminal.held(line);
        }
        terminal.step("making API keys");
        let first = &self.hotels[0].slug;
        let mut create = async |verb: &[&str]| {
            let printed = self.host.run(&[&["key", "create"], verb].concat()).await?;
            anyhow::Ok(printed.trim().to_owned())
        };
        let staff = create(&["--name", "the demo's staff"]).await?;
        let web = create(&[
            "--name",
            "the demo's web page",
            "--hotel",
            first,
            "--publishable",
        ])
        .await?;
        terminal.held("one for staff, one that may stand in a web page");
        Ok(Keys { staff, web })
    }

    async fn start(&mut self, terminal: &Terminal) -> Result<()> {
        terminal.step("starting the host");
        let begin = Instant::now();
        self.host.serve()?;
        let nobody = Gateway::new(terminal, self.gateway, "nobody", String::new());
        while !nobody.is_ready().await {
            if let Some(status) = self.host.ended()? {
                bail!("the host ended with {status}");
            }
            if begin.elapsed() > LONGEST_START {
                bail!("the host is not ready after {} s", LONGEST_START.as_secs());
            }
            tokio::time::sleep(LOOK).await;
        }
        terminal.held(format_args!(
            "ready after {:.1} s at http://{}",
            begin.elapsed().as_secs_f64(),
            self.gateway
        ));
        Ok(())
    }
}

/// Fails when the host ends by itself.
async fn ended(host: &mut Host) -> Result<()> {
    loop {
        if let Some(status) = host.ended()? {
            bail!("the host ended by itself with {status}");
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn page(name: &str, address: SocketAddr) -> Page {
    (format!("simulated {name}"), address)
}

/// Another program that answers there would be taken for the host.
fn require_free(gateway: SocketAddr) -> Result<()> {
    TcpListener::bind(gateway)
        .map(drop)
        .with_context(|| format!("{gateway} is in use: choose another port with --port"))
}

fn existing(path: &Path) -> Result<std::path::PathBuf> {
    path.canonicalize()
        .with_context(|| format!("{} is not there", path.display()))
}
