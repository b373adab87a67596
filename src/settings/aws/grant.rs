//! Grants of KMS: <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>.

use super::{
    actions,
    principal::{Account, Is, account_of, named},
};
use crate::{
    fact::{Field, Kind, Value},
    settings::{
        lower::{Lowered, Resource, Scene},
        providers::Emission,
    },
};

/// Operations from which on a grant gives everything that a grant can give, but for one or two.
const NEARLY_ALL: u32 = 10;

/// The evaluator `aws-grant`: `principal` is the grantee, `actions` the operations without their
/// service, `limited` whether there are constraints.
pub(crate) fn grant(_: &Resource, scene: &Scene<'_>, emission: &Emission, lowered: &mut Lowered) {
    let mut fact = scene.fact(Kind::Grant, emission);
    let own = [Field::Key, Field::Account]
        .into_iter()
        .filter_map(|field| fact.text(field))
        .map(account_of)
        .find(|account| *account != Account::Unknown)
        .unwrap_or(Account::Unknown);
    let grantee = fact.text(Field::Principal).map(named);
    let breadth = match &grantee {
        None => Value::Unknown,
        Some(grantee) => match (&grantee.account, &own, grantee.is) {
            (_, _, Is::Unknown) => Value::Unknown,
            (Account::Id(id), Account::Id(own), _) if id != own => "cross-account".into(),
            (_, _, Is::Anyone) => "anyone".into(),
            (_, _, Is::Account) => "account".into(),
            (_, _, Is::Role) => "named".into(),
            (_, _, Is::User) => "user".into(),
            (_, _, Is::Service) => "service".into(),
            (_, _, Is::Federated) => "federated".into(),
        },
    };
    fact.fields.remove(&Field::Account);
    if let Some(Account::Id(id)) = grantee.map(|grantee| grantee.account) {
        fact.fields.insert(Field::Account, id.into());
    }
    fact.fields.insert(Field::Breadth, breadth);
    fact.fields.insert(Field::Scope, "key".into());
    if let Some(Value::List(operations)) = fact.fields.get(&Field::Actions) {
        let set = operations
            .iter()
            .fold(0, |set, operation| set | actions::expand(&format!("kms:{operation}")));
        let is_nearly_all = set.count_ones() >= NEARLY_ALL;
        // Only what is encrypted with a symmetric key has a context.
        let with_context = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"];
        if !with_context.iter().any(|action| set & actions::expand(action) != 0) {
            fact.fields.insert(Field::Purposes, vec!["sign".to_owned()].into());
        }
        fact = fact
            .with(Field::Actions, actions::names(set))
            .with(Field::Capabilities, actions::capabilities(set))
            .with(Field::HiddenActions, Vec::new())
            .with(Field::Wildcards, if is_nearly_all { "all" } else { "none" });
    }
    let conditions = match fact.fields.get(&Field::Limited) {
        Some(Value::Bool(true)) => vec!["context".to_owned()],
        _ => Vec::new(),
    };
    if fact.fields.get(&Field::Limited) != Some(&Value::Unknown) {
        fact.fields.insert(Field::Conditions, conditions.into());
    }
    lowered.facts.push(fact);
}
