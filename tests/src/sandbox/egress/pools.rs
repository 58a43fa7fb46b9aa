//! Sockets belong to one plugin, one hotel and one set of credentials: a remote counts who comes through which.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use roomwire::domain::connector::Caller;
use roomwire::domain::ids::{ConnectionId, HotelId};
use roomwire::plugin::ConnectionGrant;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::world::{caller, grant};
use super::world::{EgressWorld, RUDE, Setup};

/// Whose requests they are.
struct Owner {
    plugin: &'static str,
    hotel: u128,
    connection: u128,
    api_key: &'static str,
}

const HERS: Owner = Owner {
    plugin: "hostile",
    hotel: 1,
    connection: 11,
    api_key: "the-key-of-hers",
};

/// Each differs from hers in one respect.
const OTHERS: [Owner; 3] = [
    Owner {
        hotel: 2,
        connection: 12,
        ..HERS
    },
    Owner {
        api_key: "another-key-of-hers",
        connection: 13,
        ..HERS
    },
    Owner {
        plugin: "hostile-too",
        connection: 14,
        ..HERS
    },
];

impl Owner {
    fn caller(&self) -> Caller {
        Caller {
            hotel: HotelId(Uuid::from_u128(self.hotel)),
            connection: ConnectionId(Uuid::from_u128(self.connection)),
            connector: self.plugin.to_owned(),
            ..caller()
        }
    }

    /// All that it is given, to send one request with its key.
    fn grant(&self) -> (ConnectionId, ConnectionGrant) {
        let request = json!({ "method": "GET", "host": RUDE, "path": "/" });
        let behaviour = format!("send-all {}", Value::from(vec![request]));
        let mut grant = ConnectionGrant {
            hotel: self.caller().hotel,
            plugin: self.plugin.to_owned(),
            ..grant(&behaviour)
        };
        grant
            .secrets
            .insert("api_key".to_owned(), self.api_key.into());
        (self.caller().connection, grant)
    }

    /// Sends its request, and lets the socket come to rest where it is kept.
    async fn calls(&self, world: &EgressWorld) {
        let told = world.call(&self.caller()).await.result;
        assert_eq!(told.expect("an answer"), "200: ok");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn grants<'a>(
    owners: impl IntoIterator<Item = &'a Owner>,
) -> HashMap<ConnectionId, ConnectionGrant> {
    owners.into_iter().map(Owner::grant).collect()
}

/// The credentials that came through each socket.
fn credentials(world: &EgressWorld) -> BTreeMap<usize, BTreeSet<String>> {
    let mut found: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for (socket, head) in world.rude.heads() {
        let line = head.lines().find(|line| line.starts_with("authorization"));
        let line = line.expect("a credential").to_owned();
        found.entry(socket).or_default().insert(line);
    }
    found
}

#[tokio::test]
async fn two_plugins_two_hotels_and_two_credentials_never_share_a_socket() {
    let world = EgressWorld::start(Setup {
        plugins: vec!["hostile", "hostile-too"],
        ..Setup::default()
    })
    .await;
    world.grant(&grants(OTHERS.iter().chain([&HERS])));
    // The control: one owner's requests do share theirs.
    for _ in 0..3 {
        HERS.calls(&world).await;
    }
    assert_eq!(world.rude.connections(), 1);
    for (owner, sockets) in OTHERS.iter().zip(2..) {
        owner.calls(&world).await;
        assert_eq!(world.rude.connections(), sockets, "{}", owner.connection);
    }
    // A new key of the same connection is another credential, and what did not change keeps its socket.
    let rotated = Owner {
        api_key: "the-new-key-of-hers",
        ..HERS
    };
    world.grant(&grants(OTHERS.iter().chain([&rotated])));
    rotated.calls(&world).await;
    assert_eq!(world.rude.connections(), 5);
    for owner in OTHERS.iter().chain([&rotated]) {
        owner.calls(&world).await;
    }
    assert_eq!(world.rude.connections(), 5);
    let credentials = credentials(&world);
    assert!(
        credentials.values().all(|through| through.len() == 1),
        "{credentials:?}"
    );
    let all: BTreeSet<_> = credentials.values().flatten().collect();
    assert_eq!(all.len(), 3, "{credentials:?}");
}
