//! Ways in which people paste armour.

use super::ED25519;

/// A name and what it makes of a PEM.
pub(super) type Disguise = (&'static str, fn(&str) -> String);

/// Every line, made by `line`.
pub(super) fn lines(pem: &str, line: impl Fn(&str) -> String) -> String {
    pem.lines().map(line).collect()
}

fn numbered(pem: &str, line: impl Fn(usize, &str) -> String) -> String {
    pem.lines().enumerate().map(|(number, text)| line(number, text)).collect()
}

fn width(pem: &str, width: usize) -> String {
    let all: Vec<&str> = pem.lines().collect();
    let body = all[1..all.len() - 1].concat();
    let body: Vec<&str> =
        body.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("{}\n{}\n{}\n", all[0], body.join("\n"), all[all.len() - 1])
}

fn percent(pem: &str, space: &str) -> String {
    pem.replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D")
        .replace(' ', space)
        .replace('\n', "%0A")
}

fn every(pem: &str, from: &[char], to: impl Fn(char) -> String) -> String {
    pem.chars().map(|c| if from.contains(&c) { to(c) } else { c.to_string() }).collect()
}

const MARKS: &[char] = &['-', '+', '/', '=', '\n'];

pub(super) const DISGUISES: &[Disguise] = &[
    ("plain", str::to_owned),
    ("crlf", |pem| pem.replace('\n', "\r\n")),
    ("cr", |pem| pem.replace('\n', "\r")),
    ("byte order mark", |pem| format!("\u{feff}{pem}")),
    ("no end of line at the end", |pem| pem.trim_end().to_owned()),
    ("blank lines", |pem| pem.replace('\n', "\n\n")),
    ("trailing blanks", |pem| pem.replace('\n', " \t \n")),
    ("indented", |pem| lines(pem, |line| format!("        {line}\n"))),
    ("tabs", |pem| lines(pem, |line| format!("\t\t{line}\n"))),
    ("one line of blanks", |pem| format!("key: {} # end", pem.replace('\n', " "))),
    ("one line of nothing", |pem| format!("key={};", pem.replace('\n', ""))),
    ("one body line", |pem| width(pem, 100_000)),
    ("width 20", |pem| width(pem, 20)),
    ("width 76", |pem| width(pem, 76)),
    ("width 200", |pem| width(pem, 200)),
    ("no padding", |pem| pem.replace('=', "")),
    ("base64url", |pem| every(pem, &['+', '/'], |c| if c == '+' { "-" } else { "_" }.into())),
    ("json", |pem| format!("{{\"key\": \"{}\", \"b\": 1}}", pem.replace('\n', "\\n"))),
    ("json crlf", |pem| format!("{{\"key\": \"{}\"}}", pem.replace('\n', "\\r\\n"))),
    ("json slashes", |pem| pem.replace('\n', "\\n").replace('/', "\\/")),
    ("json in json", |pem| format!("\"{{\\\"key\\\": \\\"{}\\\"}}\"", pem.replace('\n', "\\\\n"))),
    ("json thrice", |pem| {
        format!("\"k\\\\\\\": \\\\\\\"{}\\\\\\\"", pem.replace('\n', "\\\\\\\\n"))
    }),
    ("unicode escapes", |pem| every(pem, MARKS, |c| format!("\\u{:04x}", u32::from(c)))),
    ("upper unicode escapes", |pem| every(pem, MARKS, |c| format!("\\u{:04X}", u32::from(c)))),
    ("spaces as escapes", |pem| every(pem, &[' ', '\n'], |c| format!("\\u{:04X}", u32::from(c)))),
    ("hex escapes", |pem| every(pem, MARKS, |c| format!("\\x{:02x}", u32::from(c)))),
    ("octal escapes", |pem| every(pem, MARKS, |c| format!("\\{:03o}", u32::from(c)))),
    ("percent", |pem| format!("https://a.test/?n=1&key={}&f=pem", percent(pem, "%20"))),
    ("percent dashes", |pem| percent(pem, "%20").replace('-', "%2D")),
    ("percent twice", |pem| percent(pem, "%20").replace('-', "%2d").replace('%', "%25")),
    ("form", |pem| format!("name=web&key={}&f=pem", percent(pem, "+"))),
    ("entities", |pem| every(pem, MARKS, |c| format!("&#{};", u32::from(c)))),
    ("hex entities", |pem| every(pem, MARKS, |c| format!("&#x{:X};", u32::from(c)))),
    ("entities twice", |pem| every(pem, MARKS, |c| format!("&amp;#{};", u32::from(c)))),
    ("named entities", |pem| {
        pem.replace('+', "&plus;").replace('=', "&equals;").replace('\n', "&NewLine;")
    }),
    ("attribute", |pem| format!("<key value=\"{}\"/>", pem.replace('\n', "&#xA;"))),
    ("breaks", |pem| format!("<p>{}</p>", pem.replace('\n', "<br>\n"))),
    ("breaks only", |pem| format!("<p>{}</p>", pem.replace('\n', "<br/>"))),
    ("spans", |pem| lines(pem, |line| format!("<span class=\"line\">{line}</span>\n"))),
    ("cdata", |pem| format!("<key><![CDATA[{pem}]]></key>")),
    ("colours", |pem| lines(pem, |line| format!("\u{1b}[32m{line}\u{1b}[0m\n"))),
    ("quoted-printable", |pem| every(pem, &['='], |_| "=3D".into())),
    ("word processor", |pem| pem.replace("-----", "—–")),
    ("markdown escapes", |pem| pem.replace('-', "\\-")),
    ("mail", |pem| lines(pem, |line| format!("> {line}\n"))),
    ("mail twice", |pem| lines(pem, |line| format!(">> {line}\n"))),
    ("diff", |pem| format!("@@ -0,0 +1,3 @@\n{}", lines(pem, |line| format!("+{line}\n")))),
    ("diff removed", |pem| format!("@@ -1,3 +0,0 @@\n{}", lines(pem, |line| format!("-{line}\n")))),
    ("hashes", |pem| lines(pem, |line| format!("# {line}\n"))),
    ("hashes without blank", |pem| lines(pem, |line| format!("#{line}\n"))),
    ("slashes", |pem| lines(pem, |line| format!("  // {line}\n"))),
    ("slashes without blank", |pem| lines(pem, |line| format!("//{line}\n"))),
    ("dashes", |pem| lines(pem, |line| format!("-- {line}\n"))),
    ("semicolons", |pem| lines(pem, |line| format!("; {line}\n"))),
    ("rem", |pem| lines(pem, |line| format!("rem {line}\n"))),
    ("javadoc", |pem| format!("/**\n{} */", lines(pem, |line| format!(" * {line}\n")))),
    ("block comment", |pem| format!("/* {}*/", pem.replace('\n', "\n * "))),
    ("c", |pem| lines(pem, |line| format!("    \"{line}\\n\"\n"))),
    ("c macro", |pem| lines(pem, |line| format!("\"{line}\\r\\n\" \\\n"))),
    ("java", |pem| lines(pem, |line| format!("        \"{line}\\n\" +\n"))),
    ("java leading", |pem| lines(pem, |line| format!("        + \"{line}\\n\"\n"))),
    ("java builder", |pem| lines(pem, |line| format!("    builder.append(\"{line}\\n\");\n"))),
    ("java bare", |pem| {
        let pem = pem.trim_end().replace('\n', "\" +\n  \"").replacen("\" +", "\\n\" +", 1);
        format!("String key = \"{}\";", pem.replace("-----END", "\\n-----END"))
    }),
    ("javascript", |pem| lines(pem, |line| format!("  '{line}\\n' +\n"))),
    ("javascript array", |pem| {
        format!("[\n{}].join('\\n')", lines(pem, |l| format!("  '{l}',\n")))
    }),
    ("javascript template", |pem| format!("const key = `{pem}`;")),
    ("php", |pem| lines(pem, |line| format!("    . '{line}'\n"))),
    ("php assignments", |pem| lines(pem, |line| format!("$key .= \"{line}\\n\";\n"))),
    ("python", |pem| lines(pem, |line| format!("    \"{line}\\n\"\n"))),
    ("python bytes", |pem| lines(pem, |line| format!("    b'{line}\\n'\n"))),
    ("python triple", |pem| format!("KEY = \"\"\"{pem}\"\"\"")),
    ("basic", |pem| lines(pem, |line| format!("  \"{line}\" & vbCrLf & _\n"))),
    ("verbatim", |pem| format!("const string Key = @\"{pem}\";")),
    ("go raw", |pem| format!("var Key = []byte(`{pem}`)")),
    ("heredoc", |pem| format!("cat > key <<-'EOF'\n{pem}EOF\n")),
    ("echo", |pem| lines(pem, |line| format!("echo \"{line}\" >> key.pem\n"))),
    ("echo bare", |pem| lines(pem, |line| format!("echo {line} >> key.pem\n"))),
    ("properties", |pem| format!("app.key={}", pem.replace('\n', "\\n\\\n    "))),
    ("yaml list", |pem| format!("  - |-\n{}", lines(pem, |line| format!("      {line}\n")))),
    ("csv", |pem| format!("1,\"{pem}\",x\n")),
    ("log", |pem| {
        numbered(pem, |n, line| format!("2025-11-03T10:15:{n:02}.417Z DEBUG [loader] {line}\n"))
    }),
    ("log brackets", |pem| {
        numbered(pem, |n, line| format!("[2025-11-03 10:15:{n:02},417] INFO worker-7 {line}\n"))
    }),
    ("log of varying width", |pem| {
        numbered(pem, |n, line| format!("{} ms INFO worker-{n} {line}\n", n * 37))
    }),
    ("syslog", |pem| {
        numbered(pem, |n, line| format!("Nov  {n} 10:15:0{n} web01 app[2214]: {line}\n"))
    }),
    ("json log", |pem| {
        numbered(pem, |n, line| {
            format!("{{\"t\":\"2025-11-03T10:15:{n:02}Z\",\"message\":\"{line}\",\"n\":7}}\n")
        })
    }),
    ("docker log", |pem| {
        lines(pem, |line| {
            format!("{{\"log\":\"{line}\\n\",\"stream\":\"stdout\",\"time\":\"2025\"}}\n")
        })
    }),
    ("container log", |pem| {
        numbered(pem, |n, line| format!("2025-11-03T10:15:{n:02}.4171234Z stdout F {line}\n"))
    }),
    ("search results", |pem| numbered(pem, |n, line| format!("etc/key.pem:{n}:{line}\n"))),
    ("blame", |pem| {
        numbered(pem, |n, line| {
            format!("{:07x} (Ann 2025-11-03 10:15:00 +0100 {n}) {line}\n", n * 7919)
        })
    }),
    ("patch in json", |pem| {
        format!("{{\"patch\": \"@@ -0,0 +1,3 @@\\n{}\"}}", lines(pem, |line| format!("+{line}\\n")))
    }),
    ("notebook", |pem| lines(pem, |line| format!("    \"    \\\"{line}\\\\n\\\" +\\n\",\n"))),
    ("yaml in quotes", |pem| format!("key: \"{}\"", pem.replace('\n', "\\n\\\n  \\ "))),
    ("compose", |pem| lines(pem, |line| format!("signer-1  | {line}\n"))),
    ("line numbers", |pem| numbered(pem, |n, line| format!("{n:4}  {line}\n"))),
    ("bars", |pem| lines(pem, |line| format!("| {line} |\n"))),
    ("pipes instead of line ends", |pem| pem.trim_end().replace('\n', "|")),
    ("no end", |pem| pem.split("-----END").next().unwrap().to_owned()),
    ("no end, other text", |pem| {
        format!("{}\n\nSome other text.\n", pem.split("\n-----END").next().unwrap())
    }),
    ("no end, another key", |pem| format!("{}{ED25519}", pem.split("-----END").next().unwrap())),
    ("adjacent", |pem| format!("{}{}", pem.trim_end(), ED25519)),
];
