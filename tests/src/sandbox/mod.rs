//! A plugin that means harm, run for real: nothing that it tries gets it further than a failed call.

mod bodies;
pub(crate) mod build;
mod calls;
mod compiling;
mod computing;
mod data;
mod egress;
mod frozen;
pub(crate) mod harms;
mod loading;
mod network;
mod ours;
mod quarantine;
mod reflect;
mod remote;
mod replay;
mod secrets;
mod swapping;
mod tokens;
pub(crate) mod world;
