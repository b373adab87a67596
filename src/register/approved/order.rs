//! Dates and states of an entry: whether they can all be true, and what is due.

use super::entry::{Key, Text};
use crate::{date::Date, settings::days};

/// A date of an entry, and its name there.
type Dated = (&'static str, Date);

/// The dates of an entry that can be read.
pub(super) struct Dates {
    created: Option<Date>,
    activated: Option<Date>,
    pub rotate_by: Option<Date>,
    pub expires: Option<Date>,
    deactivated: Option<Date>,
    compromised: Option<Date>,
    destroyed: Option<Date>,
    state_since: Option<Date>,
    /// In days.
    pub cryptoperiod: Option<u64>,
}

/// A date that is said and can be read.
pub(super) fn date(text: Option<&Text>) -> Option<Date> {
    text?.value.trim().parse().ok()
}

impl Dates {
    pub(super) fn of(key: &Key) -> Self {
        Self {
            created: date(key.created.as_ref()),
            activated: date(key.activated.as_ref()),
            rotate_by: date(key.rotate_by.as_ref()),
            expires: date(key.expires.as_ref()),
            deactivated: date(key.deactivated.as_ref()),
            compromised: date(key.compromised.as_ref()),
            destroyed: date(key.destroyed.as_ref()),
            state_since: date(key.state_since.as_ref()),
            cryptoperiod: key.cryptoperiod.as_ref().and_then(|text| days(&text.value)),
        }
    }

    /// The day by which the key is to be replaced: the one that is said, or the end of the
    /// cryptoperiod, whichever comes first.
    pub(super) fn due(&self) -> Option<Date> {
        let end = self.end_of_cryptoperiod();
        [self.rotate_by, end].into_iter().flatten().min()
    }

    fn end_of_cryptoperiod(&self) -> Option<Date> {
        Some(self.activated?.after_days(self.cryptoperiod?))
    }

    /// Days for which the key should have been replaced.
    pub(super) fn overdue(&self, today: Date) -> Option<u64> {
        today.days_since(self.due()?)
    }

    /// Days for which the key has been past its end.
    pub(super) fn expired(&self, today: Date) -> Option<u64> {
        today.days_since(self.expires?)
    }

    /// What cannot all be true, in sentences.
    pub(super) fn disorder(&self, key: &Key, today: Date) -> Vec<String> {
        let mut wrong = Vec::new();
        let named = |name, date: Option<Date>| date.map(|date| (name, date));
        let created = named("created", self.created);
        let activated = named("activated", self.activated);
        let deactivated = named("deactivated", self.deactivated);
        let compromised = named("compromised", self.compromised);
        let destroyed = named("destroyed", self.destroyed);
        let expires = named("expires", self.expires);
        let rotate_by = named("rotate_by", self.rotate_by);
        let state_since = named("state_since", self.state_since);
        for (first, then) in [
            (created, activated),
            (created, deactivated),
            (created, compromised),
            (created, destroyed),
            (created, state_since),
            (activated, deactivated),
            (activated, expires),
            (activated, rotate_by),
            (deactivated, destroyed),
            (compromised, destroyed),
            (rotate_by, expires),
        ] {
            wrong.extend(in_order(first, then));
        }
        if let (Some(due), Some(end)) = (self.rotate_by, self.end_of_cryptoperiod())
            && end < due
        {
            wrong.push(format!("rotate_by {due} is later than the cryptoperiod allows ({end})"));
        }
        for (name, date) in
            [created, deactivated, compromised, destroyed, state_since].into_iter().flatten()
        {
            if date > today {
                wrong.push(format!("{name} {date} has not come yet"));
            }
        }
        wrong.extend(self.against_state(key.state(), today));
        wrong
    }

    /// What a state rules out (NIST SP 800-57 part 1 rev. 5, section 7: no key comes back from
    /// deactivated, compromised or destroyed).
    fn against_state(&self, state: &str, today: Date) -> Vec<String> {
        let mut wrong = Vec::new();
        let ended = [
            ("deactivated", self.deactivated),
            ("compromised", self.compromised),
            ("destroyed", self.destroyed),
        ];
        // States from which the key can still come into those that are named.
        let ruled_out: &[&str] = match state {
            "pre-activation" | "active" | "suspended" => {
                &["deactivated", "compromised", "destroyed"]
            }
            "deactivated" => &["compromised", "destroyed"],
            "compromised" => &["destroyed"],
            _ => &[],
        };
        for (name, date) in ended {
            if let Some(date) = date.filter(|date| *date <= today && ruled_out.contains(&name)) {
                wrong.push(format!("state is {state}, and it was {name} on {date}"));
            }
        }
        match self.activated {
            Some(date) if state == "pre-activation" && date <= today => {
                wrong.push(format!("state is {state}, and it was activated on {date}"));
            }
            Some(date) if matches!(state, "active" | "suspended") && date > today => {
                wrong.push(format!("state is {state}, and it is activated only on {date}"));
            }
            _ => {}
        }
        wrong
    }
}

fn in_order(first: Option<Dated>, then: Option<Dated>) -> Option<String> {
    let ((name, date), (then_name, then_date)) = (first?, then?);
    (then_date < date).then(|| format!("{then_name} {then_date} comes before {name} {date}"))
}

/// Whether a key may pass from one state to another (NIST SP 800-57 part 1 rev. 5, section 7).
pub(super) fn may_pass(from: &str, to: &str) -> bool {
    let next: &[&str] = match from {
        "pre-activation" => &["active", "suspended", "destroyed", "compromised"],
        "active" => &["suspended", "deactivated", "compromised"],
        "suspended" => &["active", "deactivated", "compromised", "destroyed"],
        "deactivated" => &["compromised", "destroyed"],
        "compromised" => &["destroyed"],
        _ => &[],
    };
    from == to || next.contains(&to)
}
