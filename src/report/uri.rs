//! Paths as URI references (RFC 3986), and as paths relative to a base directory.

use std::borrow::Cow;

/// Where an artifact is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Uri {
    pub text: String,
    /// Whether `text` is relative to the base directory.
    pub relative: bool,
}

/// `path` as a URI: relative to `base` where it is below it or was given as relative, else a
/// `file:` URI.
pub(super) fn of(path: &str, base: Option<&str>) -> Uri {
    if path == "<stdin>" {
        return Uri { text: "stdin:".to_owned(), relative: false };
    }
    let path = below(path, base);
    if let Some(absolute) = path.strip_prefix('/') {
        return Uri {
            text: format!("file:///{}", percent(absolute.trim_start_matches('/'))),
            relative: false,
        };
    }
    if is_drive(&path) {
        let (drive, rest) = path.split_at(2);
        return Uri { text: format!("file:///{drive}{}", percent(rest)), relative: false };
    }
    let climbs = path == ".." || path.starts_with("../");
    Uri { text: percent(&path), relative: !climbs }
}

/// The base directory as a URI that ends in a slash.
pub(super) fn of_directory(base: &str) -> String {
    let mut uri = of(base, None).text;
    if !uri.ends_with('/') {
        uri.push('/');
    }
    uri
}

/// `path` with forward slashes, without `.` segments, and relative to `base` where it is below it.
pub(super) fn below(path: &str, base: Option<&str>) -> String {
    let path = tidy(path);
    let Some(base) = base.map(tidy) else { return path };
    let absolute = |path: &str| path.starts_with('/') || is_drive(path);
    let joined = if absolute(&path) { path.clone() } else { tidy(&format!("{base}/{path}")) };
    let inside = joined.strip_prefix(base.trim_end_matches('/'));
    match inside.and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ if joined == base => ".".to_owned(),
        _ => joined,
    }
}

fn is_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic())
}

/// Resolves `.`, `..` and empty segments by their text.
fn tidy(path: &str) -> String {
    let path = if cfg!(windows) { Cow::from(path.replace('\\', "/")) } else { Cow::from(path) };
    let rooted = path.starts_with('/');
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." if segments.last().is_some_and(|last| *last != "..") => {
                segments.pop();
            }
            ".." if rooted => {}
            other => segments.push(other),
        }
    }
    let joined = segments.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Percent-encodes everything but unreserved characters and slashes. A colon is encoded too, so
/// that no first segment looks like a scheme.
fn percent(path: &str) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _infallible = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(path: &str, base: Option<&str>) -> (String, bool) {
        let uri = of(path, base);
        (uri.text, uri.relative)
    }

    #[test]
    fn relative_paths_stay_relative_and_are_encoded() {
        assert_eq!(uri("./a b/100%#é.pem", None), ("a%20b/100%25%23%C3%A9.pem".into(), true));
        assert_eq!(uri("a:b\n.pem", None), ("a%3Ab%0A.pem".into(), true));
        assert_eq!(uri("keys//x/../y.pem", None), ("keys/y.pem".into(), true));
    }

    #[test]
    fn absolute_paths_are_relative_only_below_the_base() {
        assert_eq!(uri("/srv/app/k.pem", Some("/srv/app")), ("k.pem".into(), true));
        assert_eq!(uri("/srv/apple/k.pem", Some("/srv/app")).0, "file:///srv/apple/k.pem");
        assert_eq!(uri("/etc/k.pem", None), ("file:///etc/k.pem".into(), false));
        assert_eq!(uri("../k.pem", Some("/srv/app")), ("file:///srv/k.pem".into(), false));
        assert_eq!(uri("sub/k.pem", Some("/srv/app/")), ("sub/k.pem".into(), true));
    }

    #[test]
    fn what_climbs_out_of_an_unknown_base_is_not_tied_to_it() {
        assert_eq!(uri("../k.pem", None), ("../k.pem".into(), false));
    }

    #[test]
    fn a_base_directory_ends_in_a_slash() {
        assert_eq!(of_directory("/srv/app"), "file:///srv/app/");
        assert_eq!(of_directory("/"), "file:///");
    }

    #[test]
    fn standard_input_is_no_file() {
        assert_eq!(uri("<stdin>", Some("/srv")), ("stdin:".into(), false));
    }
}
