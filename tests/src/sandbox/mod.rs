//! A plugin that means harm, run for real: nothing that it tries gets it further than a failed call.

mod build;
mod calls;
mod compiling;
mod computing;
mod data;
mod egress;
mod frozen;
mod loading;
mod network;
mod quarantine;
mod remote;
mod replay;
mod secrets;
mod swapping;
mod tokens;
mod world;
