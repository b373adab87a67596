//! Command lines in shell scripts, Dockerfiles, Makefiles, units of systemd, and the steps of CI:
//! those of the commands that tables name. A command is its words (`text`), the last of them (`last`)
//! and its options; what variables stand for is unknown. Variables that are set are added as well.

use std::collections::BTreeSet;

use super::{
    providers::{Place, Providers, Test},
    text::{Members, VALUES, literal},
    tree::{Node, Path, Span, Tree},
    variables,
};

/// Commands within commands: `a "$(b "$(c)")"`.
const DEPTH: usize = 6;
/// Words of a command that tables can ask for.
const WORDS: usize = 8;

/// Names that tables of providers give for `command` of a shape that `shell` fits.
pub(crate) fn commands(providers: &Providers) -> BTreeSet<&str> {
    let command = Path::parse("command");
    let mut names = BTreeSet::new();
    for shape in providers.shapes.iter().filter(|shape| shape.formats.iter().any(|f| f == "shell"))
    {
        for condition in &shape.is {
            let is_command = matches!(&condition.path, Place::Path { up: 0, path }
                if Some(path) == command.as_ref());
            if let (true, Test::Is(values)) = (is_command, &condition.test) {
                names.extend(values.iter().map(String::as_str));
            }
        }
    }
    names
}

/// A word of a command.
pub(super) struct Word {
    pub text: String,
    pub span: Span,
    pub is_known: bool,
}

/// Reads `range` of a source, and adds the commands among `names` that stand there, and variables.
pub(crate) fn read(
    source: u32,
    text: &str,
    range: std::ops::Range<usize>,
    names: &BTreeSet<&str>,
    into: &mut Vec<Node>,
) {
    let Some(inside) = text.get(range.clone()) else { return };
    let sets = inside.contains('=') || inside.contains("ENV ");
    if sets || names.iter().any(|name| inside.contains(name)) {
        let mut reader =
            Reader { source, text: inside, base: range.start, names, into, left: VALUES };
        reader.read(0..inside.len(), 0);
    }
}

struct Reader<'a, 'o> {
    source: u32,
    text: &'a str,
    /// Where `text` begins in its source.
    base: usize,
    names: &'a BTreeSet<&'a str>,
    into: &'o mut Vec<Node>,
    left: usize,
}

impl Reader<'_, '_> {
    /// Reads words up to the end of each command.
    fn read(&mut self, range: std::ops::Range<usize>, depth: usize) {
        let text = self.text;
        let mut words: Vec<Word> = Vec::new();
        let mut at = range.start;
        while at < range.end && self.left > 0 {
            let Some(rest) = text.get(at..range.end) else { return };
            let Some(c) = rest.chars().next() else { return };
            let next = at + c.len_utf8();
            let goes_on = ['\\', '`', '^'].contains(&c)
                && matches!(text.get(next..range.end), Some(r) if r.starts_with(['\n', '\r']));
            let is_array = words
                .first()
                .is_some_and(|first| ["CMD", "ENTRYPOINT", "RUN"].contains(&first.text.as_str()));
            if goes_on {
                let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
                at += line;
            } else if c == '#' {
                at += rest.find('\n').unwrap_or(rest.len());
            } else if matches!(c, '\n' | ';' | '|' | '&' | '(' | ')' | '`') {
                self.into.extend(command(&words, self.names));
                words.clear();
                at = next;
            } else if c.is_whitespace() || is_array && matches!(c, '[' | ']' | ',') {
                at = next;
            } else {
                let word;
                (word, at) = self.word(at..range.end, depth, is_array);
                self.assignment(&word, &words);
                words.push(word);
                self.left -= 1;
            }
        }
        self.into.extend(command(&words, self.names));
    }

    /// Adds the variable that a word sets: `NAME=value`, also behind `Environment=` of systemd, and
    /// `ENV NAME value` of a Dockerfile.
    fn assignment(&mut self, word: &Word, before: &[Word]) {
        if !word.is_known {
            return;
        }
        let text = word.text.strip_prefix("Environment=").unwrap_or(&word.text);
        let (name, value) = match (text.split_once('='), before) {
            (Some((name, value)), _) => (name, value),
            (None, [env, name]) if env.text == "ENV" && !name.text.contains('=') => {
                (name.text.as_str(), text)
            }
            (None, _) => return,
        };
        if !variables::is_name(name) {
            return;
        }
        let at = |byte: u32| usize::try_from(byte).unwrap_or_default().checked_sub(self.base);
        let written = at(word.span.start)
            .and_then(|start| self.text.get(start..at(word.span.end)?))
            .unwrap_or_default();
        // Only the value is marked, where it stands as it is.
        let start = written.rfind(value).filter(|&at| at > 0 && !value.is_empty());
        let start = start.and_then(|at| u32::try_from(at).ok()).unwrap_or_default();
        let span = Span { start: word.span.start.saturating_add(start), ..word.span };
        let written = written.get(usize::try_from(start).unwrap_or_default()..).unwrap_or_default();
        self.into.extend(variables::variable(name, &literal(value, span), written));
    }

    /// The word at the beginning of `range`, and where it ends.
    fn word(
        &mut self,
        range: std::ops::Range<usize>,
        depth: usize,
        is_array: bool,
    ) -> (Word, usize) {
        let mut word = Word { text: String::new(), span: Span::default(), is_known: true };
        let mut quote = None;
        let mut at = range.start;
        while let Some(rest) = self.text.get(at..range.end).filter(|rest| !rest.is_empty()) {
            let mut chars = rest.chars();
            let Some(c) = chars.next() else { break };
            let second = chars.next();
            let mut length = c.len_utf8();
            match (c, quote) {
                ('\'' | '"', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                ('$', None | Some('"')) => {
                    word.is_known = false;
                    if second == Some('(') {
                        let inside = bracketed(rest);
                        if depth < DEPTH {
                            self.read(at + 2..at + inside, depth + 1);
                        }
                        length = (inside + 1).min(rest.len());
                    } else if second == Some('{') {
                        length = rest.find('}').map_or(length, |end| end + 1);
                    }
                }
                ('`', Some('"')) => word.is_known = false,
                ('\\', None | Some('"')) => match second {
                    Some('\n') | None => break,
                    Some(escaped) => {
                        word.text.push(escaped);
                        length += escaped.len_utf8();
                    }
                },
                ('\n' | ';' | '|' | '&' | '(' | ')' | '`', None) => break,
                ('[' | ']' | ',', None) if is_array => break,
                (c, None) if c.is_whitespace() => break,
                (c, _) => word.text.push(c),
            }
            at += length;
        }
        word.is_known &= !word.text.contains("{{");
        word.span = Span::new(self.source, self.base + range.start..self.base + at);
        (word, at.max(range.start + 1))
    }
}

/// Where the bracket of `$(…` closes; its own end if it does not.
fn bracketed(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'(' => depth += 1,
            b')' if depth <= 1 => return at,
            b')' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The command that words are, if it is one of `names`.
pub(super) fn command(words: &[Word], names: &BTreeSet<&str>) -> Option<Node> {
    let (index, name) = words.iter().enumerate().find_map(|(index, word)| {
        // `ExecStart=/usr/bin/vault` and `./vault.exe` are the same command.
        let name = word.text.rsplit(['/', '\\', '=']).next().unwrap_or_default();
        let name = name.strip_suffix(".exe").unwrap_or(name);
        let name = names.get(name).copied()?;
        Some((index, name))
    })?;
    let (before, rest) = words.split_at_checked(index)?;
    let names_it = ["echo", "printf", "which", "install", "man", "grep", "type", "command", "add"];
    if before.iter().any(|word| names_it.contains(&word.text.as_str())) {
        return None;
    }
    let (first, rest) = rest.split_first()?;
    let mut options = Members::default();
    let mut text = name.to_owned();
    let mut end = first.span.end;
    let mut is_value = false;
    let mut count = 0;
    let mut last = None;
    for (index, word) in rest.iter().enumerate() {
        if std::mem::take(&mut is_value) {
            continue;
        }
        let Some(option) = word.text.strip_prefix('-').filter(|option| !option.is_empty()) else {
            if count < WORDS {
                text.push(' ');
                text.push_str(if word.is_known { &word.text } else { "…" });
                let is_verb = word.text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
                if options.is_empty() && count < 2 && is_verb {
                    end = word.span.end;
                }
            }
            count += 1;
            last = Some(word);
            continue;
        };
        let option = option.trim_start_matches('-');
        let (option, value) = match option.split_once('=') {
            Some((option, value)) => (option, value_of(value, word)),
            None => match rest.get(index + 1).filter(|next| !next.text.starts_with('-')) {
                Some(next) => {
                    is_value = true;
                    (option, value_of(&next.text, next))
                }
                None => (option, Node::new(Tree::Bool(true), word.span)),
            },
        };
        options.add(option, word.span, value);
    }
    let span = Span { end: end.max(first.span.start), ..first.span };
    let mut members = Members::default();
    members.set("command", Tree::text(name), span);
    members.set("text", Tree::text(text), span);
    if let Some(word) = last {
        members.add("last", word.span, value_of(&word.text, word));
    }
    members.add("options", span, options.node(span));
    Some(members.node(span))
}

fn value_of(text: &str, word: &Word) -> Node {
    if !word.is_known {
        return Node::unknown(word.span);
    }
    if text.is_empty() { Node::null(word.span) } else { literal(text, word.span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, Vec<String>)> {
        let names = BTreeSet::from(["vault", "pkcs11-tool", "java"]);
        let mut nodes = Vec::new();
        read(0, text, 0..text.len(), &names, &mut nodes);
        nodes.retain(|node| node.get("command").is_some());
        let shown = |node: &Node| {
            let options = node.get("options").unwrap().entries().iter().map(|entry| {
                let value = entry.node.scalar().unwrap_or("?".into()).into_owned();
                format!("{}={value}", entry.name)
            });
            (node.get("text").unwrap().as_text().unwrap().to_owned(), options.collect())
        };
        nodes.iter().map(shown).collect()
    }

    #[test]
    fn commands_are_found_wherever_scripts_have_them() {
        for text in [
            "vault operator init -key-shares=1 -key-threshold 1",
            "set -e; sudo VAULT_ADDR=x /usr/bin/vault operator init \\\n  -key-shares=1 \\\r\n -key-threshold=1 > out",
            "X=\"$(docker exec v vault operator init -key-shares=1 -key-threshold=\"1\")\"",
            "RUN a && vault operator init -key-shares='1' -key-threshold 1 | tee x",
            "CMD [\"vault\", \"operator\", \"init\", \"-key-shares=1\", \"-key-threshold\", \"1\"]",
            "ExecStart=/usr/bin/vault operator init -key-shares=1 -key-threshold=1",
        ] {
            let found = found(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].0.starts_with("vault operator init"), "{found:?}");
            assert_eq!(found[0].1, ["key-shares=1", "key-threshold=1"], "{text}");
        }
    }

    #[test]
    fn words_about_a_command_are_no_command() {
        for text in [
            "# vault server -dev",
            "echo vault server -dev",
            "apt-get install vault -y",
            "echo 'run pkcs11-tool --extractable'",
            "vaulted server -dev",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn variables_are_found_wherever_scripts_set_them() {
        for text in [
            "export HSM_PIN=4711",
            "HSM_PIN='4711' run it",
            "ENV HSM_PIN 4711",
            "ENV A=b HSM_PIN=\"4711\"",
            "[Service]\nEnvironment=\"HSM_PIN=4711\" A=b",
            "docker run -e HSM_PIN=4711 image",
        ] {
            let mut nodes = Vec::new();
            read(0, text, 0..text.len(), &BTreeSet::new(), &mut nodes);
            let is_it = |node: &&Node| node.get("variable").unwrap().as_text() == Some("HSM_PIN");
            let found = nodes.iter().find(is_it).unwrap_or_else(|| panic!("{text}"));
            let value = found.get("value").unwrap();
            assert_eq!(value.as_text(), Some("4711"), "{text}");
            assert_eq!(value.span.start as usize, text.find("4711").unwrap(), "{text}");
        }
        for text in ["export HSM_PIN=$PIN", "HSM_PIN=", "ARG HSM_PIN", "HSM_PIN=$(cat /run/pin)"] {
            let mut nodes = Vec::new();
            read(0, text, 0..text.len(), &BTreeSet::new(), &mut nodes);
            assert!(nodes.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_a_variable_stands_for_is_unknown() {
        let of = found("pkcs11-tool --pin $PIN --so-pin=\"${X}\" --id '01' --extractable");
        assert_eq!(of[0].1, ["pin=?", "so-pin=?", "id=01", "extractable=true"]);
    }

    #[test]
    fn quotes_and_brackets_without_end_come_to_an_end() {
        let deep = "vault $(".repeat(10_000);
        for text in ["vault '", "vault \"", "vault $(", "vault ${", "vault \\", "é", deep.as_str()]
        {
            found(text);
        }
    }
}
