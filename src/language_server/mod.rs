//! What an editor is told about the files of a root, over the Language Server Protocol: what is wrong as it is typed, what may
//! be written, what an id is and where it stands.
//!
//! What is open in the editor lies over the files on disk. The loop (`server`) only passes messages on: files are read, menus
//! judged and questions answered on threads of their own, so that neither a disk that hangs nor a large fleet keeps the
//! editor waiting. Nothing is written but what the editor is asked to apply, and nothing is fetched.

mod answer;
mod busy;
mod completion;
mod diagnostics;
mod documents;
mod event;
mod fixes;
mod format;
mod hover;
mod index;
mod judge;
mod navigate;
mod protocol;
mod published;
mod question;
mod rename;
mod server;
mod streams;
mod view;
mod wire;

pub use question::{Schemas, StoredOf};
pub use server::{Config, Ended, serve};
pub use wire::WireError;
