//! The commands, through the real binary and real HTTP: what people see, what is sent, how it ends.
//!
//! The daemon has tests of its own. `.ci/bless snapshots` rewrites the snapshots; read the diff.

#![allow(clippy::unwrap_used)] // a test fails by panicking

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod allow;
mod apply;
mod approvals;
mod contract;
mod doctor;
mod drift;
mod faults;
mod files;
mod formats;
mod guards;
mod hanging;
mod history;
mod levels;
mod matrix;
mod nonconvergent;
mod operator;
mod outlets;
mod places;
mod platform_menus;
mod platforms;
mod policy;
mod promoting;
mod promotions;
mod proxies;
mod push;
mod release;
mod remote;
mod rollout;
mod saved;
mod schedule;
mod secrets;
mod shapes;
mod sheet;
mod stock;
mod stopping;
mod switching;
mod terminal;
mod unfinished;
mod usage;
mod warnings;
mod webhook;
