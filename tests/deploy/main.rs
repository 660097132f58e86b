//! What `deploy/` ships: workflows, hooks and scripts, run in throw-away repositories against a stand-in forge and a stand-in
//! GoBiz. Without bash, git, curl, jq and unzip it is left out.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod archive;
mod files;
mod forge;
mod fork;
mod github;
mod gitlab;
mod hook;
mod install;
mod pipeline;
mod pull;
mod release;
mod several;
#[path = "../support/mod.rs"]
mod support;
mod tools;
mod vscode;
mod workflow;
mod world;
