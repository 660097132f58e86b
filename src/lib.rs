//! `menusync` keeps the GoFood menus of one or many outlets equal to YAML files in version control.
//!
//! The rooms, from the bottom to the top; a room may use only rooms above it in this list:
//!
//! pure (the crate `menusync-core`, whose rooms have the same names here): [`diagnostic`] · [`catalog`] · [`schedule`] ·
//! [`policy`] · [`rollout`] · [`document`] · [`definition`] · [`rules`] · [`plan`] · [`authoring`] · [`approval`] ·
//! [`report`] · [`symbols`]; shell (each owns one piece of the world): [`platform`] · [`settings`] · [`source`] · [`state`] ·
//! [`remote`] · [`images`] · [`watch`] · [`systemd`] · [`notify`]; top: [`sync`] · [`fleet`] · [`language_server`] ·
//! [`daemon`] · [`web`] ·
//! [`sandbox`] (a crate of its own, which shares nothing with the rest) · [`cli`].

pub use menusync_core::{
    approval, authoring, catalog, definition, diagnostic, document, plan, policy, report, rollout, rules, schedule,
    symbols,
};
pub use menusync_sandbox as sandbox;

pub mod cli;
pub mod daemon;
pub mod fleet;
pub mod images;
pub mod language_server;
pub mod notify;
pub mod platform;
pub mod remote;
pub mod settings;
pub mod source;
pub mod state;
pub mod sync;
pub mod systemd;
pub mod watch;
pub mod web;
