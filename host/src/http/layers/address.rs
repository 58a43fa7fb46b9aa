//! Whose request it is by its address: the socket's, or what a trusted proxy says.

use std::net::{IpAddr, Ipv4Addr};

use axum::extract::Request;

use crate::config;
use crate::http::server::connection::Peer;

/// The client's address. Only proxies that the configuration names are believed, from the nearest outwards.
pub(super) fn client(server: &config::Server, request: &Request) -> IpAddr {
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| {
            peer.0.to_canonical()
        });
    if !server.trusts(peer) {
        return peer;
    }
    let forwarded = request.headers().get_all("x-forwarded-for");
    let said: Vec<&str> = forwarded
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let mut client = peer;
    for text in said.into_iter().rev() {
        let Ok(address) = text.trim().parse::<IpAddr>() else {
            return client;
        };
        client = address.to_canonical();
        if !server.trusts(client) {
            return client;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn client_of(peer: &str, forwarded: &[&str]) -> String {
        let server = config::Server {
            trusted_proxies: vec!["10.0.0.0/8".parse().expect("a network")],
            ..config::Server::default()
        };
        let mut request = Request::new(Body::empty());
        request
            .extensions_mut()
            .insert(Peer(peer.parse().expect("an address")));
        for value in forwarded {
            let value = value.parse().expect("a header");
            request.headers_mut().append("x-forwarded-for", value);
        }
        client(&server, &request).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(client_of("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client_of("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            client_of("::ffff:10.0.0.1", &["198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(client_of("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_the_client_itself_wrote_before_the_proxies_counts_for_nothing() {
        let forged = "203.0.113.9, 198.51.100.7, 10.0.0.2";
        assert_eq!(client_of("10.0.0.1", &[forged]), "198.51.100.7");
        assert_eq!(
            client_of("10.0.0.1", &["203.0.113.9", "198.51.100.7"]),
            "198.51.100.7"
        );
        assert_eq!(
            client_of("10.0.0.1", &["198.51.100.7, nonsense"]),
            "10.0.0.1"
        );
    }
}
