//! Being asked to end, by Ctrl-C or by the system: the first time ends the scan, with a report of
//! what was found so far; the second time ends the program.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

/// Sets `stop` when the program is asked to end. If it is set already, the program ends.
pub(crate) fn listen(stop: &Arc<AtomicBool>) {
    for signal in [SIGINT, SIGTERM] {
        // In this order: what is asked for first must not end the program.
        // Where signals cannot be had, they do what they always do.
        let _ends_it = flag::register_conditional_default(signal, Arc::clone(stop));
        let _asks = flag::register(signal, Arc::clone(stop));
    }
}

/// From here on, being asked ends the program.
pub(crate) fn no_longer(stop: &AtomicBool) {
    stop.store(true, Ordering::Relaxed);
}
