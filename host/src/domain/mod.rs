//! Pure: nouns, decisions, state machines, and the ports through which the host reaches the world.

pub mod clock;
pub mod ids;
pub mod money;
pub mod night;
pub mod random;

pub mod connector;
pub mod email;
pub mod hotel;
pub mod reservation;
