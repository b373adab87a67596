//! Values that are written in several ways: spans of time, and numbers in base64.

/// Whole days of a span of time: a number of days, a number with a unit (`7776000s`, `2160h`,
/// `90d`), or as ISO 8601 has it (`P90D`, `P1Y2M`, `PT24H`; a month has 30 days, a year 365).
pub(crate) fn days(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Some(period) = text.strip_prefix(['P', 'p']) {
        return iso_days(period);
    }
    // Go's durations may have several parts: `768h0m0s`.
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let number: u64 = number.split('.').next()?.parse().ok()?;
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let unit = match unit {
            "" | "d" | "day" | "days" => 86_400,
            "s" | "second" | "seconds" => 1,
            "m" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3600,
            "w" | "week" | "weeks" => 7 * 86_400,
            "y" | "year" | "years" => 365 * 86_400,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(unit)?)?;
        rest = after.trim_start();
    }
    (!text.is_empty()).then_some(seconds / 86_400)
}

fn iso_days(period: &str) -> Option<u64> {
    let (date, time) = period.split_once(['T', 't']).unwrap_or((period, ""));
    let mut hours: u64 = 0;
    for (part, units) in [
        (date, [('Y', 365 * 24), ('M', 30 * 24), ('W', 7 * 24), ('D', 24)]),
        (time, [('H', 1), ('M', 0), ('S', 0), ('D', 0)]),
    ] {
        let mut rest = part;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let (number, after) = rest.split_at(digits);
            let unit = after.chars().next()?.to_ascii_uppercase();
            let hours_of = units.iter().find(|(name, _)| *name == unit)?.1;
            hours = hours.checked_add(number.parse::<u64>().ok()?.checked_mul(hours_of)?)?;
            rest = after.get(1..)?;
        }
    }
    (!period.is_empty()).then_some(hours / 24)
}

/// Bits of a number in base64 or base64url, without leading zeros.
pub(crate) fn bits_of_base64(text: &str) -> Option<u64> {
    let mut bits: u64 = 0;
    let mut is_leading = true;
    let digits = text.trim().trim_end_matches('=');
    for byte in digits.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        if is_leading && value != 0 {
            is_leading = false;
            bits += u64::from(8 - value.leading_zeros());
        } else if !is_leading {
            bits += 6;
        }
    }
    // What fills up the last byte is no part of the number.
    let filler = (digits.len() as u64 * 6) % 8;
    (!digits.is_empty()).then(|| bits.saturating_sub(filler))
}

/// Bytes that a text in base64 stands for.
pub(crate) fn bytes_of_base64(text: &str) -> Option<u64> {
    let digits = text.trim().trim_end_matches('=');
    let is_digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    (!digits.is_empty() && digits.bytes().all(is_digit)).then(|| digits.len() as u64 * 6 / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_are_days_however_they_are_written() {
        for (text, wanted) in [
            ("90", Some(90)),
            ("7776000s", Some(90)),
            ("2160h", Some(90)),
            ("768h0m0s", Some(32)),
            ("0", Some(0)),
            ("P90D", Some(90)),
            ("P1Y2M", Some(425)),
            ("PT48H", Some(2)),
            ("P2W", Some(14)),
            ("", None),
            ("P", None),
            ("soon", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(days(text), wanted, "{text}");
        }
    }

    #[test]
    fn bits_and_bytes_of_base64_are_counted() {
        // A modulus of 2048 bits begins with a bit that is set: 0x80 and 255 more bytes.
        let modulus = format!("gA{}", "A".repeat(340));
        assert_eq!(modulus.len(), 342);
        assert_eq!(bits_of_base64(&modulus), Some(2048));
        assert_eq!(bits_of_base64("AQAB"), Some(17));
        assert_eq!(bits_of_base64("a b"), None);
        assert_eq!(bytes_of_base64("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="), Some(32));
    }
}
