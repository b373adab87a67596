//! Says on standard error how far a long run is, when somebody watches.

use std::{
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

use indicatif::{HumanBytes, HumanCount, ProgressBar};

/// A shorter run shows nothing.
const QUIET: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// How far a run is, to be read from another thread. It moves within an input too, so that somebody
/// who watches one large archive sees more than a standstill.
#[derive(Default)]
pub struct Progress {
    /// Files and things inside of them that are done.
    units: AtomicU64,
    /// Bytes that were searched.
    bytes: AtomicU64,
}

impl Progress {
    pub(crate) fn add_unit(&self) {
        self.units.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_bytes(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// Runs `work`, and shows its `progress` while it lasts if `shown`.
pub(crate) fn shown_while<T>(shown: bool, progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !shown {
        return work();
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
        let result = work();
        drop(done);
        result
    })
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use flate2::{Compression, write::GzEncoder};

    use super::*;
    use crate::{feed::Buffer, inspect, layers::Scope, places};

    /// Remembers what was searched when its last byte was asked for.
    struct Watched<'a> {
        bytes: &'a [u8],
        progress: &'a Progress,
        before_the_end: u64,
    }

    impl Read for Watched<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if !self.bytes.is_empty() {
                self.before_the_end = self.progress.bytes.load(Ordering::Relaxed);
            }
            self.bytes.read(buffer)
        }
    }

    #[test]
    fn it_moves_within_one_archive() {
        let noise: Vec<u8> =
            (0..4_u64 << 20).map(|n| (n.wrapping_mul(n).wrapping_mul(n) >> 13) as u8).collect();
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        io::copy(&mut noise.as_slice(), &mut packed).unwrap();
        let packed = packed.finish().unwrap();
        let request = places::Request {
            source: places::Source::Paths(Vec::new()),
            exclude: globset::GlobSet::empty(),
            base: crate::config::Base::default(),
            no_ignore: false,
            limits: crate::budget::Limits::default(),
            progress: std::sync::Arc::default(),
            threads: 1,
            providers: None,
        };
        let progress = &request.progress;
        let mut watched = Watched { bytes: &packed, progress, before_the_end: 0 };
        inspect::reader("in", &mut watched, &mut Buffer::new(), Scope::of(&request));
        assert!(watched.before_the_end > 1 << 20, "{}", watched.before_the_end);
        assert_eq!(progress.bytes.load(Ordering::Relaxed), noise.len() as u64);
        assert_eq!(progress.units.load(Ordering::Relaxed), 2);
    }
}
