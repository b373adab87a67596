//! The texts that trees point into, and the places that people are shown for them.

use zeroize::Zeroizing;

use super::tree::Span;
use crate::{excerpt, fact::Site};

/// One document.
pub(crate) struct Source {
    /// As it is shown, with the chain of containers.
    pub path: String,
    /// The real file, where `path` leads on inside of it.
    pub file: Option<String>,
    pub text: Zeroizing<String>,
    /// Byte at which each line begins.
    lines: Vec<u32>,
}

impl Source {
    pub(crate) fn new(path: String, file: Option<String>, text: Zeroizing<String>) -> Self {
        let newlines = memchr::memchr_iter(b'\n', text.as_bytes());
        let lines = std::iter::once(0)
            .chain(newlines.map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX)))
            .collect();
        Self { path, file, text, lines }
    }

    /// 1-based line that holds a byte.
    pub(crate) fn line(&self, at: usize) -> usize {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        self.lines.partition_point(|&start| start <= at).max(1)
    }
}

/// All documents that are looked at together.
#[derive(Default)]
pub(crate) struct Sources(Vec<Source>);

impl Sources {
    /// Adds a document; gives its number.
    pub(crate) fn add(&mut self, source: Source) -> u32 {
        self.0.push(source);
        u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Source> {
        self.0.get(usize::try_from(number).ok()?)
    }

    /// The first document, if nothing points into it any more.
    pub(crate) fn into_first(self) -> Option<Source> {
        self.0.into_iter().next()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Source)> {
        (0..).zip(&self.0)
    }

    /// The place of a span. `is_open`: whether what stands there may be shown, masked as always.
    pub(crate) fn site(&self, span: Span, is_open: bool) -> Site {
        let Some(source) = self.get(span.source) else { return Site::default() };
        let text = source.text.as_str();
        let clip = |at: u32| {
            let mut at = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (clip(span.start), clip(span.end.max(span.start)));
        let line = source.line(start);
        let line_start =
            line.checked_sub(1).and_then(|index| source.lines.get(index)).map_or(0, |&at| clip(at));
        let before = text.get(line_start..start).unwrap_or_default();
        let marked = text.get(start..end).unwrap_or_default().lines().next().unwrap_or_default();
        let column = before.chars().count() as u64 + 1;
        Site {
            path: source.path.clone(),
            file: source.file.clone(),
            line: line as u64,
            column,
            end_column: column + (marked.chars().count() as u64).max(1),
            offset: start as u64,
            length: (end - start) as u64,
            decoded: Vec::new(),
            commit: None,
            excerpt: excerpt::setting(before, marked, is_open),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_line_and_column_of_its_first_character() {
        let text = "a: 1\nélan:  { key: 256 }\n";
        let mut sources = Sources::default();
        let text = Zeroizing::new(text.to_owned());
        let number = sources.add(Source::new("x.yaml".into(), None, text.clone()));
        let at = text.find("256").unwrap();
        let site = sources.site(Span::new(number, at..at + 3), true);
        assert_eq!((site.line, site.column, site.end_column), (2, 15, 18));
        assert_eq!(site.excerpt.text, "key: 256");
        assert_eq!(&site.excerpt.text[site.excerpt.mark.0..site.excerpt.mark.1], "256");
        let hidden = sources.site(Span::new(number, at..at + 3), false);
        assert_eq!(hidden.excerpt.text, "key: …");
        // Past the end, and in the middle of a character.
        assert_eq!(sources.site(Span::new(number, 6..900), true).line, 2);
        assert_eq!(sources.site(Span::new(9, 0..1), true), Site::default());
    }
}
