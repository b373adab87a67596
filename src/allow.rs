//! Allowances in comments: `keylint: allow RULE until YYYY-MM-DD -- reason`, in the comment syntax
//! of any language. Reads them; what they hold back, and whether they are in force, is decided
//! elsewhere.

use std::ops::Range;

use crate::{
    date::Date,
    rows::{Found, Row},
    unit::Unit,
};

pub(crate) const ROW: Row = Row {
    name: "allow",
    about: "allowances in comments: `keylint: allow RULE until DATE -- reason`",
    text: &[b"keylint: allow"],
    binary: &[],
    find,
    head: None,
};

/// Longest line that is read. A reason is a sentence.
const LINE: usize = 1024;

/// What closes a comment, and so ends a reason on the same line.
const CLOSERS: [&[u8]; 6] = [b"*/", b"-->", b"--%>", b"#}", b"*)", b"%>"];

fn find(unit: Unit<'_>, met: Range<usize>, found: &mut Found) {
    let line = unit.span(met.end, LINE);
    let Some(rest) = line.strip_prefix(b" ").or_else(|| line.strip_prefix(b"\t")) else { return };
    let blank = rest.iter().take_while(|&&byte| matches!(byte, b' ' | b'\t')).count();
    let rest = rest.get(blank..).unwrap_or_default();
    let rule = rest.get(..rest.iter().take_while(|&&byte| is_in_rule(byte)).count());
    let rule = rule.unwrap_or_default();
    let after = rest.get(rule.len());
    // Prose about allowances names no rule: `RULE`, `<rule>`, `…`.
    if !rule.first().is_some_and(u8::is_ascii_lowercase)
        || after.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_:`<".contains(byte))
    {
        return;
    }
    let rule = String::from_utf8_lossy(rule).into_owned();
    let line = line.split(|&byte| matches!(byte, b'\n' | b'\r' | 0)).next().unwrap_or_default();
    let closer = CLOSERS.iter().filter_map(|closer| memchr::memmem::find(line, closer)).min();
    let line = line.get(..closer.unwrap_or(line.len())).unwrap_or_default().trim_ascii_end();
    let text = String::from_utf8_lossy(line);
    let rest = text.trim();
    let (head, reason) = match rest.split_once(" -- ") {
        Some((head, reason)) => (head, Some(reason.trim()).filter(|reason| !reason.is_empty())),
        None => (rest.strip_suffix("--").unwrap_or(rest), None),
    };
    let mut words = head.split_whitespace().skip(1);
    let until = match (words.next(), words.next(), words.next()) {
        (Some("until"), Some(date), None) if is_date(date) => Some(date.to_owned()),
        _ => None,
    };
    found.allowance(met.start..met.end + line.len(), rule, until, reason.map(str::to_owned));
}

/// Characters of the id of a rule.
const fn is_in_rule(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// Whether `text` is a day of the calendar, as RFC 3339 writes it.
pub(crate) fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::What;

    type Allowance = (String, Option<String>, Option<String>, String);

    fn read(text: &str) -> Vec<Allowance> {
        let mut found = Found::default();
        let needle = ROW.text[0];
        for at in memchr::memmem::find_iter(text.as_bytes(), needle) {
            (ROW.find)(Unit::whole(text.as_bytes()), at..at + needle.len(), &mut found);
        }
        let item = |item: crate::rows::Item| match item.what {
            What::Allowance { rule, until, reason } => {
                (rule, until, reason, String::from_utf8_lossy(&text.as_bytes()[item.range]).into())
            }
            _ => panic!("only allowances"),
        };
        found.items.into_iter().map(item).collect()
    }

    #[test]
    fn an_allowance_is_read_in_any_comment() {
        let body =
            "keylint: allow private-key-plaintext until 2027-01-31 -- test key, rotated daily";
        for text in [
            format!("# {body}\nkey: x"),
            format!("key = 1 // {body}\r\n"),
            format!("/* {body} */ int x;"),
            format!("<!-- {body} -->"),
            format!("{{# {body} #}}"),
            format!("(* {body} *)"),
            format!("-- {body}"),
        ] {
            let found = read(&text);
            assert_eq!(found.len(), 1, "{text}");
            let (rule, until, reason, range) = &found[0];
            assert_eq!(rule, "private-key-plaintext");
            assert_eq!(until.as_deref(), Some("2027-01-31"));
            assert_eq!(reason.as_deref(), Some("test key, rotated daily"));
            assert_eq!(range, body);
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_none() {
        let parts = |text| {
            let (rule, until, reason, _) = read(text).remove(0);
            (rule, until, reason)
        };
        let reason = || Some("why".to_owned());
        let until = || Some("2027-01-31".to_owned());
        assert_eq!(parts("# keylint: allow weak-rsa -- why"), ("weak-rsa".into(), None, reason()));
        assert_eq!(parts("# keylint: allow weak-rsa until 2027-02-30 -- why").1, None);
        assert_eq!(parts("# keylint: allow weak-rsa until 2027-1-3 -- why").1, None);
        assert_eq!(parts("# keylint: allow weak-rsa until 2027-01-31 x -- why").1, None);
        assert_eq!(
            parts("# keylint: allow weak-rsa until 2027-01-31"),
            ("weak-rsa".into(), until(), None)
        );
        assert_eq!(parts("# keylint: allow weak-rsa until 2027-01-31 --").2, None);
        assert_eq!(parts("# keylint: allow weak-rsa"), ("weak-rsa".into(), None, None));
    }

    #[test]
    fn prose_about_allowances_is_none() {
        assert!(read("write `keylint: allow RULE until DATE -- reason`").is_empty());
        assert!(read("keylint: allow").is_empty());
        assert!(read("keylint: allow \nweak-rsa").is_empty());
        assert!(read("keylint: allowances are comments").is_empty());
        assert!(read("keylint: allow <rule>").is_empty());
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        for date in ["2024-02-29", "2000-02-29", "2027-12-31"] {
            assert!(is_date(date), "{date}");
        }
        for date in [
            "2023-02-29",
            "1900-02-29",
            "2027-13-01",
            "2027-00-10",
            "2027-04-31",
            "27-01-01",
            "2027/01/01",
            "2027-01-01T00:00:00Z",
            "2027-01-0x",
            "",
        ] {
            assert!(!is_date(date), "{date}");
        }
    }

    #[test]
    fn any_prefix_is_survived() {
        let text = "# keylint: allow weak-rsa until 2027-01-31 -- día */";
        for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
            read(&text[..end]);
        }
    }
}
