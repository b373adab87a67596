//! Files of sections and options: `my.cnf`, `softhsm2.conf`, `cryptoki.ini`, `openssl.cnf`,
//! `postgresql.conf`, MongoDB before YAML; with braces for sections as `Chrystoki.conf` and the
//! configuration of SunPKCS11 have them. A section is a map, an option a text.

use super::{
    text::{Members, VALUES, lines, list, literal, span},
    tree::{Node, Span, Tree},
};

/// The options of `text`: those before the first section at the root.
pub(crate) fn parse(source: u32, text: &str) -> Node {
    let mut root = Members::default();
    let mut open: Option<(&str, Span, Members)> = None;
    for (at, line) in lines(text).take(VALUES) {
        let rest = line.trim();
        if rest.is_empty() || rest.starts_with(['#', ';', '!']) || rest.starts_with("--") {
            continue;
        }
        let spot = |part: &str| span(source, at, line, part);
        if let Some(name) = rest.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            close(&mut root, open.take());
            open = Some((name.trim(), spot(rest), Members::default()));
            continue;
        }
        if rest.starts_with('}') {
            close(&mut root, open.take());
            continue;
        }
        let (name, value) = option(rest);
        if let Some(inside) = value.strip_prefix('{') {
            close(&mut root, open.take());
            let mut members = Members::default();
            let (inside, is_closed) = match inside.split_once('}') {
                Some((inside, _)) => (inside, true),
                None => (inside, false),
            };
            for part in parts(inside) {
                add(&mut members, part, &spot);
            }
            open = Some((name, spot(name), members));
            if is_closed {
                close(&mut root, open.take());
            }
            continue;
        }
        add(open.as_mut().map_or(&mut root, |(_, _, members)| members), rest, &spot);
    }
    close(&mut root, open);
    // The first line may hold a secret: the document as a whole shows nothing.
    let mut root = root.node(Span::new(source, 0..0));
    name_plugins(&mut root);
    gather_templates(&mut root);
    root
}

/// Adds an option. One that stands alone is on: `skip-networking`, `CKM_RSA_PKCS`.
fn add(members: &mut Members, line: &str, spot: &dyn Fn(&str) -> Span) {
    let (name, value) = option(line);
    if line.contains('=') || !value.is_empty() {
        members.add(name, spot(name), node(value, spot(value)));
    } else {
        members.set(name, Tree::Bool(true), spot(name));
    }
}

fn close(root: &mut Members, open: Option<(&str, Span, Members)>) {
    if let Some((name, span, members)) = open {
        root.add(name, span, members.node(span));
    }
}

/// Name and value of a line: at `=`, or at the first blank where there is none, or where a quote
/// follows, in which `=` is a sign like any other.
fn option(line: &str) -> (&str, &str) {
    let quoted = line
        .split_once(char::is_whitespace)
        .filter(|(_, value)| value.trim_start().starts_with(['"', '\'']));
    let (name, value) = quoted
        .or_else(|| line.split_once('='))
        .or_else(|| line.split_once(char::is_whitespace))
        .unwrap_or((line, line.get(line.len()..).unwrap_or_default()));
    (name.trim(), value.trim().trim_end_matches(';').trim_end())
}

/// The options between braces of one line: divided by `;`, or else by blanks.
fn parts(inside: &str) -> Vec<&str> {
    if inside.contains(';') {
        return inside.split(';').map(str::trim).filter(|part| !part.is_empty()).collect();
    }
    let mut parts = Vec::new();
    let mut rest = inside.trim();
    while !rest.is_empty() {
        let name = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let after = rest.get(name..).unwrap_or_default().trim_start();
        let end = match after.strip_prefix('=') {
            Some(value) => {
                let value = value.trim_start();
                let length = value.find(char::is_whitespace).unwrap_or(value.len());
                super::text::offset(rest, value) + length
            }
            None => name,
        };
        let (part, tail) = rest.split_at(end);
        parts.push(part);
        rest = tail.trim_start();
    }
    parts
}

/// A value without its quotes and without a comment after it.
fn node(value: &str, span: Span) -> Node {
    if value.is_empty() {
        return Node::null(span);
    }
    let inside = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.split_once(quote));
    if let Some((text, _)) = inside('\'').or_else(|| inside('"')) {
        let start = span.start + 1;
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        return literal(text, Span { start, end: start.saturating_add(length), ..span });
    }
    let text = [" #", "\t#", " ;", "\t;"]
        .iter()
        .filter_map(|mark| value.find(mark))
        .min()
        .and_then(|end| value.get(..end))
        .unwrap_or(value)
        .trim_end();
    let end = span.start.saturating_add(u32::try_from(text.len()).unwrap_or(u32::MAX));
    literal(text, Span { end, ..span })
}

/// MySQL and MariaDB read `-` in names as `_`, let `loose_` pass, and list plugins as
/// `name=library.so;…`: of these the names of the libraries are kept.
fn name_plugins(root: &mut Node) {
    let Tree::Map(sections) = &mut root.tree else { return };
    let begins = ["mysql", "mariadb", "client", "galera"];
    let fits = |name: &str| begins.iter().any(|begin| name.starts_with(begin));
    if !sections.iter().any(|section| fits(&section.name)) {
        return;
    }
    for section in sections {
        let Tree::Map(options) = &mut section.node.tree else { continue };
        for option in options {
            let name = option.name.to_ascii_lowercase().replace('-', "_");
            option.name = name.strip_prefix("loose_").unwrap_or(&name).to_owned();
            if !option.name.ends_with("plugin_load") && option.name != "plugin_load_add" {
                continue;
            }
            let mut names = Vec::new();
            for value in option.node.elements() {
                let text = value.as_text().unwrap_or_default();
                let plugins = text.split(';').map(|plugin| {
                    let file = plugin.rsplit(['=', '/']).next().unwrap_or_default();
                    file.trim_end_matches(".so").trim_end_matches(".dll")
                });
                names.extend(list(plugins, value.span).elements().iter().cloned());
            }
            option.node = Node::new(Tree::List(names), option.node.span);
        }
    }
}

/// `attributes(generate,CKO_PRIVATE_KEY,CKK_RSA) = {…}` of SunPKCS11 as elements of `templates`,
/// with what the three words select beside the attributes.
fn gather_templates(root: &mut Node) {
    let mut templates = Vec::new();
    for section in root.entries() {
        let selects = section.name.strip_prefix("attributes").map(str::trim);
        let selects = selects.and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
        let Some(selects) = selects else { continue };
        let mut template = Members::default();
        for (name, word) in ["operation", "class", "algorithm"].iter().zip(selects.split(',')) {
            template.set(name, Tree::text(word.trim()), section.name_span);
        }
        for attribute in section.node.entries() {
            template.add(&attribute.name, attribute.name_span, attribute.node.clone());
        }
        templates.push(template.node(section.name_span));
    }
    if let (false, Tree::Map(entries)) = (templates.is_empty(), &mut root.tree) {
        let span = root.span;
        entries.push(super::tree::Entry {
            name: "templates".to_owned(),
            name_span: span,
            node: Node::new(Tree::List(templates), span),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of<'a>(text: &'a str, node: &Node) -> &'a str {
        &text[node.span.start as usize..node.span.end as usize]
    }

    #[test]
    fn options_know_their_section_and_their_place() {
        let text = "top = 1\n# no\n[mysqld]\nearly-plugin-load = a=keyring_file.so;b.so\n\
                    loose-keyring_file_data='/var/k # 1' # where\nssl-key=$(K)\n";
        let root = parse(0, text);
        assert_eq!(root.get("top").unwrap().as_int(), Some(1));
        let section = root.get("mysqld").unwrap();
        assert_eq!(text_of(text, section), "[mysqld]");
        let file = section.get("keyring_file_data").unwrap();
        assert_eq!(file.as_text(), Some("/var/k # 1"));
        assert_eq!(text_of(text, file), "/var/k # 1");
        let plugins = section.get("early_plugin_load").unwrap().elements();
        let names: Vec<_> = plugins.iter().filter_map(Node::as_text).collect();
        assert_eq!(names, ["keyring_file", "b"]);
        assert!(section.get("ssl_key").unwrap().is_unknown());
    }

    #[test]
    fn braces_hold_sections() {
        let text = "Chrystoki2 = {\n  LibUNIX64 = /usr/lib/libCryptoki2_64.so;\n}\n\
                    Misc = { ToolsDir = /bin; PE1746Enabled = 0; }\n\
                    attributes(*,CKO_PRIVATE_KEY,*) = {\n  CKA_SENSITIVE = false\n}\n\
                    attributes(generate,CKO_SECRET_KEY,CKK_AES) = { CKA_TOKEN= true CKA_WRAP =true }\n\
                    enabledMechanisms = {\n  CKM_DES3_CBC\n}\n";
        let root = parse(0, text);
        let library = root.get("Chrystoki2").unwrap().get("LibUNIX64").unwrap();
        assert_eq!(library.as_text(), Some("/usr/lib/libCryptoki2_64.so"));
        assert_eq!(root.get("Misc").unwrap().get("PE1746Enabled").unwrap().as_int(), Some(0));
        let templates = root.get("templates").unwrap().elements();
        assert_eq!(templates[0].get("class").unwrap().as_text(), Some("CKO_PRIVATE_KEY"));
        assert_eq!(templates[0].get("CKA_SENSITIVE").unwrap().as_bool(), Some(false));
        assert_eq!(templates[1].get("operation").unwrap().as_text(), Some("generate"));
        assert_eq!(templates[1].get("CKA_WRAP").unwrap().as_bool(), Some(true));
        let mechanisms = root.get("enabledMechanisms").unwrap();
        assert_eq!(mechanisms.get("CKM_DES3_CBC").unwrap().as_bool(), Some(true));
    }

    #[test]
    fn nothing_is_too_odd() {
        for text in
            ["", "=", "{", "}", "a = {", "[", "[]\n=\n={}", "a={=}", "a={= }x", "é={é = é é}"]
        {
            parse(0, text);
        }
    }
}
