//! Pure: nouns, decisions, state machines, and the ports through which the host reaches the world.

pub mod clock;
pub mod ids;
pub mod money;
pub mod night;
pub mod random;

pub mod access;
pub mod hold;
pub mod hotel;
pub mod offer;
pub mod quote;
pub mod reservation;

pub mod connector;
pub mod email;
pub mod key_value;
