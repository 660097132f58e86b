//! The pure part of menusync: what a menu is, what its files mean, which rules they break, what a push would change, and
//! the words for it. No files, network, clock, environment or printing; this crate's dependencies have none to offer.
//!
//! Internal: made for the package `menusync`, of the same version, and without a promise of stability.
//!
//! The rooms, from the bottom to the top; a room may use only rooms above it in this list: [`diagnostic`] · [`catalog`] ·
//! [`schedule`] · [`policy`] · [`rollout`] · [`document`] · [`definition`] · [`rules`] · [`plan`] · [`authoring`] ·
//! [`approval`] · [`report`] · [`symbols`].

pub mod approval;
pub mod authoring;
pub mod catalog;
pub mod definition;
pub mod diagnostic;
pub mod document;
pub mod plan;
pub mod policy;
pub mod report;
pub mod rollout;
pub mod rules;
pub mod schedule;
pub mod symbols;
