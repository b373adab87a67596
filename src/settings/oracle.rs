//! Oracle Net files (`sqlnet.ora`, `listener.ora`): `NAME = (A = (B = c)(D = e))`. What is in
//! brackets is a map; names are in capitals, since case does not count there.

use super::{
    text::{Members, VALUES, literal},
    tree::{Node, Span},
};

/// Brackets within brackets. Files that people write have about five.
const DEPTH: usize = 32;

pub(crate) fn parse(source: u32, text: &str) -> Node {
    let mut reader = Reader { source, text, at: 0, left: VALUES };
    let mut root = Members::default();
    while reader.skip_blank() {
        let before = reader.at;
        reader.parameter(&mut root, 0);
        if reader.at == before {
            // A bracket or a sign that belongs to nothing.
            reader.at += reader.rest().chars().next().map_or(1, char::len_utf8);
        }
    }
    root.node(Span::new(source, 0..0))
}

struct Reader<'a> {
    source: u32,
    text: &'a str,
    at: usize,
    left: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes to what comes next. Whether there is anything.
    fn skip_blank(&mut self) -> bool {
        loop {
            self.at += self.rest().len() - self.rest().trim_start().len();
            if !self.rest().starts_with('#') {
                return !self.rest().is_empty() && self.left > 0;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn is_next(&mut self, sign: char) -> bool {
        let is = self.skip_blank() && self.rest().starts_with(sign);
        self.at += usize::from(is);
        is
    }

    /// `NAME = value`, where a value is a word, or parameters in brackets.
    fn parameter(&mut self, into: &mut Members, depth: usize) {
        self.left = self.left.saturating_sub(1);
        let Some((name, name_span)) = self.word("=()") else { return };
        if !self.is_next('=') {
            // Words that stand alone: `(AES256, AES192)`.
            for word in name.split(',').map(str::trim).filter(|word| !word.is_empty()) {
                into.add("", name_span, literal(word, name_span));
            }
            return;
        }
        let name = name.to_ascii_uppercase();
        if !self.skip_blank() {
            return;
        }
        if !self.rest().starts_with('(') {
            if let Some((value, span)) = self.word("()\n") {
                into.add(&name, name_span, literal(value, span));
            }
            return;
        }
        let mut inside = Members::default();
        while self.is_next('(') {
            if depth < DEPTH {
                let before = self.at;
                self.parameter(&mut inside, depth + 1);
                // A list of words: `(a, b)`.
                if self.at == before {
                    return;
                }
            }
            if !self.is_next(')') {
                break;
            }
        }
        let inside = inside.node(name_span);
        let words = inside.get("").filter(|_| inside.entries().len() == 1);
        into.add(&name, name_span, words.unwrap_or(&inside).clone());
    }

    fn word(&mut self, ends: &str) -> Option<(&'a str, Span)> {
        if !self.skip_blank() {
            return None;
        }
        let rest = self.rest();
        let (word, length) = match rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            Some((word, _)) => (word, word.len() + 2),
            None => {
                let end = rest.find(|c| ends.contains(c)).unwrap_or(rest.len());
                (rest.get(..end).unwrap_or_default().trim_end(), end)
            }
        };
        let start = self.at + usize::from(length > word.len() && rest.starts_with('"'));
        self.at += length;
        let is_word = !word.is_empty();
        is_word.then(|| (word, Span::new(self.source, start..start + word.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tree::Path;

    #[test]
    fn brackets_are_maps() {
        let text = "# wallet\nENCRYPTION_WALLET_LOCATION =\n  (SOURCE = (METHOD = FILE)\n    \
                    (METHOD_DATA = (DIRECTORY = /u01/wallet)))\nSQLNET.WALLET_OVERRIDE = TRUE\n";
        let root = parse(0, text);
        let at = |path: &str| {
            let look = root.find(&Path::parse(path).unwrap());
            look.nodes[0].as_text().unwrap().to_owned()
        };
        assert_eq!(at("ENCRYPTION_WALLET_LOCATION.SOURCE.METHOD"), "FILE");
        assert_eq!(at("ENCRYPTION_WALLET_LOCATION.SOURCE.METHOD_DATA.DIRECTORY"), "/u01/wallet");
        assert_eq!(at("\"SQLNET.WALLET_OVERRIDE\""), "TRUE");
    }

    #[test]
    fn brackets_without_end_come_to_an_end() {
        let deep = "A=".to_owned() + &"(B=".repeat(100_000);
        for text in ["(", ")", "A=(", "A=(B=(C=", "A=()", "=", "\"", "é=(é)", deep.as_str()] {
            parse(0, text);
        }
    }
}
