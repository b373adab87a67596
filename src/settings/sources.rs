//! The texts that trees point into, and the places that people are shown for them.

use std::{borrow::Cow, sync::OnceLock};

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
pub(crate) struct Sources {
    all: Vec<Source>,
    /// Where secrets are written, in order: excerpts leave them out, also beside what they show.
    secrets: OnceLock<Vec<Span>>,
}

impl Sources {
    /// Adds a document; gives its number.
    pub(crate) fn add(&mut self, source: Source) -> u32 {
        self.all.push(source);
        u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Source> {
        self.all.get(usize::try_from(number).ok()?)
    }

    /// The first document, if nothing points into it any more.
    pub(crate) fn into_first(self) -> Option<Source> {
        self.all.into_iter().next()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Source)> {
        (0..).zip(&self.all)
    }

    /// Leaves these out of excerpts. Said once, when everything is read.
    pub(crate) fn hide(&self, mut secrets: Vec<Span>) {
        secrets.sort_unstable();
        secrets.dedup();
        self.secrets.get_or_init(|| secrets);
    }

    /// The bytes `start..end` of a source, with `…` for every secret in them.
    fn shown<'a>(&self, number: u32, text: &'a str, start: usize, end: usize) -> Cow<'a, str> {
        let whole = text.get(start..end).unwrap_or_default();
        let clip = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let hidden = self.secrets.get().map(Vec::as_slice).unwrap_or_default();
        // A secret of several lines may begin some way before.
        let near = u32::try_from(start.saturating_sub(1 << 16)).unwrap_or(u32::MAX);
        let first = hidden.partition_point(|secret| (secret.source, secret.start) < (number, near));
        let of_source = hidden.get(first..).unwrap_or_default();
        let mut shown = Cow::Borrowed(whole);
        let mut from = start;
        let begun = of_source
            .iter()
            .take_while(|secret| secret.source == number && clip(secret.start) < end)
            .filter(|secret| clip(secret.end) > start);
        for secret in begun {
            let before = text.get(from..clip(secret.start).clamp(from, end)).unwrap_or_default();
            if from == start {
                shown = Cow::Owned(String::new());
            }
            let shown = shown.to_mut();
            shown.push_str(before);
            shown.push('…');
            from = clip(secret.end).clamp(from, end);
        }
        if from > start {
            shown.to_mut().push_str(text.get(from..end).unwrap_or_default());
        }
        shown
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
            removed: None,
            excerpt: excerpt::setting(
                &self.shown(span.source, text, line_start, start),
                &self.shown(span.source, text, start, start + marked.len()),
                is_open,
            ),
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

    #[test]
    fn a_secret_is_left_out_beside_what_is_shown() {
        let text = "tool --pin 4711 --so-pin 4712 --bits 256\n";
        let mut sources = Sources::default();
        let source = Source::new("x.sh".into(), None, Zeroizing::new(text.to_owned()));
        let number = sources.add(source);
        let span = |part: &str| {
            let at = text.find(part).unwrap();
            Span::new(number, at..at + part.len())
        };
        sources.hide(vec![span("4712"), span("4711")]);
        let shown = |part| sources.site(span(part), true).excerpt.text;
        assert_eq!(shown("256"), "tool --pin … --so-pin … --bits 256");
        assert_eq!(shown("4711 --so-pin 4712"), "tool --pin … --so-pin …");
        assert_eq!(sources.site(span("4712"), false).excerpt.text, "tool --pin … --so-pin …");
    }
}
