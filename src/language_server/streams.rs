//! The threads that read what the editor sends, and write what it is sent.

use std::{
    io::{BufReader, Read, Write},
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
};

use serde_json::Value;

use super::{
    event::Event,
    wire::{self, Received},
};

/// So many messages may wait for an editor that does not read them (our choice).
pub(super) const MOST_UNREAD: usize = 10_000;

pub(super) fn start_reading(input: impl Read + Send + 'static, events: Sender<Event>) -> std::io::Result<()> {
    let read = move || {
        let mut input = BufReader::new(input);
        loop {
            let received = wire::read(&mut input);
            let is_last = matches!(received, Err(_) | Ok(Received::End));
            if events.send(Event::Received(received)).is_err() || is_last {
                return;
            }
        }
    };
    thread::Builder::new().name("stdin".to_owned()).spawn(read).map(drop)
}

/// The queue of what is to be written, and what is let go of when all of it is.
pub(super) fn start_writing(
    mut output: impl Write + Send + 'static,
    events: Sender<Event>,
) -> std::io::Result<(SyncSender<Value>, Receiver<()>)> {
    let (held, written) = channel::<()>();
    let (sender, messages) = sync_channel::<Value>(MOST_UNREAD);
    let write = move || {
        let _held = held;
        while let Ok(first) = messages.recv() {
            for message in std::iter::once(first).chain(messages.try_iter()) {
                if wire::write(&mut output, &message).is_err() {
                    let _ = events.send(Event::CannotWrite);
                    return;
                }
            }
            let _ = events.send(Event::AllWritten);
        }
    };
    thread::Builder::new().name("stdout".to_owned()).spawn(write)?;
    Ok((sender, written))
}
