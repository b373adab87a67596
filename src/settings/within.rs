//! Documents inside of texts: a policy that stands in a heredoc, in quotes or in a file that is read
//! by a function. What is found in them keeps the line on which it is written.

use std::ops::Range;

use super::{
    Sources, hcl, json,
    tree::{Node, Span, Tree},
};

/// Longer texts are let be.
pub(crate) const LONGEST: usize = 1 << 20;

/// In longer texts, words are not looked for one by one.
const LONGEST_OF_WORDS: usize = 64 << 10;

/// The JSON that a text is, if it is an object or a list.
pub(crate) fn json(node: &Node, sources: &Sources) -> Option<Node> {
    let text = node.as_partial().filter(|text| text.len() < LONGEST)?;
    let first = text.trim_start().bytes().next();
    let last = text.trim_end().bytes().next_back();
    if !matches!((first, last), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))) {
        return None;
    }
    let is_partial = node.as_text().is_none();
    let quoted = if is_partial { with_gaps_quoted(text) } else { None };
    let text = quoted.as_deref().unwrap_or(text);
    let mut found = json::parse(u32::MAX, text).ok()?;
    Places::new(text, node.span, sources).put(&mut found, is_partial);
    Some(found)
}

/// The HCL document that a text is, if it has blocks.
pub(crate) fn hcl(node: &Node, sources: &Sources) -> Option<Node> {
    let text = node.as_partial().filter(|text| text.len() < LONGEST)?;
    let parsed = hcl::parse(u32::MAX, text);
    if parsed.body.blocks.is_empty() {
        return None;
    }
    let whole = Span::new(u32::MAX, 0..text.len());
    let mut found = hcl::document(&parsed.body, whole, text);
    Places::new(text, node.span, sources).put(&mut found, node.as_text().is_none());
    Some(found)
}

/// Whether a text has a part that is not known: `${NAME}`, but not a variable of IAM such as
/// `${aws:username}`, which is meant as it stands.
pub(crate) fn has_gap(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        if !is_meant(name) {
            return true;
        }
        rest = after;
    }
    false
}

fn is_meant(name: &str) -> bool {
    let (head, tail) = name.split_once(':').unwrap_or((name, ""));
    !tail.is_empty() && head.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// JSON in which a value that is not known stands without quotes, with quotes around it.
fn with_gaps_quoted(text: &str) -> Option<String> {
    let mut whole = String::new();
    let mut is_text = false;
    let mut is_changed = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        if is_text && c == '\\' {
            length += rest.chars().nth(1).map_or(0, char::len_utf8);
        } else if c == '"' {
            is_text = !is_text;
        } else if !is_text && rest.starts_with("${") {
            length = rest.find('}').map_or(rest.len(), |end| end + 1);
            let gap = rest.get(..length).unwrap_or_default().replace('"', "'");
            whole.push_str(&format!("\"{gap}\""));
            rest = rest.get(length..).unwrap_or_default();
            is_changed = true;
            continue;
        }
        whole.push_str(rest.get(..length).unwrap_or_default());
        rest = rest.get(length..).unwrap_or_default();
    }
    is_changed.then_some(whole)
}

/// Where bytes of a text stand in the source that it is written in: line by line, or where lines are
/// written in another way (folded, in quotes), word by word.
pub(crate) struct Places<'a> {
    span: Span,
    text: &'a str,
    /// Of each line of the text, where it begins, and what it is.
    lines: Vec<(usize, &'a str)>,
    /// Of the source, the same, from the first line that the text has there.
    written: Vec<(usize, &'a str)>,
    is_by_words: bool,
}

impl<'a> Places<'a> {
    pub(crate) fn new(text: &'a str, span: Span, sources: &'a Sources) -> Self {
        let whole = sources.get(span.source).map_or("", |source| source.text.as_str());
        let start = usize::try_from(span.start).unwrap_or(usize::MAX);
        let end = usize::try_from(span.end).unwrap_or(usize::MAX);
        let stands = whole.get(start..end).unwrap_or_default();
        let mut written = lines(stands, start);
        if stands.starts_with("<<") && !written.is_empty() {
            written.remove(0);
        }
        // Lines of a block that is folded become one.
        let head = whole.get(..start).unwrap_or_default().trim_end();
        let is_folded = [">", ">-", ">+"].iter().any(|mark| head.ends_with(mark));
        let lines = lines(text, 0);
        let is_by_words = text.len() <= LONGEST_OF_WORDS
            && (is_folded || stands.starts_with(['"', '\'']) && written.len() < lines.len());
        Self { span, text, lines, written, is_by_words }
    }

    /// Puts a tree that was read out of the text where it is written.
    pub(crate) fn put(&self, node: &mut Node, is_partial: bool) {
        node.span = self.place(node.span);
        match &mut node.tree {
            Tree::Text(text) if is_partial && has_gap(text) => {
                node.tree = Tree::Partial(std::mem::take(text));
            }
            Tree::List(nodes) => nodes.iter_mut().for_each(|node| self.put(node, is_partial)),
            Tree::Map(entries) => {
                for entry in entries {
                    entry.name_span = self.place(entry.name_span);
                    self.put(&mut entry.node, is_partial);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn place(&self, span: Span) -> Span {
        if self.is_by_words {
            let word = usize::try_from(span.start).ok().and_then(|at| self.word(at));
            return word.map_or(self.span, |range| Span::new(self.span.source, range));
        }
        let start = usize::try_from(span.start).ok().and_then(|at| self.at(at));
        let end = usize::try_from(span.end).ok().and_then(|at| self.at(at));
        match (start, end) {
            (Some(start), end) => {
                let end = end.map_or(start.end, |end| end.start.max(start.start));
                Span::new(self.span.source, start.start..end)
            }
            (None, _) => self.span,
        }
    }

    /// Where the word at a byte of the text stands, to the end of its line: it occurs before as
    /// often as in the text.
    fn word(&self, at: usize) -> Option<Range<usize>> {
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\');
        let rest = self.text.get(at..)?;
        let skipped = rest.len() - rest.trim_start_matches(['"', '\'']).len();
        let at = at + skipped;
        let rest = self.text.get(at..)?;
        let word = rest.get(..rest.find(ends).unwrap_or(rest.len()))?;
        if word.is_empty() {
            return None;
        }
        let mut before = self.text.get(..at)?.matches(word).count();
        for (start, line) in &self.written {
            for (column, _) in line.match_indices(word) {
                if before == 0 {
                    return Some(start + column..start + line.trim_end().len());
                }
                before -= 1;
            }
        }
        None
    }

    /// Where a byte of the text stands, to the end of its line.
    fn at(&self, at: usize) -> Option<Range<usize>> {
        let index = self.lines.partition_point(|(start, _)| *start <= at).checked_sub(1)?;
        let (start, line) = self.lines.get(index)?;
        let (written_start, written) = self.written.get(index)?;
        let words = line.trim();
        let column = (at - start).saturating_sub(line.len() - line.trim_start().len());
        let blanks = written.len() - written.trim_start().len();
        let found = if words.is_empty() { None } else { written.find(words) };
        let from = match found {
            Some(found) => written_start + found + column,
            // Something was filled in: the line as a whole.
            None => written_start + blanks,
        };
        Some(from..written_start + written.trim_end().len())
    }
}

/// Each line with where it begins.
fn lines(text: &str, base: usize) -> Vec<(usize, &str)> {
    let mut at = base;
    text.split_inclusive('\n')
        .map(|line| {
            let start = at;
            at += line.len();
            (start, line)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::settings::Source;

    fn sources(text: &str) -> Sources {
        let mut sources = Sources::default();
        sources.add(Source::new("a.tf".into(), None, Zeroizing::new(text.to_owned())));
        sources
    }

    #[test]
    fn a_value_in_a_heredoc_keeps_its_line() {
        let text = "policy = <<-EOT\n    {\n      \"Effect\": \"Allow\",\n      \"Principal\": ${x},\n      \
                    \"Sid\": \"a-${b}-${aws:username}\"\n    }\n  EOT\n";
        let sources = sources(text);
        let start = text.find("<<").unwrap();
        let inner = "{\n  \"Effect\": \"Allow\",\n  \"Principal\": ${x},\n  \"Sid\": \
                     \"a-${b}-${aws:username}\"\n}\n";
        let node = Node::new(Tree::Partial(inner.to_owned()), Span::new(0, start..text.len() - 1));
        let found = json(&node, &sources).unwrap();
        let effect = found.get("Effect").unwrap();
        assert_eq!(&text[effect.span.start as usize..effect.span.end as usize], "\"Allow\"");
        assert_eq!(effect.as_text(), Some("Allow"));
        assert_eq!(found.get("Principal").unwrap().as_partial(), Some("${x}"));
        assert_eq!(found.get("Principal").unwrap().as_text(), None);
        let site = sources.site(found.get("Principal").unwrap().span, true);
        assert_eq!(site.line, 4);
    }

    #[test]
    fn variables_of_iam_are_no_gaps() {
        assert!(!has_gap("arn:aws:iam::1:user/${aws:username}"));
        assert!(has_gap("arn:${data.x.y.z}"));
        assert!(has_gap("${aws:username}${x}"));
    }
}
