//! The gateway by route: what it answers, and what it refuses.

mod hotels;
