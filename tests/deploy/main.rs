//! What `deploy/` ships: workflows, hooks and scripts, run in throw-away repositories against a stand-in forge and a stand-in
//! GoBiz. Needs bash, git, curl, jq and unzip.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod archive;
mod files;
mod forge;
mod fork;
mod github;
mod gitlab;
mod hook;
mod pipeline;
mod pull;
#[path = "../support/mod.rs"]
mod support;
mod workflow;
mod world;
