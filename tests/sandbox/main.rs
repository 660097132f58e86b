//! The stand-in GoBiz server over real HTTP: what the platform is known to do, and every order and fault.

#![allow(clippy::unwrap_used)]
mod catalog;
mod control;
mod events;
mod faults;
mod harness;
mod oauth;
mod promotions;
mod stock;
mod subscriptions;
mod switches;
mod validation;
