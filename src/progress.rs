//! Says on standard error how far a long run is, when somebody watches.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressStyle};

use crate::{
    fact::printable,
    layers::{Input, ReadSeek},
};

/// A shorter run shows nothing.
const QUIET: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// Of a path, as it is shown.
const PATH: usize = 400;

/// Why nothing more is read.
pub(crate) const INTERRUPTED: &str = "the run was interrupted";

/// What of an input is read before its size is asked for: most inputs are smaller.
const SMALL: u64 = 1 << 20;

/// How far a run is, to be read from another thread. It moves within an input too, so that somebody
/// who watches one large archive sees more than a standstill.
#[derive(Default)]
pub struct Progress {
    /// Files and things inside of them that are done.
    units: AtomicU64,
    /// Bytes that were searched.
    bytes: AtomicU64,
    /// Inputs of the run that are done, and bytes of inputs that were read.
    inputs: AtomicU64,
    read: AtomicU64,
    /// How many there will be of either; zero where that is not known.
    inputs_expected: AtomicU64,
    bytes_expected: AtomicU64,
    is_watched: AtomicBool,
    /// What is looked at, while somebody watches.
    current: Mutex<String>,
}

impl Progress {
    pub(crate) fn add_unit(&self) {
        self.units.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_bytes(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn expect_inputs(&self, count: usize) {
        self.inputs_expected.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn expect_bytes(&self, bytes: u64) {
        self.bytes_expected.store(bytes, Ordering::Relaxed);
    }

    /// Says what is looked at now, with the chain of containers; `depth` of them are around it.
    pub(crate) fn at(&self, path: &str, depth: usize) {
        if depth == 0 || self.is_watched.load(Ordering::Relaxed) {
            path.clone_into(&mut self.current.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// How much of the run is done, from 0 to 1, if that can be told.
    fn share(&self) -> Option<f64> {
        let of = |done: &AtomicU64, all: &AtomicU64| {
            let [done, all] = [done, all].map(|number| number.load(Ordering::Relaxed));
            (all > 0).then(|| (done as f64 / all as f64).min(1.0))
        };
        of(&self.read, &self.bytes_expected).or_else(|| of(&self.inputs, &self.inputs_expected))
    }

    /// A line for people after `elapsed`: how much, how fast, how long still, and what.
    fn line(&self, elapsed: Duration) -> String {
        let units = HumanCount(self.units.load(Ordering::Relaxed));
        let bytes = self.bytes.load(Ordering::Relaxed);
        let rate = HumanBytes((bytes as f64 / elapsed.as_secs_f64().max(0.001)) as u64);
        // Some containers are read once more, as they are.
        let left = self.share().filter(|share| (0.01..1.0).contains(share)).map_or_else(
            String::new,
            |share| {
                let left = elapsed.mul_f64((1.0 - share) / share);
                format!(", {:.0} %, about {} left", share * 100.0, HumanDuration(left))
            },
        );
        let bytes = HumanBytes(bytes);
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let current = printable(&current, PATH);
        format!("{units} files, {bytes} scanned, {rate}/s{left}: {current}")
    }
}

/// An input of the run as it is read: counted, and at its end once the run is to stop.
pub(crate) struct Watched<'a, 'r> {
    input: Input<'a>,
    progress: &'r Progress,
    stop: &'r AtomicBool,
    read: u64,
    /// Asked for once much was read: what is read twice must not count twice.
    size: Option<u64>,
}

impl<'a, 'r> Watched<'a, 'r> {
    pub(crate) fn new(input: Input<'a>, progress: &'r Progress, stop: &'r AtomicBool) -> Self {
        Self { input, progress, stop, read: 0, size: None }
    }

    fn count(&mut self, bytes: u64) {
        let counted = self.read.min(self.size.unwrap_or(u64::MAX));
        self.read = self.read.saturating_add(bytes);
        if self.size.is_none() && self.read > SMALL {
            self.size = self.ask();
        }
        let more = self.read.min(self.size.unwrap_or(u64::MAX)).saturating_sub(counted);
        self.progress.read.fetch_add(more, Ordering::Relaxed);
    }

    fn ask(&mut self) -> Option<u64> {
        let Input::Seek(file) = &mut self.input else { return Some(u64::MAX) };
        let here = file.stream_position().ok()?;
        let size = file.seek(SeekFrom::End(0)).ok()?;
        file.seek(SeekFrom::Start(here)).ok()?;
        // A device has no size that it tells.
        Some(if size == 0 { u64::MAX } else { size })
    }
}

impl Drop for Watched<'_, '_> {
    /// The input is done, with whatever of it did not have to be read.
    fn drop(&mut self) {
        let rest = self.size.filter(|&size| size < u64::MAX).unwrap_or(0).saturating_sub(self.read);
        self.progress.read.fetch_add(rest, Ordering::Relaxed);
        self.progress.inputs.fetch_add(1, Ordering::Relaxed);
    }
}

impl Read for Watched<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other(INTERRUPTED));
        }
        let read = self.input.read(buffer)?;
        self.count(read as u64);
        Ok(read)
    }
}

impl Seek for Watched<'_, '_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.input.seek(to)
    }
}

impl ReadSeek for Watched<'_, '_> {
    fn extent(&mut self, at: u64) -> io::Result<(bool, u64)> {
        self.input.extent(at)
    }
}

/// Runs `work`, and shows its `progress` while it lasts if `shown`. `weigh` finds out how much there
/// is to do, until its argument is set; it runs beside the work once that takes long.
pub(crate) fn shown_while<T>(
    shown: bool,
    progress: &Progress,
    weigh: impl FnOnce(&AtomicBool) + Send,
    work: impl FnOnce() -> T,
) -> T {
    if !shown {
        return work();
    }
    let began = Instant::now();
    let is_over = &AtomicBool::new(false);
    let (done, ended) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if ended.recv_timeout(QUIET) != Err(mpsc::RecvTimeoutError::Timeout) {
                return;
            }
            progress.is_watched.store(true, Ordering::Relaxed);
            scope.spawn(|| weigh(is_over));
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            while ended.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
                bar.set_message(progress.line(began.elapsed()));
                bar.tick();
            }
            bar.finish_and_clear();
        });
        let result = work();
        is_over.store(true, Ordering::Relaxed);
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
    struct Noted<'a> {
        bytes: &'a [u8],
        progress: &'a Progress,
        before_the_end: u64,
    }

    impl Read for Noted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if !self.bytes.is_empty() {
                self.before_the_end = self.progress.bytes.load(Ordering::Relaxed);
            }
            self.bytes.read(buffer)
        }
    }

    #[test]
    fn the_line_says_how_much_how_fast_how_long_and_what() {
        let progress = Progress::default();
        progress.add_bytes(10 << 20);
        progress.read.store(1 << 20, Ordering::Relaxed);
        let line = |progress: &Progress| progress.line(Duration::from_secs(10));
        assert_eq!(line(&progress), "0 files, 10.00 MiB scanned, 1.00 MiB/s: ");
        progress.expect_bytes(4 << 20);
        progress.at("not yet watched", 1);
        progress.is_watched.store(true, Ordering::Relaxed);
        progress.at("a.tar!tar:b\u{1b}[2J", 1);
        let shown = "0 files, 10.00 MiB scanned, 1.00 MiB/s, 25 %, about 30 seconds left: a.tar!tar:b\u{fffd}[2J";
        assert_eq!(line(&progress), shown);
    }

    #[test]
    fn an_input_counts_once_however_often_it_is_read() {
        let (progress, stop) = (Progress::default(), AtomicBool::new(false));
        let size = 3 * SMALL;
        let mut bytes = io::Cursor::new(vec![0; size as usize]);
        let mut watched = Watched::new(Input::Seek(&mut bytes), &progress, &stop);
        let mut buffer = vec![0; SMALL as usize + 1];
        for _ in 0..5 {
            watched.seek(SeekFrom::Start(0)).unwrap();
            watched.read_exact(&mut buffer).unwrap();
        }
        assert_eq!(progress.read.load(Ordering::Relaxed), size);
        drop(watched);
        let mut watched = Watched::new(Input::Seek(&mut bytes), &progress, &stop);
        watched.seek(SeekFrom::Start(0)).unwrap();
        watched.read_exact(&mut buffer).unwrap();
        stop.store(true, Ordering::Relaxed);
        assert!(watched.read(&mut buffer).is_err());
        drop(watched);
        assert_eq!(progress.read.load(Ordering::Relaxed), 2 * size, "what was left counts too");
        assert_eq!(progress.inputs.load(Ordering::Relaxed), 2);
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
            stop: std::sync::Arc::default(),
            threads: 1,
            providers: None,
        };
        let progress = &request.progress;
        let mut watched = Noted { bytes: &packed, progress, before_the_end: 0 };
        inspect::reader("in", &mut watched, &mut Buffer::new(), Scope::of(&request));
        assert!(watched.before_the_end > 1 << 20, "{}", watched.before_the_end);
        assert_eq!(progress.bytes.load(Ordering::Relaxed), noise.len() as u64);
        assert_eq!(progress.units.load(Ordering::Relaxed), 2);
    }
}
