//! Whether a key policy leaves somebody who can change it, and somebody who can look at it.

use super::{
    actions,
    document::Statement,
    effective::rights,
    principal::{Account, Is, Who},
    resource::Extent,
};
use crate::{
    fact::{Fact, Field, Kind},
    settings::{lower::Lowered, sources::Sources},
};

/// Adds how many may edit the policy, unless that depends on what is not known.
pub(super) fn look(
    statements: &[Statement<'_>],
    base: &Fact,
    sources: &Sources,
    lowered: &mut Lowered,
) {
    let edits = actions::expand("kms:PutKeyPolicy");
    let mut editors = Vec::new();
    for allow in statements.iter().filter(|statement| statement.allows) {
        let principals = match &allow.who {
            Who::These(principals) => principals,
            // More than can be counted, or not known.
            Who::AllBut(_) | Who::Unknown => return,
            Who::Unsaid => continue,
        };
        if allow.actions.is_open {
            return;
        }
        for principal in principals {
            let rights =
                rights(allow, Some(principal), &Extent::This, statements, &Account::Unknown);
            if rights.iter().any(|right| right.actions & edits != 0) {
                editors.push(principal.is);
            }
        }
    }
    let Some(place) = statements.first().map(|statement| statement.span) else { return };
    let setting = |name: &str, value: &str, place| {
        let mut fact = Fact::new(Kind::Setting, sources.site(place, true));
        for field in [Field::Provider, Field::Resource, Field::Key, Field::Name] {
            if let Some(value) = base.fields.get(&field) {
                fact.fields.insert(field, value.clone());
            }
        }
        fact.with(Field::System, "key-policy").with(Field::Setting, name).with(Field::Value, value)
    };
    let value = match editors.as_slice() {
        [] => "none",
        [Is::User] => "one-user",
        _ => "some",
    };
    let editors = u64::try_from(editors.len()).unwrap_or(u64::MAX);
    lowered.facts.push(setting("policy-editors", value, place).with(Field::Number, editors));

    let reads = actions::expand("kms:DescribeKey") | actions::expand("kms:GetKeyPolicy");
    let blind = statements.iter().find(|deny| {
        !deny.allows
            && !deny.actions.is_open
            && deny.actions.set & reads != 0
            && deny.tests.as_ref().is_some_and(Vec::is_empty)
            && matches!(&deny.who, Who::These(whom) if whom.iter().any(|who| who.is == Is::Anyone))
    });
    if let Some(deny) = blind {
        lowered.facts.push(setting("key-inspection", "denied", deny.actions.span));
    }
}
