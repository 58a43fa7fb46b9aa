//! What is told at the end: where to look, with which keys, and what to type.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};

use crate::stage::Keys;
use crate::terminal::Terminal;

/// Its booking is what people are invited to type, so that the two are never different.
const README: &str = include_str!("../../../README.md");

/// Where the README thinks the gateway is.
const README_ADDRESS: &str = "127.0.0.1:8080";

/// An address to open, and what is there.
pub(crate) type Page = (String, SocketAddr);

/// Prints it all.
pub(crate) fn tell(
    terminal: &Terminal,
    gateway: SocketAddr,
    keys: &Keys,
    pages: &[Page],
) -> Result<()> {
    terminal.chapter("Look around");
    terminal.line(format_args!(
        "  {:28} http://{gateway}/v1/hotels",
        "booking gateway"
    ));
    terminal.line(format_args!(
        "  {:28} http://{gateway}/openapi.json",
        "its description"
    ));
    for (name, address) in pages {
        terminal.line(format_args!("  {name:28} http://{address}/"));
    }
    terminal.line(format_args!("  {:28} {}", "the staff's key", keys.staff));
    terminal.line(format_args!("  {:28} {}", "a web page's key", keys.web));

    terminal.chapter("Book a room, in another terminal");
    terminal.line(booking(README, gateway, &keys.staff)?);
    Ok(())
}

/// The README's booking, with our key and address.
fn booking(readme: &str, gateway: SocketAddr, key: &str) -> Result<String> {
    let (_, rest) = readme
        .split_once("```sh\n")
        .context("the README shows no booking")?;
    let (lines, _) = rest
        .split_once("```")
        .context("the README's booking has no end")?;
    let known = |line: &str| match line.starts_with("KEY=") {
        true => format!("KEY={key}"),
        false => line.replace(README_ADDRESS, &gateway.to_string()),
    };
    let lines: Vec<String> = lines.lines().map(known).collect();
    Ok(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readmes_booking_is_told_with_the_real_key_and_address() {
        let gateway = "127.0.0.1:9000".parse().expect("an address");
        assert!(README.contains(README_ADDRESS));
        let told = booking(README, gateway, "rw_live_1").expect("a booking");
        assert!(told.starts_with("KEY=rw_live_1\nHOTEL=http://127.0.0.1:9000/v1/hotels/"));
        assert!(told.contains("/confirm"));
        assert!(!told.contains('…') && !told.contains(README_ADDRESS));
    }
}
