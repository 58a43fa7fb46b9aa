//! The counters of inventory under load, with the controls that prove the load would find a fault.

mod caps;
mod company;
mod controls;
mod extras;
mod load;
mod oversell;
mod promo_codes;
mod rate;
mod rooms;
mod waitlist;
