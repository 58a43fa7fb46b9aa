//! The edge through real sockets: who is slow, too large, too often or too many, and what web pages may do.

mod abuse;
mod browser;
mod burst;
mod docs;
mod drain;
mod keys;
mod load;
mod sockets;
mod wire;
