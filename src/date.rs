//! Civil days of the Gregorian calendar, for dates that end something. Knows RFC 3339 dates and no
//! time zones: a day is a day in UTC.

use std::{
    fmt,
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::error::Reject;

/// A day, as the number of days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Date(i64);

const SECONDS_PER_DAY: i64 = 86_400;

impl Date {
    /// A day of the years 0000 to 9999 that the calendar has.
    pub(crate) fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        if !(0..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 {
            return None;
        }
        let date = Self(days_from_civil(year, month, day));
        // The 31st of April counts as the first of May, and comes back as it.
        (date.civil() == (year, month, day)).then_some(date)
    }

    /// The day of a moment in seconds since 1970-01-01T00:00:00Z.
    pub(crate) const fn from_unix(seconds: i64) -> Self {
        Self(seconds.div_euclid(SECONDS_PER_DAY))
    }

    /// Today by the system's clock.
    pub(crate) fn today() -> Self {
        let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |s| -s),
        };
        Self::from_unix(seconds)
    }

    /// Days from `earlier` to this day; none where it is not earlier.
    pub(crate) fn days_since(self, earlier: Self) -> Option<u64> {
        u64::try_from(self.0.checked_sub(earlier.0)?).ok().filter(|&days| days > 0)
    }

    /// The day that comes `days` later.
    pub(crate) fn after_days(self, days: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(days).unwrap_or(i64::MAX)))
    }

    /// Year, month and day.
    pub(crate) fn civil(self) -> (i64, i64, i64) {
        civil_from_days(self.0)
    }
}

/// The date of an RFC 3339 `full-date` or `date-time`; the time of day is left out.
impl FromStr for Date {
    type Err = Reject;

    fn from_str(text: &str) -> Result<Self, Reject> {
        let (date, rest) = text.split_at_checked(10).ok_or(Reject)?;
        if !(rest.is_empty() || rest.starts_with(['T', 't', ' '])) {
            return Err(Reject);
        }
        let mut numbers = date.split('-').zip([4, 2, 2]).map(|(digits, width)| {
            let is_number = digits.len() == width && digits.bytes().all(|b| b.is_ascii_digit());
            if is_number { digits.parse().map_err(|_| Reject) } else { Err(Reject) }
        });
        let mut next = || numbers.next().ok_or(Reject)?;
        let (year, month, day) = (next()?, next()?, next()?);
        Self::new(year, month, day).ok_or(Reject)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Days since 1970-01-01. The year is counted from March, so that a leap day ends it; an era is
/// 400 years, which is 146,097 days.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn dates_and_date_times_are_read() {
        assert_eq!(date("1970-01-01"), Date(0));
        assert_eq!(date("2000-02-29").to_string(), "2000-02-29");
        assert_eq!(date("2031-12-31T23:59:59Z").to_string(), "2031-12-31");
        assert_eq!(date("0000-01-01").to_string(), "0000-01-01");
        assert_eq!(date("9999-12-31").to_string(), "9999-12-31");
    }

    #[test]
    fn what_the_calendar_does_not_have_is_refused() {
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "2025-02-29",
            "1900-02-29",
            "2026-1-1",
            "26-01-01",
            "2026-01-0x",
            "2026-01-01x",
            "+026-01-01",
            "2026-01é01",
            "next year",
        ] {
            assert_eq!(text.parse::<Date>(), Err(Reject), "{text}");
        }
    }

    #[test]
    fn days_are_counted_over_leap_years() {
        assert_eq!(date("2024-03-01").0 - date("2024-02-28").0, 2);
        assert_eq!(date("2025-03-01").0 - date("2025-02-28").0, 1);
        assert_eq!(date("2026-01-01").0 - date("2026-01-02").0, -1);
        assert_eq!(date("2000-01-01").0 - date("1970-01-01").0, 10_957);
    }

    #[test]
    fn every_day_comes_back_as_itself() {
        let (first, last) = (date("0000-01-01").0, date("9999-12-31").0);
        for days in (first..=last).step_by(13) {
            let (year, month, day) = Date(days).civil();
            assert_eq!(Date::new(year, month, day), Some(Date(days)));
        }
    }

    #[test]
    fn a_moment_belongs_to_its_day() {
        assert_eq!(Date::from_unix(0).to_string(), "1970-01-01");
        assert_eq!(Date::from_unix(86_399).to_string(), "1970-01-01");
        assert_eq!(Date::from_unix(-1).to_string(), "1969-12-31");
        let _in_range = Date::from_unix(i64::MIN).civil();
        assert!(Date::today() > date("2025-01-01"));
    }
}
