//! Models of how several daemons share the outlets of one database. All of it is tests, in a crate of its own so that
//! the others do not wait for a model checker.
//!
//! - `tests/lease`: the protocol of lease, push and hand-over, checked in every order of events.
//! - `tests/fleet`: 100,000 outlets and 20 daemons in simulated time; `docs/limits.md` has its figures.
