//! How a document becomes trees where a front end reads languages that need no evaluation.

use super::{
    Reading, dump, ini as options, json, shell as commands, sql as statements, text::VALUES,
    tree::Node, xml as elements, yaml,
};

/// Files of these names have several languages: what tools print, YAML (`mongod.conf`), and options.
pub(super) fn ini(source: u32, reading: &mut Reading<'_>) {
    let text = reading.text(source);
    // Components of MySQL have theirs in JSON.
    if let Some(document) = text.starts_with('{').then(|| json::parse(source, text).ok()).flatten()
    {
        reading.recognise(&document, "json", source);
        return;
    }
    if dump::is_dump(text.as_bytes()) {
        any(dump::parse, "dump", source, reading);
    }
    let is_option = |line: &str| line.contains('=') || line.starts_with('[');
    let is_member = |line: &str| {
        line.split_once(':').is_some_and(|(name, rest)| {
            (rest.is_empty() || rest.starts_with(' ')) && !name.contains(char::is_whitespace)
        })
    };
    let first = text.lines().map(str::trim_end).find(|line| {
        !line.is_empty() && !line.starts_with(['#', ';']) && (is_option(line) || is_member(line))
    });
    if first.is_some_and(|line| is_member(line) && !is_option(line)) {
        for document in &yaml::parse(source, text).documents {
            reading.recognise(document, "yaml", source);
        }
        return;
    }
    let document = options::parse(source, text);
    reading.recognise(&document, "ini", source);
    tell_unread(source, reading);
}

/// Says that a document has more lines than are read.
fn tell_unread(source: u32, reading: &mut Reading<'_>) {
    let newlines = memchr::memchr_iter(b'\n', reading.text(source).as_bytes());
    let end = newlines.map(|at| at + 1).nth(VALUES - 1);
    if let Some(at) = end.filter(|&at| at < reading.text(source).len()) {
        reading.problems.push((source, at, "no more lines are read".to_owned()));
    }
}

pub(super) fn shell(source: u32, reading: &mut Reading<'_>) {
    let names = commands::commands(reading.providers);
    let text = reading.text(source);
    let mut commands = Vec::new();
    commands::read(source, text, 0..text.len(), &names, &mut commands);
    reading.recognise_all(commands, "shell", source);
}

/// Reads a language in which any text is a document.
pub(super) fn any(
    parse: fn(u32, &str) -> Node,
    format: &str,
    source: u32,
    reading: &mut Reading<'_>,
) {
    let document = parse(source, reading.text(source));
    reading.recognise(&document, format, source);
    tell_unread(source, reading);
}

pub(super) fn sql(source: u32, reading: &mut Reading<'_>) {
    let document = statements::parse(source, reading.text(source));
    reading.recognise(&document, "sql", source);
    if let Some(at) = statements::unread(reading.text(source)) {
        reading.problems.push((source, at, "no more words are read".to_owned()));
    }
}

pub(super) fn xml(source: u32, reading: &mut Reading<'_>) {
    match elements::parse(source, reading.text(source)) {
        Ok(document) => reading.recognise(&document, "xml", source),
        Err((at, problem)) => reading.problems.push((source, at, problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::VALUES;
    use crate::scan::inspect_bytes;

    #[test]
    fn lines_that_are_not_read_are_in_the_ledger() {
        let text = "[mysqld]\nearly-plugin-load=keyring_file.so\n";
        for (lines, skips) in [(VALUES - 2, 0), (VALUES, 1)] {
            let text = format!("{text}{}", "#\n".repeat(lines));
            let ledger = inspect_bytes("my.cnf", text.as_bytes()).ledger;
            assert_eq!(ledger.skips.len(), skips, "{lines}");
        }
    }

    #[test]
    fn words_and_attributes_that_are_not_read_are_in_the_ledger() {
        let head = "CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256;\n";
        let open = "<Connector keystoreFile=\"a.jks\" keystoreType=\"JKS\" ";
        for (count, skips) in [(10, 0), (VALUES, 1)] {
            let text = format!("{head}SELECT {};", "a ".repeat(count));
            assert_eq!(inspect_bytes("a.sql", text.as_bytes()).ledger.skips.len(), skips);
            let text = format!("{open}{}/>", "a=\"\" ".repeat(count));
            assert_eq!(inspect_bytes("server.xml", text.as_bytes()).ledger.skips.len(), skips);
        }
    }

    /// A file of each language, and secrets that stand in it.
    const SAMPLES: &[(&str, &str, &[&str])] = &[
        (
            "a.cnf",
            include_str!("../../testdata/policy/databases/mariadb.cnf"),
            &["Tr0ub4dor-and-3"],
        ),
        ("b.cnf", include_str!("../../testdata/policy/openssl/lax.cnf"), &["73519026"]),
        ("c.cfg", include_str!("../../testdata/policy/hsm/pkcs11-lax.cfg"), &[]),
        ("d.conf", include_str!("../../testdata/policy/databases/mongod.conf"), &[]),
        ("e.ora", include_str!("../../testdata/policy/databases/sqlnet.ora"), &[]),
        (
            "f.properties",
            include_str!("../../testdata/policy/java/application.properties"),
            &["changeit", "bluewhale42", "averylongkeythatnobodyguesses"],
        ),
        (
            "g.xml",
            include_str!("../../testdata/policy/java/tomcat-lax/server.xml"),
            &["changeit", "bluewhale42"],
        ),
        (
            "h.sql",
            include_str!("../../testdata/policy/databases/tde.sql"),
            &["Blue!Whale42", "Gr33n!Whale43", "R3d!Whale44", "correct horse battery"],
        ),
        ("i.sql", include_str!("../../testdata/policy/databases/oracle.sql"), &["Blue_Whale42"]),
        ("j.sh", include_str!("../../testdata/policy/hsm/token.sh"), &["90817263", "73519026"]),
        ("k.sh", include_str!("../../testdata/policy/hsm/yubihsm.sh"), &["s3kr1t-9921"]),
        (
            "Dockerfile",
            include_str!("../../testdata/policy/hsm/Dockerfile"),
            &["90817263", "73519026"],
        ),
        ("l.yml", include_str!("../../testdata/policy/java/application.yml"), &["bluewhale42"]),
        ("sshd_config", include_str!("../../testdata/policy/openssh/lax/sshd_config"), &[]),
        ("m.txt", include_str!("../../testdata/policy/hsm/luna-lax.txt"), &[]),
        ("n.txt", include_str!("../../testdata/policy/hsm/nfkminfo-lax.txt"), &[]),
        ("o.txt", include_str!("../../testdata/policy/hsm/yubihsm-lax.txt"), &[]),
        (
            "p.txt",
            include_str!("../../testdata/policy/hsm/default-token.pkcs11-tool.txt"),
            &["83fb0ed0551289a2bd50e563ad1ac65a"],
        ),
        ("q.txt", include_str!("../../testdata/policy/hsm/default-token.p11tool.txt"), &[]),
        (
            "r.txt",
            include_str!("../../testdata/policy/vault/init.txt"),
            &[
                "Muli2H2APtPdSza+yF+Cji9WNy+bFYAYzzTORoIEklaa",
                "CAESIJryzfE2Dy8OzYTIeEIKeDzMj7pba1W4",
            ],
        ),
        ("s.txt", include_str!("../../testdata/policy/vault/transit-bad.txt"), &[]),
        (
            "t.txt",
            include_str!("../../testdata/policy/hsm/softhsm2-dump-lax.txt"),
            &["59 44 d1 39", "b8 c2 74 bb"],
        ),
        ("u.conf", include_str!("../../testdata/policy/hsm/Chrystoki.conf"), &["userpin42"]),
        (
            "v.yml",
            include_str!("../../testdata/policy/java/bundle.yml"),
            &["bluewhale42", "whale4242"],
        ),
        (
            "w.hcl",
            include_str!("../../testdata/policy/vault/seal-transit.hcl"),
            &["s.Qf1s5zigZ4OX6akYjQXJC1jY"],
        ),
        ("x.sql", include_str!("../../testdata/policy/databases/pgcrypto.sql"), &["bluewhale42"]),
        (
            "y.conf",
            include_str!("../../testdata/policy/databases/mongod-vault.conf"),
            &["hvs.abcdefgh"],
        ),
        ("z.yaml", include_str!("../../testdata/policy/kubernetes/fake-store.yaml"), &["HELLO1"]),
    ];

    #[test]
    fn no_secret_gets_into_a_fact() {
        for (path, text, secrets) in SAMPLES {
            let facts = inspect_bytes(path, text.as_bytes()).facts;
            assert!(!facts.is_empty(), "{path}");
            let shown = serde_json::to_string(&facts).unwrap();
            for secret in *secrets {
                assert!(text.contains(secret), "{path}");
                assert!(!shown.contains(secret), "{path}: {secret}");
            }
        }
    }

    #[test]
    fn what_is_cut_or_damaged_is_read_as_far_as_it_goes() {
        for (path, text, _) in SAMPLES {
            let step = 1 + text.len() / 25;
            for end in (0..text.len()).step_by(step) {
                let cut = text.as_bytes().get(..end).unwrap();
                inspect_bytes(path, cut);
                let mut damaged = text.as_bytes().to_vec();
                damaged[end] ^= 1 << (end % 8);
                inspect_bytes(path, &damaged);
            }
        }
    }
}
