//! Signals: what they ask of a command and of the daemon.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
};

use crate::daemon::{Order, Reply};

/// Becomes true on SIGINT or SIGTERM.
pub(super) fn stop_on_signal() -> std::io::Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        sender.send_replace(true);
        // Kept alive, so that the receivers see no closed channel.
        sender.closed().await;
    });
    Ok(receiver)
}

/// The daemon's orders: SIGTERM and SIGINT stop it, SIGHUP reloads, SIGUSR1 passes now.
/// The sender is for others who may order.
pub(super) fn orders() -> std::io::Result<(mpsc::Sender<Order>, mpsc::Receiver<Order>)> {
    let (sender, receiver) = mpsc::channel(4);
    let kinds: [(SignalKind, fn() -> Order); 4] = [
        (SignalKind::terminate(), || Order::Stop),
        (SignalKind::interrupt(), || Order::Stop),
        (SignalKind::hangup(), || Order::Reload(Reply::nobody())),
        (SignalKind::user_defined1(), || Order::Pass),
    ];
    for (kind, order) in kinds {
        let (mut signal, sender) = (signal(kind)?, sender.clone());
        tokio::spawn(async move { while signal.recv().await.is_some() && sender.send(order()).await.is_ok() {} });
    }
    Ok((sender, receiver))
}
