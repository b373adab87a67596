//! What each condition key says about a caller, and what one value of it leaves.

use super::{
    condition::{Compare, Narrowing, Reach},
    principal::{Account, account_of, fields, is_any_account},
    words::{Word, alone, has_wildcard, interpolations, is_declared, is_own_account},
};

/// What a key is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The caller's account.
    Account,
    Organisation,
    /// The ARN of the caller.
    Principal,
    /// An identifier that AWS gives to one principal.
    Identifier,
    /// What everybody can give themselves: a tag or name of a principal.
    Attribute,
    /// The service through which a request comes.
    Via,
    /// The service that asks for itself.
    Service,
    /// The thing for which a service asks.
    Source,
    Address,
    Network,
    /// What the caller sends with the request.
    Context,
    /// What a grant may be like.
    Delegation,
    /// Under which name the key is called.
    KeyName,
    /// What an identity provider says of somebody.
    Federation,
    /// Nothing about the caller.
    Nothing,
    Unknown,
}

/// Meanings by name in lower case; the first that fits. A name that ends with `/` or `:` is the
/// beginning of one.
const TABLE: &[(&str, Meaning)] = &[
    ("kms:calleraccount", Meaning::Account),
    ("aws:principalaccount", Meaning::Account),
    ("aws:sourceaccount", Meaning::Account),
    ("aws:sourceowner", Meaning::Account),
    ("aws:vpceaccount", Meaning::Account),
    ("aws:principalorgid", Meaning::Organisation),
    ("aws:principalorgpaths", Meaning::Organisation),
    ("aws:sourceorgid", Meaning::Organisation),
    ("aws:sourceorgpaths", Meaning::Organisation),
    ("aws:vpceorgid", Meaning::Organisation),
    ("aws:vpceorgpaths", Meaning::Organisation),
    ("aws:principalarn", Meaning::Principal),
    ("aws:userid", Meaning::Identifier),
    ("aws:username", Meaning::Attribute),
    ("aws:principaltag/", Meaning::Attribute),
    ("aws:sourceidentity", Meaning::Attribute),
    ("kms:viaservice", Meaning::Via),
    ("aws:calledvia", Meaning::Via),
    ("aws:calledviafirst", Meaning::Via),
    ("aws:calledvialast", Meaning::Via),
    ("aws:viaawsservice", Meaning::Via),
    ("kms:grantisforawsresource", Meaning::Via),
    ("aws:principalisawsservice", Meaning::Service),
    ("aws:principalservicename", Meaning::Service),
    ("aws:principalservicenameslist", Meaning::Service),
    ("aws:sourcearn", Meaning::Source),
    ("aws:sourceip", Meaning::Address),
    ("aws:vpcsourceip", Meaning::Address),
    ("aws:sourcevpc", Meaning::Network),
    ("aws:sourcevpce", Meaning::Network),
    ("aws:sourcevpcarn", Meaning::Network),
    ("aws:ec2instancesourcevpc", Meaning::Network),
    ("kms:encryptioncontext", Meaning::Context),
    ("kms:encryptioncontext:", Meaning::Context),
    ("kms:encryptioncontextkeys", Meaning::Context),
    ("kms:recipientattestation:", Meaning::Context),
    ("kms:granteeprincipal", Meaning::Delegation),
    ("kms:grantconstrainttype", Meaning::Delegation),
    ("kms:grantoperations", Meaning::Delegation),
    ("kms:replicaregion", Meaning::Delegation),
    ("kms:primaryregion", Meaning::Delegation),
    ("kms:requestalias", Meaning::KeyName),
    ("kms:resourcealiases", Meaning::KeyName),
    ("aws:resourcetag/", Meaning::KeyName),
    ("kms:", Meaning::Nothing),
    ("secretsmanager:", Meaning::Nothing),
    ("aws:securetransport", Meaning::Nothing),
    ("aws:multifactorauthpresent", Meaning::Nothing),
    ("aws:multifactorauthage", Meaning::Nothing),
    ("aws:currenttime", Meaning::Nothing),
    ("aws:epochtime", Meaning::Nothing),
    ("aws:tokenissuetime", Meaning::Nothing),
    ("aws:principaltype", Meaning::Nothing),
    ("aws:requestedregion", Meaning::Nothing),
    ("aws:requesttag/", Meaning::Nothing),
    ("aws:resourceaccount", Meaning::Nothing),
    ("aws:resourceorgid", Meaning::Nothing),
    ("aws:resourceorgpaths", Meaning::Nothing),
    ("aws:tagkeys", Meaning::Nothing),
    ("aws:useragent", Meaning::Nothing),
    ("aws:referer", Meaning::Nothing),
    ("saml:", Meaning::Federation),
];

pub(super) fn meaning(key: &str) -> Meaning {
    let fits = |name: &str| {
        key == name || name.ends_with(['/', ':']) && key.len() > name.len() && key.starts_with(name)
    };
    match TABLE.iter().find(|(name, _)| fits(name)) {
        Some((_, meaning)) => *meaning,
        // `token.actions.githubusercontent.com:sub`
        None if key.split_once(':').is_some_and(|(host, _)| host.contains('.')) => {
            Meaning::Federation
        }
        None => Meaning::Unknown,
    }
}

/// Whether every request has it: KMS serves nobody who has not signed.
pub(super) fn is_always_there(key: &str) -> bool {
    matches!(
        key,
        "kms:calleraccount"
            | "aws:principalaccount"
            | "aws:principalarn"
            | "aws:userid"
            | "aws:principaltype"
            | "aws:securetransport"
            | "aws:principalisawsservice"
            | "aws:viaawsservice"
            // Of every grant that is made, which is all that they are about.
            | "kms:granteeprincipal"
            | "kms:grantoperations"
    )
}

/// What a key that is `truth` leaves.
pub(super) fn truth(key: &str, truth: Option<bool>) -> Narrowing {
    match (meaning(key), truth) {
        (Meaning::Nothing, _) => Narrowing::nothing(),
        (_, None) | (Meaning::Unknown, _) => Narrowing::unknown(),
        (Meaning::Via, Some(true)) => Narrowing::new(Reach::AnyAccount, "service").limited(),
        (Meaning::Service, Some(true)) => Narrowing::new(Reach::Service, "service"),
        (_, Some(_)) => Narrowing::nothing(),
    }
}

/// What a key with this value leaves.
pub(super) fn value(
    meaning: Meaning,
    key: &str,
    word: Word<'_>,
    compare: Compare,
    own: &Account,
) -> Narrowing {
    let Some(text) = word.text().map(str::trim) else {
        return match meaning {
            Meaning::Nothing => Narrowing::nothing(),
            _ => Narrowing::unknown(),
        };
    };
    let is_like = compare == Compare::Like;
    // No ARN has an asterisk in it.
    if compare == Compare::Equal && meaning == Meaning::Principal && has_wildcard(text) {
        return Narrowing::new(Reach::Named, "principal");
    }
    // A pattern that nothing stands in front of takes anything.
    let is_open = is_like && text.starts_with(['*', '?']);
    // Without wildcards it is one value, whichever that is.
    let is_unsure = is_like && alone(text).is_some_and(|name| !is_declared(name) && !is_own(name));
    match meaning {
        Meaning::Nothing => Narrowing::nothing(),
        Meaning::Unknown => Narrowing::unknown(),
        _ if is_open => open(meaning),
        _ if alone(text).is_some_and(is_callers_own) => Narrowing::nothing(),
        _ if is_unsure => Narrowing::unknown(),
        Meaning::Account => account(text, is_like, own),
        Meaning::Organisation if is_like && text.starts_with("o-*") => open(meaning),
        Meaning::Organisation => Narrowing::new(Reach::Group, "organisation"),
        Meaning::Principal => principal(text, own),
        Meaning::Identifier => Narrowing::new(Reach::Named, "principal"),
        Meaning::Attribute => Narrowing::new(Reach::AnyAccount, "principal"),
        Meaning::Via => Narrowing::new(Reach::AnyAccount, "service").limited(),
        Meaning::Service => Narrowing::new(Reach::Service, "service"),
        Meaning::Source => source(text),
        Meaning::Address if is_wide(text) => Narrowing::nothing(),
        Meaning::Network if is_like && matches!(text, "vpc-*" | "vpce-*") => Narrowing::nothing(),
        Meaning::Address | Meaning::Network => Narrowing::new(Reach::Group, "network"),
        Meaning::Context => Narrowing::new(Reach::AnyAccount, "context"),
        // A grant that lets its holder make grants is as wide as before.
        Meaning::Delegation if key == "kms:grantoperations" && text == "CreateGrant" => {
            Narrowing::nothing()
        }
        Meaning::Delegation => Narrowing::nothing().limited(),
        Meaning::KeyName if is_like && text == "alias/*" => Narrowing::nothing(),
        Meaning::KeyName => Narrowing { some_keys: true, ..Narrowing::nothing().limited() },
        Meaning::Federation => Narrowing::new(Reach::Named, "principal"),
    }
}

/// Any value at all. The key must be there, and only some callers have it.
fn open(meaning: Meaning) -> Narrowing {
    match meaning {
        // An organisation, no matter which.
        Meaning::Organisation => Narrowing::new(Reach::AnyAccount, "nothing"),
        Meaning::Via => Narrowing::new(Reach::AnyAccount, "service"),
        Meaning::Service => Narrowing::new(Reach::Service, "service"),
        _ => Narrowing::nothing(),
    }
}

/// Whether `${name}` is what the caller is anyway, so that comparing it with itself says nothing.
fn is_callers_own(name: &str) -> bool {
    let name = name.split(',').next().unwrap_or(name).trim().to_ascii_lowercase();
    name.starts_with("aws:principal")
        || matches!(name.as_str(), "aws:userid" | "aws:username" | "kms:calleraccount")
}

fn is_own(name: &str) -> bool {
    is_own_account(name) || name == "aws:ResourceOrgID"
}

fn account(text: &str, is_like: bool, own: &Account) -> Narrowing {
    let of = |reach| Narrowing::new(reach, "account");
    if let Some(name) = alone(text) {
        return match own {
            _ if is_own_account(name) => of(Reach::Account),
            // One account, though nobody knows which.
            _ => of(Reach::Account),
        };
    }
    if is_like && (interpolations(text).next().is_some() || has_wildcard(text)) {
        return Narrowing::nothing();
    }
    match own {
        Account::Id(own) if own != text => of(Reach::OtherAccount),
        _ => of(Reach::Account),
    }
}

/// `aws:PrincipalArn`.
fn principal(text: &str, own: &Account) -> Narrowing {
    let callers = fields(text).get(4).copied().and_then(alone).is_some_and(is_callers_own);
    if is_any_account(text) || callers {
        // Any account can have a role of that name.
        return Narrowing::new(Reach::AnyAccount, "nothing");
    }
    let of = account_of(text);
    let is_foreign = matches!((&of, own), (Account::Id(id), Account::Id(own)) if id != own);
    let resource = text.rsplit(':').next().unwrap_or_default();
    let is_whole = matches!(resource, "root" | "*" | "role/*" | "user/*") && alone(text).is_none();
    match (is_foreign, is_whole) {
        (true, _) => Narrowing::new(Reach::OtherAccount, "principal"),
        (false, true) => Narrowing::new(Reach::Account, "account"),
        (false, false) => Narrowing::new(Reach::Named, "principal"),
    }
}

/// `aws:SourceArn`. Buckets and the like have no account in their ARN, and are one thing all the same.
fn source(text: &str) -> Narrowing {
    let fields = fields(text);
    let resource = fields.get(5).copied().unwrap_or_default();
    let has_account = fields.get(4).is_some_and(|account| !account.is_empty());
    if is_any_account(text) || !has_account && resource.starts_with('*') {
        return Narrowing::new(Reach::AnyAccount, "service");
    }
    Narrowing::new(Reach::Service, "account")
}

/// Whether a network holds a large part of all addresses: a /7 of IPv4 and more, a /15 of IPv6.
fn is_wide(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let least = if address.contains(':') { 16 } else { 8 };
    bits.parse::<u32>().is_ok_and(|bits| bits < least)
}
