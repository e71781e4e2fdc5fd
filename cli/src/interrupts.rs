//! Ctrl-C and SIGTERM.

use std::io;
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use crate::failure::Kind;

/// What asks the program to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// SIGTERM, or the end of the console on Windows.
    Terminate,
}

impl Signal {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Interrupt => Kind::Interrupted,
            Self::Terminate => Kind::Terminated,
        }
    }
}

/// The signals from now on, in place of the system, which would end the program.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
    #[cfg(windows)]
    terminate: tokio::signal::windows::CtrlClose,
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(windows)]
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_c, ctrl_close};
        Ok(Self { interrupt: ctrl_c()?, terminate: ctrl_close()? })
    }

    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

/// From the second signal on the program ends at once, even while it writes to someone who doesn't read.
pub(crate) fn end_at_second() -> io::Result<()> {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::flag;
        let is_second = Arc::default();
        for (signal, kind) in [(SIGINT, Kind::Interrupted), (SIGTERM, Kind::Terminated)] {
            flag::register_conditional_shutdown(signal, kind.exit_code().into(), Arc::clone(&is_second))?;
            flag::register(signal, Arc::clone(&is_second))?;
        }
    }
    Ok(())
}

/// For what ends in good order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupts {
    first: Arc<OnceLock<Signal>>,
    second: Arc<Notify>,
}

impl Interrupts {
    pub(crate) fn listen(on_first: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let interrupts = Self::default();
        let (heard, mut signals) = (interrupts.clone(), Signals::listen()?);
        tokio::spawn(async move {
            let signal = signals.next().await;
            heard.first.get_or_init(|| signal);
            on_first();
            signals.next().await;
            heard.second.notify_one();
        });
        Ok(interrupts)
    }

    pub(crate) fn first(&self) -> Option<Signal> {
        self.first.get().copied()
    }

    pub(crate) async fn second(&self) {
        self.second.notified().await;
    }
}
