//! The whole way out, form by form, through a real guest: each row of the tables is a request that it sends.

mod addresses;
mod bombs;
mod exchanges;
mod headers;
mod hosts;
mod pools;
mod requests;
mod rude;
mod table;
mod world;
