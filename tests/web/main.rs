//! The daemon seen from outside: pages, JSON, health and metrics over real HTTP.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod browser;
#[path = "../support/clock.rs"]
mod clock;
mod daemon;
mod docs;
mod health;
mod indonesian;
mod metrics;
mod pages;
mod protection;
mod site;
