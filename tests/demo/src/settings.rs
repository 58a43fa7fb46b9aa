//! The operator's part: a folder with `roomwire.toml`, mappings and the hotels' files, and secrets for the environment.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::channels::{Channel, Code};
use crate::hotels::{FILES, Hotel};
use crate::mailbox::{self, Mailbox};

/// What the host is started with.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) config: PathBuf,
    /// The files that the hotels are seeded from.
    pub(crate) hotels: Vec<PathBuf>,
    /// Variables with secrets.
    pub(crate) environment: Vec<(String, String)>,
}

/// Whom the settings connect with whom.
pub(crate) struct Cast<'a> {
    pub(crate) gateway: SocketAddr,
    pub(crate) plugins: &'a Path,
    pub(crate) hotels: &'a [Hotel],
    pub(crate) channels: &'a [Box<dyn Channel>],
    pub(crate) mailbox: &'a Mailbox,
}

/// Writes the folder's files.
pub(crate) fn write(folder: &Path, cast: &Cast<'_>) -> Result<Settings> {
    let save = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))?;
        anyhow::Ok(path)
    };
    for name in ["hotels", "mappings"] {
        let path = folder.join(name);
        fs::create_dir(&path).with_context(|| format!("can't make {}", path.display()))?;
    }
    for hotel in cast.hotels {
        for channel in cast.channels {
            save(
                &mappings_file(&**channel, hotel),
                &mappings(&**channel, hotel)?,
            )?;
        }
    }
    Ok(Settings {
        hotels: FILES
            .iter()
            .map(|(slug, text)| save(&format!("hotels/{slug}.toml"), text))
            .collect::<Result<_>>()?,
        config: save("roomwire.toml", &config(cast)?)?,
        environment: environment(cast),
    })
}

/// The unguessable part of a webhook's address. Nobody but this machine's simulators calls it.
pub(crate) fn webhook_token(connector: &str, hotel: &Hotel) -> String {
    format!("demo-endpoint-of-{connector}-at-{}", hotel.slug)
}

fn environment(cast: &Cast<'_>) -> Vec<(String, String)> {
    let mut senders: Vec<_> = cast
        .channels
        .iter()
        .map(|channel| (channel.connector(), channel.secrets()))
        .collect();
    senders.push((mailbox::CONNECTOR, cast.mailbox.secrets()));
    let mut variables = Vec::new();
    for (connector, secrets) in senders {
        let secret = |(slot, secret): (&str, String)| (variable(&[connector, slot]), secret);
        variables.extend(secrets.into_iter().map(secret));
        let token = |hotel: &Hotel| {
            (
                token_variable(connector, hotel),
                webhook_token(connector, hotel),
            )
        };
        variables.extend(cast.hotels.iter().map(token));
    }
    variables
}

fn variable(words: &[&str]) -> String {
    words.join("_").replace('-', "_").to_uppercase()
}

fn token_variable(connector: &str, hotel: &Hotel) -> String {
    variable(&[&hotel.slug, connector, "webhook_token"])
}

fn config(cast: &Cast<'_>) -> Result<String> {
    let plugins = toml::Value::from(cast.plugins.to_string_lossy().into_owned());
    let mut text = format!(
        r#"# Written by `cargo xtask demo`. The host follows this file: a changed schedule or mapping is in force
# at once, and a mistake is told in the log and changes nothing.

[server]
listen = "{}"

[database]
data_dir = "data" # a private Postgres lives here

[plugins]
directory = {plugins}

[telemetry]
format = "pretty"

# Simulators in the place of the channels' own servers.
[development.hosts]
"{}" = "{}"
"#,
        cast.gateway,
        mailbox::HOST,
        cast.mailbox.address(),
    );
    for channel in cast.channels {
        writeln!(text, "\"{}\" = \"{}\"", channel.host(), channel.address())?;
    }
    for hotel in cast.hotels {
        text.push_str(&hotel_section(hotel));
        for channel in cast.channels {
            text.push_str(&channel_section(&**channel, hotel));
        }
        text.push_str(&mailbox_section(hotel, cast.mailbox));
    }
    Ok(text)
}

fn hotel_section(hotel: &Hotel) -> String {
    format!(
        r#"
# {}
[[hotels]]
slug = "{}"
email = {{ connection = "{}", sender = "{}" }}
"#,
        hotel.name,
        hotel.slug,
        mailbox::CONNECTOR,
        hotel.contact_email,
    )
}

fn channel_section(channel: &dyn Channel, hotel: &Hotel) -> String {
    let connector = channel.connector();
    format!(
        r#"
[[hotels.connections]]
name = "{connector}"
connector = "{connector}"
settings = {}
mappings = "{}"
webhook_token = {{ env = "{}" }}
secrets = {}
# A pull every five minutes, and a look for drift every two seconds: nobody but a demo is that impatient.
schedules = {{ pull = "*/5 * * * *", parity = "*/2 * * * * *" }}
repair_drift = true
"#,
        channel.settings(hotel),
        mappings_file(channel, hotel),
        token_variable(connector, hotel),
        secrets(connector, &channel.secrets()),
    )
}

fn mailbox_section(hotel: &Hotel, mailbox: &Mailbox) -> String {
    let connector = mailbox::CONNECTOR;
    format!(
        r#"
[[hotels.connections]]
name = "{connector}"
connector = "{connector}"
webhook_token = {{ env = "{}" }}
secrets = {}
"#,
        token_variable(connector, hotel),
        secrets(connector, &mailbox.secrets()),
    )
}

fn secrets(connector: &str, secrets: &[(&str, String)]) -> String {
    let reference = |(slot, _): &(&str, String)| {
        format!("{slot} = {{ env = \"{}\" }}", variable(&[connector, slot]))
    };
    let references: Vec<String> = secrets.iter().map(reference).collect();
    format!("{{ {} }}", references.join(", "))
}

fn mappings_file(channel: &dyn Channel, hotel: &Hotel) -> String {
    format!("mappings/{}-{}.toml", hotel.slug, channel.connector())
}

fn mappings(channel: &dyn Channel, hotel: &Hotel) -> Result<String> {
    let mut text = format!(
        "# What {} calls the products of {}.\n",
        channel.name(),
        hotel.name
    );
    for product in &hotel.products {
        let Code { room, rate } = channel.code(hotel, product);
        write!(
            text,
            r#"
[[mappings]] # {}
room_type = "{}"
rate_plan = "{}"
external_room = "{room}"
"#,
            hotel.product_name(product)?,
            product.room_type,
            product.rate_plan,
        )?;
        if let Some(rate) = rate {
            writeln!(text, "external_rate = \"{rate}\"")?;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use toml::Table;

    use super::*;
    use crate::{channels, hotels};

    /// The written folder, and what the host is started with.
    async fn written() -> (tempfile::TempDir, Settings) {
        let folder = tempfile::tempdir().expect("a folder");
        let hotels = hotels::all().expect("the hotels");
        let cast = Cast {
            gateway: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            plugins: Path::new("/a \"quoted\" folder"),
            hotels: &hotels,
            channels: &channels::start(&hotels).await.expect("channels"),
            mailbox: &Mailbox::start().await.expect("a mailbox"),
        };
        let settings = write(folder.path(), &cast).expect("a written folder");
        (folder, settings)
    }

    fn table(path: &Path) -> Table {
        let text = fs::read_to_string(path).expect("a file");
        text.parse().expect("TOML")
    }

    /// Every `{ env = … }` in it.
    fn variables(value: &toml::Value) -> Vec<String> {
        match value {
            toml::Value::Table(table) => match table.get("env") {
                Some(name) => vec![name.as_str().expect("a name").to_owned()],
                None => table.values().flat_map(variables).collect(),
            },
            toml::Value::Array(values) => values.iter().flat_map(variables).collect(),
            _ => Vec::new(),
        }
    }

    #[tokio::test]
    async fn every_variable_that_the_configuration_names_is_set_and_no_other() {
        let (_folder, settings) = written().await;
        let config = toml::Value::Table(table(&settings.config));
        let mut named = variables(&config);
        named.sort();
        named.dedup();
        let mut set: Vec<String> = settings
            .environment
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        set.sort();
        assert_eq!(named, set);
    }

    #[tokio::test]
    async fn every_product_of_every_hotel_is_mapped() {
        let (folder, settings) = written().await;
        let config = table(&settings.config);
        assert_eq!(
            config["plugins"]["directory"].as_str(),
            Some("/a \"quoted\" folder")
        );
        for hotel in hotels::all().expect("the hotels") {
            let path = folder
                .path()
                .join(format!("mappings/{}-octorate.toml", hotel.slug));
            let rows = table(&path);
            let rows = rows["mappings"].as_array().expect("rows");
            assert_eq!(rows.len(), hotel.products.len());
        }
    }
}
