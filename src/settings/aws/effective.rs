//! What is left of an `Allow` once every `Deny` is taken off.

use super::{
    actions::Actions,
    condition::{self, Narrowing, Reach},
    document::Statement,
    principal::{Account, Is, Principal, Who},
    resource::Extent,
};

/// Actions that one principal may do, and under which conditions.
#[derive(Debug, Clone)]
pub(super) struct Right {
    pub actions: Actions,
    pub narrowing: Narrowing,
}

/// What a `Deny` does to an `Allow`.
enum Effect {
    Nothing,
    TakesAway,
    /// Only those are left whom it does not deny.
    Narrows(Narrowing),
}

/// What `principal`, or with none whoever has the policy, may do by `allow`.
pub(super) fn rights(
    allow: &Statement<'_>,
    principal: Option<&Principal>,
    extent: &Extent,
    statements: &[Statement<'_>],
    own: &Account,
) -> Vec<Right> {
    let conditions = allow
        .tests
        .as_ref()
        .map_or_else(Narrowing::unknown, |tests| condition::allowed(tests, own));
    let mut rights = vec![Right { actions: allow.actions.set, narrowing: conditions }];
    for deny in statements.iter().filter(|statement| !statement.allows) {
        if deny.resources.is_some() && !extent.is_within(deny) {
            continue;
        }
        // What it denies beyond what is known may be anything.
        let covered = if deny.actions.is_open { Actions::MAX } else { deny.actions.set };
        let effect = match effect(deny, principal, own) {
            Effect::TakesAway if deny.actions.is_open => Effect::Narrows(Narrowing::unknown()),
            effect => effect,
        };
        match effect {
            Effect::Nothing => {}
            Effect::TakesAway => rights.iter_mut().for_each(|right| right.actions &= !covered),
            Effect::Narrows(by) => {
                for number in 0..rights.len() {
                    let Some(right) = rights.get_mut(number) else { break };
                    let inside = right.actions & covered;
                    if inside == 0 {
                        continue;
                    }
                    let narrowed = right.narrowing.clone().and(by.clone());
                    if right.actions == inside {
                        right.narrowing = narrowed;
                    } else {
                        right.actions &= !covered;
                        rights.push(Right { actions: inside, narrowing: narrowed });
                    }
                }
            }
        }
    }
    rights.retain(|right| right.actions != 0);
    rights
}

fn effect(deny: &Statement<'_>, principal: Option<&Principal>, own: &Account) -> Effect {
    let whom = match (&deny.who, principal) {
        (Who::Unknown, _) => return Effect::Narrows(Narrowing::unknown()),
        (Who::Unsaid, _) | (_, None) => Effect::TakesAway,
        (Who::These(denied), Some(principal)) => {
            if denied.iter().any(|denied| denied.covers(principal)) {
                Effect::TakesAway
            } else if denied.iter().any(|denied| denied.is == Is::Unknown) {
                Effect::Narrows(Narrowing::unknown())
            } else {
                Effect::Nothing
            }
        }
        (Who::AllBut(spared), Some(principal)) => all_but(spared, principal),
    };
    let Some(tests) = &deny.tests else {
        return match whom {
            Effect::Nothing => Effect::Nothing,
            _ => Effect::Narrows(Narrowing::unknown()),
        };
    };
    match whom {
        whom if tests.is_empty() => whom,
        Effect::Nothing => Effect::Nothing,
        // Whoever is spared is not let pass by the conditions alone.
        Effect::TakesAway | Effect::Narrows(_) => {
            let left = condition::not_denied(tests, own);
            let says_nothing = left.reach == Reach::Everyone
                && !left.is_unknown
                && !left.is_limited
                && !left.some_keys;
            if says_nothing { Effect::Nothing } else { Effect::Narrows(left) }
        }
    }
}

/// A `Deny` of everybody but some.
fn all_but(spared: &[Principal], principal: &Principal) -> Effect {
    if spared.iter().any(|spared| spared.covers(principal)) {
        return Effect::Nothing;
    }
    if spared.iter().any(|spared| spared.is == Is::Unknown) {
        return Effect::Narrows(Narrowing::unknown());
    }
    let among_them = |spared: &&Principal| {
        principal.is == Is::Anyone
            || principal.is == Is::Account && spared.account == principal.account
    };
    let left: Vec<&Principal> = spared.iter().filter(among_them).collect();
    let is_account = left.iter().any(|spared| spared.is == Is::Account);
    match left.is_empty() {
        true => Effect::TakesAway,
        false if is_account => Effect::Narrows(Narrowing::new(Reach::Account, "account")),
        false => Effect::Narrows(Narrowing::new(Reach::Named, "principal")),
    }
}
