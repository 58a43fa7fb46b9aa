//! The private Postgres with the real server programs, as root and as an ordinary user.

mod life;
mod refusals;
mod world;
