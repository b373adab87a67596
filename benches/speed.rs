//! What a scan costs beside reading the same bytes and beside ripgrep, as ratios of processor
//! seconds measured in one run: `cargo bench --bench speed`. Needs Linux, bash and rg.
//!
//! The corpora are made once, below `target/`: a source tree out of the sources of Rust packages
//! that cargo keeps, a log, one long line, many headers, many tiny files.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints its table, makes its corpora itself, and may panic"
)]

use std::{
    env,
    fmt::Write as _,
    fs::{self, File},
    io::{BufWriter, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// Ten literals of key formats, as somebody would give them to ripgrep.
const TEN: [&str; 10] = [
    "-----BEGIN",
    "PuTTY-User-Key-File",
    "AGE-SECRET-KEY-1",
    "\"kty\"",
    "openssh-key-v1",
    "PrivateKey = ",
    "LS0tLS1CRUdJTi",
    "untrusted comment:",
    "RSAKeyValue",
    "primaryKeyId",
];

/// Makes a corpus in an empty directory.
type Make = fn(&Path);

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, read, root] = arguments.as_slice()
        && read == "read"
    {
        return read_all(Path::new(root));
    }
    let corpora = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpora");
    let only: Vec<&String> =
        arguments.iter().skip(1).filter(|name| !name.starts_with("--")).collect();
    let mut table = String::from(
        "| corpus | files | GB | read, CPU s | rg, ten literals | keylint scan | scan / read | scan / rg | peak memory, MB |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let all: [(&str, Make); 5] = [
        ("source tree", source_tree),
        ("log", log),
        ("one line", one_line),
        ("headers", headers),
        ("tiny files", tiny_files),
    ];
    for (name, make) in all {
        if !only.is_empty() && !only.iter().any(|only| name.contains(only.as_str())) {
            continue;
        }
        let root = corpora.join(name.replace(' ', "-"));
        if !root.exists() {
            eprintln!("making the corpus `{name}`");
            let unfinished = root.with_extension("unfinished");
            let _ = fs::remove_dir_all(&unfinished);
            fs::create_dir_all(&unfinished).unwrap();
            make(&unfinished);
            fs::rename(unfinished, &root).unwrap();
        }
        let _ = writeln!(table, "{}", measured(name, &root));
    }
    println!("{table}");
    println!("start-up on one small file: {:.1} ms of processor time", startup() * 1000.0);
}

fn measured(name: &str, root: &Path) -> String {
    let (files, bytes) = size(root);
    let path = root.display();
    let this = env::current_exe().unwrap().display().to_string();
    let literals: String = TEN.iter().map(|text| format!(" -e '{text}'")).collect();
    let read = format!("'{this}' read '{path}'");
    let rg = format!("rg -j1 -c -a -uuu -F{literals} '{path}'");
    let scan =
        format!("'{}' scan --no-progress --exit-zero '{path}'", env!("CARGO_BIN_EXE_keylint"));
    // Interleaved, the best of several: what else the machine does only ever adds.
    let mut best = [f64::INFINITY; 3];
    for _ in 0..5 {
        for (best, command) in best.iter_mut().zip([&read, &rg, &scan]) {
            *best = best.min(cpu(command));
        }
    }
    let [read, rg, scan_time] = best;
    format!(
        "| {name} | {files} | {:.2} | {read:.2} | {rg:.2} | {scan_time:.2} | {:.2} | {:.2} | {} |",
        bytes as f64 / 1e9,
        scan_time / read,
        scan_time / rg,
        peak(&scan) / 1024,
    )
}

/// Processor seconds, user and system, of a command.
fn cpu(command: &str) -> f64 {
    let timed = format!("TIMEFORMAT='%U %S'; time ({command} >/dev/null 2>&1)");
    let output = Command::new("bash").args(["-c", &timed]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    text.split_whitespace().map(|seconds| seconds.parse::<f64>().unwrap()).sum()
}

/// Peak memory of a command in KiB, as the kernel counts it.
fn peak(command: &str) -> u64 {
    let mut child = Command::new("bash")
        .args(["-c", &format!("exec {command}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(now.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    peak
}

fn startup() -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    fs::write(&file, "nothing\n").unwrap();
    let scan = format!("'{}' scan '{}'", env!("CARGO_BIN_EXE_keylint"), file.display());
    // One run is too short to be timed.
    (0..5)
        .map(|_| cpu(&format!("for i in {{1..50}}; do {scan}; done")) / 50.0)
        .fold(f64::INFINITY, f64::min)
}

/// Opens and reads every file in pieces of 64 KiB: the floor.
fn read_all(root: &Path) {
    let mut buffer = vec![0; 64 << 10];
    let mut total = 0;
    for entry in ignore::WalkBuilder::new(root).standard_filters(false).build().flatten() {
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            let mut file = File::open(entry.path()).unwrap();
            loop {
                let read = file.read(&mut buffer).unwrap();
                total += read;
                if read == 0 {
                    break;
                }
            }
        }
    }
    assert!(total > 0);
}

fn size(root: &Path) -> (u64, u64) {
    let mut size = (0, 0);
    for entry in ignore::WalkBuilder::new(root).standard_filters(false).build().flatten() {
        if entry.file_type().is_some_and(|kind| kind.is_file()) {
            size = (size.0 + 1, size.1 + entry.metadata().unwrap().len());
        }
    }
    size
}

fn source_tree(root: &Path) {
    let cargo = env::var_os("CARGO_HOME")
        .map_or_else(|| PathBuf::from(env::var_os("HOME").unwrap()).join(".cargo"), PathBuf::from);
    let sources = cargo.join("registry/src");
    let (files, _) = size(&sources);
    for copy in 0..100_001_u64.div_ceil(files.max(1)) {
        let status =
            Command::new("cp").arg("-r").arg(&sources).arg(root.join(copy.to_string())).status();
        assert!(status.unwrap().success());
    }
}

fn log(root: &Path) {
    let mut random = Random(7);
    let mut file = BufWriter::new(File::create(root.join("access.log")).unwrap());
    let mut written = 0;
    while written < 1_000_000_000 {
        let line = if random.below(10) < 6 {
            format!(
                "10.{}.{}.{} - - [25/Nov/2026:10:{:02}:{:02} +0000] \"GET /api/v2/users/{}/profile HTTP/1.1\" 200 {} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n",
                random.below(256),
                random.below(256),
                random.below(256),
                random.below(60),
                random.below(60),
                random.below(1 << 20),
                random.below(100_000),
            )
        } else {
            format!(
                "{{\"ts\":\"2026-11-25T10:{:02}:{:02}Z\",\"level\":\"INFO\",\"msg\":\"request served\",\"request_id\":\"{:016x}{:016x}\",\"keyId\":\"alias/app-{}\"}}\n",
                random.below(60),
                random.below(60),
                random.next(),
                random.next(),
                random.below(99),
            )
        };
        file.write_all(line.as_bytes()).unwrap();
        written += line.len();
    }
}

fn one_line(root: &Path) {
    let mut file = BufWriter::new(File::create(root.join("line.json")).unwrap());
    let words = b"{\"lorem\": \"ipsum dolor\", \"sit\": [\"amet\", \"consectetur\"]}, ";
    for _ in 0..500_000_000 / words.len() {
        file.write_all(words).unwrap();
    }
}

fn headers(root: &Path) {
    let mut file = BufWriter::new(File::create(root.join("headers.txt")).unwrap());
    for _ in 0..1_000_000 {
        file.write_all(b"-----BEGIN RSA PRIVATE KEY-----\n").unwrap();
    }
}

fn tiny_files(root: &Path) {
    for directory in 0..2_000 {
        let directory = root.join(directory.to_string());
        fs::create_dir(&directory).unwrap();
        for file in 0..100 {
            fs::write(directory.join(format!("{file}.txt")), "a few words\n").unwrap();
        }
    }
}

/// xorshift64*: the same corpus on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
