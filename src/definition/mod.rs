//! definition
pub mod policy;
