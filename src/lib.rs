//! `menusync` keeps the GoFood menus of one or many outlets equal to YAML files in version control.
//!
//! The rooms, from the bottom to the top; a room may use only rooms above it in this list:
//!
//! pure (no files, network, clock, environment or printing): [`diagnostic`] · [`catalog`] · [`schedule`] · [`policy`] ·
//! [`document`] · [`definition`] · [`rules`] · [`plan`] · [`authoring`] · [`approval`] · [`report`]; shell (each owns one
//! piece of the world): [`settings`] · [`source`] · [`state`] · [`remote`] · [`images`] · [`watch`] · [`systemd`] ·
//! [`notify`]; top: [`sync`] ·
//! [`fleet`] · [`daemon`] · [`web`] · [`sandbox`] · [`cli`].

pub mod approval;
pub mod authoring;
pub mod catalog;
pub mod cli;
pub mod daemon;
pub mod definition;
pub mod diagnostic;
pub mod document;
pub mod fleet;
pub mod images;
pub mod notify;
pub mod plan;
pub mod policy;
pub mod remote;
pub mod report;
pub mod rules;
pub mod sandbox;
pub mod schedule;
pub mod settings;
pub mod source;
pub mod state;
pub mod sync;
pub mod systemd;
pub mod watch;
pub mod web;
