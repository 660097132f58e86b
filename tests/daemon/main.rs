//! The daemon, through the real binary and real HTTP, as a process that is signalled, stopped and killed.
//!
//! What a single pass decides is tested in `sync`, and when the schedule is due in `daemon::due`; here is what makes the
//! daemon look, what keeps it from pushing, and that it survives everything around it.

#![allow(clippy::unwrap_used)] // a test fails by panicking

#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/mod.rs"]
mod support;

mod beside;
mod database;
mod files;
mod hanging;
mod harness;
mod killed;
mod locked;
mod logs;
mod notify;
mod once;
mod one_word;
mod pace;
mod promoting;
mod reload;
mod roots;
mod service;
mod several;
mod state;
mod status;
mod stopping;
mod switching;
mod trouble;
mod units;
mod waves;
mod webhook;
