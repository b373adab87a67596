//! Says on standard error how far a long run is, when somebody watches.

use std::{
    sync::{atomic::Ordering, mpsc},
    time::Duration,
};

use indicatif::{HumanBytes, HumanCount, ProgressBar};

use crate::scan::Progress;

/// A shorter run shows nothing.
const QUIET: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// Runs `work`, and shows its progress while it lasts if `shown`.
pub(crate) fn shown_while<T>(shown: bool, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    if !shown {
        return work(&progress);
    }
    let (done, ended) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let ended = ended;
            let mut wait = QUIET;
            let bar = ProgressBar::new_spinner();
            while ended.recv_timeout(wait) == Err(mpsc::RecvTimeoutError::Timeout) {
                wait = TICK;
                let units = HumanCount(progress.units.load(Ordering::Relaxed));
                let bytes = HumanBytes(progress.bytes.load(Ordering::Relaxed));
                bar.set_message(format!("{units} files, {bytes} scanned"));
                bar.tick();
            }
            bar.finish_and_clear();
        });
        let result = work(&progress);
        drop(done);
        result
    })
}
