//! The private Postgres with the real server programs, as root and as an ordinary user.

#[cfg(test)]
mod life;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod world;
