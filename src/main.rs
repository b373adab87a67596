//! Arguments in, report out, exit code. The only file that prints.

#![expect(clippy::print_stderr, reason = "this is the one place that does")]

use std::{
    io::{self, BufWriter, IsTerminal, Write},
    process::exit,
};

use keylint::{
    cli,
    commands::{self, Terminal},
    error::Error,
};

/// Exit code of a run that could not start.
const UNUSABLE: i32 = 2;

fn main() {
    say_no_more_than_where_on_panic();
    let cli = cli::parse(std::env::args_os()).unwrap_or_else(|message| message.exit());
    let stdout = io::stdout();
    let terminal = Terminal {
        colour: anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
        progress: io::stderr().is_terminal(),
    };
    let mut out = BufWriter::new(stdout.lock());
    let result = commands::run(cli, &terminal, &mut out).and_then(|code| {
        out.flush()
            .map(|()| code)
            .map_err(|source| Error::File { path: "standard output".into(), source })
    });
    let code = match result {
        Ok(code) => code as i32,
        // Whoever read the output has seen enough.
        Err(Error::File { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => 0,
        Err(error) => {
            eprintln!("keylint: {error}");
            UNUSABLE
        }
    };
    exit(code);
}

/// A panic in a parser is caught and counted in the report. Its message is not shown: it could
/// quote what was parsed.
fn say_no_more_than_where_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            eprintln!("keylint: internal error at {}:{}", place.file(), place.line());
        }
    }));
}
