//! The list of simulators, for those that start one by its name.

use std::fmt;
use std::net::SocketAddr;

use clap::ValueEnum;

use crate::booking_com::{self, BookingCom};
use crate::channex::{self, Channex};
use crate::clock::Clock;
use crate::expedia::{self, Expedia};
use crate::octorate::{self, Octorate};
use crate::postmark::{self, Postmark};
use crate::resend::{self, Resend};
use crate::server::StartError;

/// A system that can be simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    BookingCom,
    Channex,
    Expedia,
    Octorate,
    Postmark,
    Resend,
}

/// A simulator that runs, whichever it is.
#[derive(Debug)]
pub enum Simulator {
    BookingCom(BookingCom),
    Channex(Channex),
    Expedia(Expedia),
    Octorate(Octorate),
    Postmark(Postmark),
    Resend(Resend),
}

impl Name {
    /// Starts the simulator with its usual options, on any free port where none is given.
    pub async fn start(self, port: Option<u16>, clock: Clock) -> Result<Simulator, StartError> {
        match self {
            Self::BookingCom => {
                let options = booking_com::Options {
                    port,
                    clock,
                    ..booking_com::Options::default()
                };
                Ok(Simulator::BookingCom(booking_com::start(options).await?))
            }
            Self::Channex => {
                let options = channex::Options {
                    port,
                    clock,
                    ..channex::Options::default()
                };
                Ok(Simulator::Channex(channex::start(options).await?))
            }
            Self::Expedia => {
                let options = expedia::Options {
                    port,
                    clock,
                    ..expedia::Options::default()
                };
                Ok(Simulator::Expedia(expedia::start(options).await?))
            }
            Self::Octorate => {
                let options = octorate::Options {
                    port,
                    clock,
                    ..octorate::Options::default()
                };
                Ok(Simulator::Octorate(octorate::start(options).await?))
            }
            Self::Postmark => {
                let options = postmark::Options {
                    port,
                    clock,
                    ..postmark::Options::default()
                };
                Ok(Simulator::Postmark(postmark::start(options).await?))
            }
            Self::Resend => {
                let options = resend::Options {
                    port,
                    clock,
                    ..resend::Options::default()
                };
                Ok(Simulator::Resend(resend::start(options).await?))
            }
        }
    }
}

impl Simulator {
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::BookingCom(running) => running.address(),
            Self::Channex(running) => running.address(),
            Self::Expedia(running) => running.address(),
            Self::Octorate(running) => running.address(),
            Self::Postmark(running) => running.address(),
            Self::Resend(running) => running.address(),
        }
    }

    /// The controls, as method and path.
    pub fn controls(&self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Self::BookingCom(_) => booking_com::CONTROLS,
            Self::Channex(_) => channex::CONTROLS,
            Self::Expedia(_) => expedia::CONTROLS,
            Self::Octorate(_) => octorate::CONTROLS,
            Self::Postmark(_) => postmark::CONTROLS,
            Self::Resend(_) => resend::CONTROLS,
        };
        [own, crate::server::CONTROLS, crate::clock::CONTROLS].concat()
    }

    /// Stops listening and cuts every connection.
    pub async fn shutdown(self) {
        match self {
            Self::BookingCom(running) => running.shutdown().await,
            Self::Channex(running) => running.shutdown().await,
            Self::Expedia(running) => running.shutdown().await,
            Self::Octorate(running) => running.shutdown().await,
            Self::Postmark(running) => running.shutdown().await,
            Self::Resend(running) => running.shutdown().await,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::BookingCom => "booking-com",
            Self::Channex => "channex",
            Self::Expedia => "expedia",
            Self::Octorate => "octorate",
            Self::Postmark => "postmark",
            Self::Resend => "resend",
        })
    }
}
