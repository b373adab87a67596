//! POLICIES of AWS: who may do what to which key, as far as a document can tell. Not a simulator: a
//! simulator answers for one request, and this says who is left when all requests are thought of.
//! How AWS decides:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.

mod actions;
mod alarm;
mod condition;
mod document;
mod effective;
mod grant;
mod identities;
mod keys;
mod lockout;
mod module;
mod principal;
mod resource;
mod words;

#[cfg(test)]
mod tests;

pub(super) use self::{alarm::alarm, grant::grant, identities::identities, module::module_policy};

use self::{
    actions::Actions,
    condition::Reach,
    document::Statement,
    effective::{Right, rights},
    principal::{Account, Is, Principal, Who, account_of},
    resource::{Extent, extents},
};
use super::{
    lower::{Lowered, Resource, Scene},
    providers::Emission,
    sources::Sources,
    terraform,
    tree::{Node, Span},
};
use crate::fact::{Fact, Field, Kind, Value};
use crate::settings::values::key_identity;

/// Facts of one policy.
const MOST: usize = 5_000;

/// A policy whose statements are to be facts.
struct Policy<'a> {
    /// Fields that all its facts have.
    base: Fact,
    /// Whether it belongs to a key, so that every statement is about that key and names its
    /// principals; otherwise to an identity.
    is_of_key: bool,
    service: &'static str,
    statements: Vec<Statement<'a>>,
    /// The account that the key is in.
    own: Account,
    /// Actions beyond which a boundary lets nothing pass, and those of them that it lets pass for all
    /// keys.
    within: Actions,
    everywhere: Actions,
    scope: &'a str,
}

/// The evaluator `aws-policy`: the item is a policy, as a map or as a text. `document` says whose it
/// is, `key` which key it belongs to, and for policies of identities `principal` who has it.
pub(super) fn policy(
    resource: &Resource,
    scene: &Scene<'_>,
    emission: &Emission,
    lowered: &mut Lowered,
) {
    let base = scene.fact(Kind::Grant, emission);
    let Some(item) = scene.items.first() else { return };
    let Some(document) = document::read(item, scene.sources) else {
        lowered.undecided += 1;
        return;
    };
    lower_document(&document, base, resource, scene, lowered);
}

/// The facts of a policy that is a document.
fn lower_document(
    document: &Node,
    base: Fact,
    resource: &Resource,
    scene: &Scene<'_>,
    lowered: &mut Lowered,
) {
    let service = service(&base);
    let is_of_key = matches!(base.text(Field::Document), Some("key-policy" | "access-policy"));
    // A policy that is found alone may belong to a bucket: that it names actions on keys tells.
    if is_of_key && base.text(Field::System).is_none() && !document::is_about(document, service) {
        return;
    }
    let (statements, unread) = document::statements(document, service);
    lowered.undecided += unread;
    let own = own_account(&base, resource, &statements, is_of_key);
    // What only denies is laid over the policies of many keys, and is that of none.
    let is_whole = base.text(Field::System).is_some() || statements.iter().any(|of| of.allows);
    if is_of_key && service == "kms" && is_whole {
        lockout::look(&statements, &base, scene.sources, lowered);
    }
    let policy = Policy {
        base,
        is_of_key,
        service,
        statements,
        own,
        within: Actions::MAX,
        everywhere: Actions::MAX,
        scope: &resource.scope,
    };
    policy.lower(scene.sources, lowered);
}

/// The service whose actions count: that of the system that the policy belongs to.
fn service(base: &Fact) -> &'static str {
    match base.text(Field::System) {
        Some("secretsmanager") => "secretsmanager",
        _ => "kms",
    }
}

/// The account of the key: that of its ARN, or that whose root the policy gives everything to, which
/// is how every key of an account begins.
fn own_account(
    base: &Fact,
    resource: &Resource,
    statements: &[Statement<'_>],
    is_of_key: bool,
) -> Account {
    let by_arn = [Field::Account, Field::Key, Field::Name, Field::Principal]
        .into_iter()
        .filter_map(|field| base.text(field))
        .map(account_of)
        .find(|account| *account != Account::Unknown);
    if let Some(account) = by_arn {
        return account;
    }
    if !is_of_key {
        return Account::Unknown;
    }
    let edits =
        actions::expand("kms:PutKeyPolicy") | actions::expand("secretsmanager:PutResourcePolicy");
    let named = || {
        let allowed = statements.iter().filter(|statement| statement.allows);
        allowed.flat_map(|statement| match &statement.who {
            Who::These(principals) => principals.iter().map(|of| (statement, of)).collect(),
            _ => Vec::new(),
        })
    };
    // Whoever writes the own account without its number means it.
    if named().any(|(_, principal)| principal.account == Account::Own) {
        return Account::Own;
    }
    // The provider that makes the key may be for one account alone.
    if let Some(account) = resource.body.get(terraform::ACCOUNT).and_then(Node::as_text) {
        return Account::Id(account.to_owned());
    }
    let root = named().find(|(statement, principal)| {
        let may_edit = statement.actions.set & edits != 0;
        may_edit && principal.is == Is::Account && principal.account != Account::Unknown
    });
    root.map_or(Account::Unknown, |(_, principal)| principal.account.clone())
}

impl Policy<'_> {
    fn lower(&self, sources: &Sources, lowered: &mut Lowered) {
        let before = lowered.facts.len();
        for statement in self.statements.iter().filter(|statement| statement.allows) {
            if statement.actions.is_open && statement.actions.set == 0 {
                lowered.undecided += 1;
                continue;
            }
            for (extent, place) in self.extents(statement) {
                for principal in self.principals(statement) {
                    if lowered.facts.len() - before >= MOST {
                        lowered.undecided += 1;
                        return;
                    }
                    let who = principal.as_ref().map(|(principal, _)| principal);
                    for right in rights(statement, who, &extent, &self.statements, &self.own) {
                        let written = Written { statement, extent: &extent, place, sources };
                        self.add(right, &written, principal.as_ref(), lowered);
                    }
                }
            }
        }
    }

    /// Adds what a boundary lets pass of a right, apart what it lets pass for some keys alone.
    fn add(
        &self,
        right: Right,
        written: &Written<'_>,
        who: Option<&(Principal, bool)>,
        lowered: &mut Lowered,
    ) {
        let all = right.actions & self.within & written.extent.takes();
        for (actions, some_keys) in [(all & self.everywhere, false), (all & !self.everywhere, true)]
        {
            let is_shown = self.is_of_key || !actions::capabilities(actions).is_empty();
            if actions == 0 || !is_shown {
                continue;
            }
            let mut right = Right { actions, ..right.clone() };
            right.narrowing.some_keys |= some_keys;
            lowered.facts.push(self.fact(written, who, &right));
        }
    }

    fn extents(&self, statement: &Statement<'_>) -> Vec<(Extent, Span)> {
        if self.is_of_key {
            // The resource of a key policy is the key, however it is written.
            let is_other =
                statement.resources.is_some() && extents(statement, self.service).is_empty();
            return match is_other {
                true => Vec::new(),
                false => vec![(Extent::This, statement.span)],
            };
        }
        extents(statement, self.service)
    }

    /// Each principal, and whether it is meant with all that are not named. One that is not there
    /// stands for whoever has the policy.
    fn principals(&self, statement: &Statement<'_>) -> Vec<Option<(Principal, bool)>> {
        let unsaid =
            |is| Principal { text: None, is, account: Account::Unknown, span: statement.span };
        match &statement.who {
            Who::These(principals) => {
                principals.iter().map(|principal| Some((principal.clone(), false))).collect()
            }
            Who::AllBut(spared) => {
                let names: Vec<&str> = spared
                    .iter()
                    .map(|spared| spared.text.as_deref().unwrap_or("unknown"))
                    .collect();
                let text = Some(format!("everyone but {}", names.join(", ")));
                let span = spared.first().map_or(statement.span, |spared| spared.span);
                vec![Some((Principal { text, span, ..unsaid(Is::Anyone) }, true))]
            }
            Who::Unknown => vec![Some((unsaid(Is::Unknown), false))],
            // A key policy that names nobody gives nothing.
            Who::Unsaid if self.is_of_key => Vec::new(),
            Who::Unsaid => vec![None],
        }
    }

    fn fact(&self, written: &Written<'_>, who: Option<&(Principal, bool)>, right: &Right) -> Fact {
        let Written { statement, extent, place, sources } = written;
        let site = |span: Span| sources.site(span, true);
        let mut fact = self.base.clone();
        fact.sites =
            vec![site(who.map_or(statement.actions.span, |(principal, _)| principal.span))];
        fact.places.insert(Field::Actions, site(statement.actions.span));
        let narrowing = &right.narrowing;
        if let Some((principal, _)) = who {
            let text = principal.text.clone().map_or(Value::Unknown, Value::Text);
            fact.fields.insert(Field::Principal, text);
            fact.places.insert(Field::Principal, site(principal.span));
            fact.fields.insert(Field::Breadth, breadth(principal, right, &self.own));
            if let Account::Id(id) = &principal.account {
                fact.fields.insert(Field::Account, id.as_str().into());
            }
        }
        if let Some(span) = statement.tests_span {
            fact.places.insert(Field::Conditions, site(span));
        }
        if let Some(names) = statement.tests.as_deref().map(condition::names)
            && !names.is_empty()
        {
            fact.fields.insert(Field::ConditionKeys, names.into());
        }
        let words: Vec<String> = narrowing.words.iter().map(|&word| word.to_owned()).collect();
        let conditions = match narrowing.is_unknown {
            true => Value::Unknown,
            false => Value::List(words),
        };
        let wildcards = match statement.actions.is_open && statement.actions.wildcards != "all" {
            true => Value::Unknown,
            false => statement.actions.wildcards.into(),
        };
        let limited = match narrowing.is_unknown && !narrowing.is_limited {
            true => Value::Unknown,
            false => narrowing.is_limited.into(),
        };
        fact = fact
            .with(Field::Capabilities, actions::capabilities(right.actions))
            .with(Field::Actions, actions::names(right.actions))
            .with(Field::Conditions, conditions)
            .with(Field::Limited, limited)
            .with(Field::Wildcards, wildcards)
            .with(Field::HiddenActions, actions::names(statement.actions.hidden & right.actions));
        self.extend(&mut fact, extent, narrowing.some_keys, site(*place));
        fact
    }

    /// Says which keys it is about.
    fn extend(&self, fact: &mut Fact, extent: &Extent, some_keys: bool, place: crate::fact::Site) {
        let scope = match extent {
            Extent::All if some_keys => Some("some-keys"),
            extent => extent.scope(),
        };
        fact.fields.insert(Field::Scope, scope.map_or(Value::Unknown, Value::from));
        match extent {
            Extent::This => {}
            Extent::Key(text) => {
                let key = key_identity(text, self.scope);
                fact.fields.insert(Field::Key, key.into());
                fact.places.insert(Field::Scope, place);
            }
            Extent::Some(_) | Extent::Alias(_) | Extent::All | Extent::Unknown => {
                fact.places.insert(Field::Scope, place);
            }
        }
    }
}

/// A part of a statement, and where it stands.
struct Written<'a> {
    statement: &'a Statement<'a>,
    extent: &'a Extent,
    place: Span,
    sources: &'a Sources,
}

/// Who is meant, after conditions were counted.
fn breadth(principal: &Principal, right: &Right, own: &Account) -> Value {
    let reach = right.narrowing.reach;
    let is_foreign = match (&principal.account, own) {
        (Account::Id(id), Account::Id(own)) => id != own,
        // Whoever names the own account without its number means another one by a number.
        (Account::Id(_), Account::Own) => principal.is == Is::Account,
        _ => false,
    };
    let by_reach = || match reach {
        Reach::Everyone => "anyone",
        Reach::AnyAccount => "any-account",
        Reach::Group => "group",
        Reach::OtherAccount => "cross-account",
        Reach::Account => "account",
        Reach::Service => "service",
        Reach::Named => "named",
    };
    match principal.is {
        Is::Unknown => Value::Unknown,
        Is::Anyone if right.narrowing.is_unknown && reach <= Reach::AnyAccount => Value::Unknown,
        Is::Anyone => by_reach().into(),
        Is::Account | Is::Role | Is::User if is_foreign => "cross-account".into(),
        Is::Account if principal.account == Account::Unknown => Value::Unknown,
        Is::Account if reach == Reach::Named => "named".into(),
        Is::Account => "account".into(),
        Is::Role => "named".into(),
        Is::User => "user".into(),
        Is::Service => "service".into(),
        Is::Federated => "federated".into(),
    }
}
