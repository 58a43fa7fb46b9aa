//! A plugin that means harm, run for real: nothing that it tries gets it further than a failed call.

mod build;
mod calls;
mod computing;
mod data;
mod frozen;
mod loading;
mod network;
mod remote;
mod secrets;
mod world;
