//! Texts of .NET's keys inside other languages: escapes, string concatenation, and the values of
//! elements and members.

use memchr::memmem;
use zeroize::Zeroizing;

use crate::{formats::text::base64, unit::Decoded};

/// The text of a key without the escapes and the string concatenation of what it stands in. XML is
/// told by its first tag.
pub(super) fn plain(bytes: &[u8]) -> Decoded {
    let mut text = Zeroizing::new(Vec::with_capacity(bytes.len()));
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        let escape = if matches!(first, b'&' | b'\\') { escape(rest) } else { None };
        match escape {
            Some((written, meant)) => {
                text.extend_from_slice(meant);
                rest = rest.get(written..).unwrap_or_default();
            }
            None => {
                text.push(first);
                rest = after;
            }
        }
    }
    if text.contains(&b'<') { joined(&text) } else { text }
}

/// Escapes of XML, JSON and C, in lower case, and what they mean.
const ESCAPES: &[(&[u8], &[u8])] = &[
    (b"&lt;", b"<"),
    (b"&gt;", b">"),
    (b"&amp;lt;", b"<"),
    (b"&amp;gt;", b">"),
    (b"&quot;", b"\""),
    (b"&#13;", b" "),
    (b"&#10;", b" "),
    (b"&#xd;", b" "),
    (b"&#xa;", b" "),
    (b"&#43;", b"+"),
    (b"&#x2b;", b"+"),
    (b"&#61;", b"="),
    (b"&#x3d;", b"="),
    (b"\\u003c", b"<"),
    (b"\\u003e", b">"),
    (b"\\u002b", b"+"),
    (b"\\u002f", b"/"),
    (b"\\u003d", b"="),
    (b"\\x3c", b"<"),
    (b"\\x3e", b">"),
    (b"\\r", b" "),
    (b"\\n", b" "),
    (b"\\t", b" "),
    (b"\\\"", b"\""),
    (b"\\/", b"/"),
    (b"\\\n", b" "),
    (b"\\\r\n", b" "),
    (b"\\\\r", b" "),
    (b"\\\\n", b" "),
];

/// The length of the escape at the start of `bytes`, and what it means.
fn escape(bytes: &[u8]) -> Option<(usize, &'static [u8])> {
    let found = ESCAPES.iter().find(|(written, _)| starts_with(bytes, written));
    found.map(|&(written, meant)| (written.len(), meant))
}

/// `text` without `" + "` and its like: from a quote to the next with only operators between.
fn joined(text: &[u8]) -> Decoded {
    let mut whole = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if matches!(first, b'"' | b'\'') {
            let is_glue = |byte: &u8| byte.is_ascii_whitespace() || b"+&.,_@$\\;=".contains(byte);
            let glue = after.iter().take(100).take_while(|&byte| is_glue(byte)).count();
            if after.get(glue) == Some(&first) {
                rest = after.get(glue + 1..).unwrap_or_default();
                continue;
            }
        }
        whole.push(first);
    }
    whole
}

/// What stands as a value.
pub(super) enum Value {
    Number(Decoded),
    /// Something for a person or a template to replace.
    Placeholder,
    /// An expression of a program.
    Code,
    /// The text ends in it.
    Cut,
}

/// The value of the element or JSON member `name`.
pub(super) fn value(text: &[u8], name: &str) -> Option<Value> {
    let content = |tag: String, end: u8| {
        let at = memmem::find(text, tag.as_bytes())?;
        let rest = text.get(at + tag.len()..)?;
        Some((rest, memchr::memchr(end, rest)))
    };
    let element = content(format!("<{name}>"), b'<').or_else(|| content(format!(":{name}>"), b'<'));
    let (rest, end) = element.or_else(|| {
        let (rest, _) = content(format!("\"{name}\""), b'"')?;
        let rest = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let rest = rest.strip_prefix(b"\"")?;
        Some((rest, memchr::memchr(b'"', rest)))
    })?;
    let Some(content) = end.and_then(|end| rest.get(..end)) else { return Some(Value::Cut) };
    Some(match base64(content) {
        Some(number) => Value::Number(number),
        None if content.iter().any(|byte| b"\"'()".contains(byte)) => Value::Code,
        None => Value::Placeholder,
    })
}

/// Whether `bytes` start with `lower`, which is in lower case, in either case.
pub(super) fn starts_with(bytes: &[u8], lower: &[u8]) -> bool {
    bytes.get(..lower.len()).is_some_and(|start| start.eq_ignore_ascii_case(lower))
}
