//! Who a policy speaks of: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>.

use super::{
    super::tree::{Node, Span, Tree},
    words::{self, Word, alone, has_wildcard, interpolations},
};

/// One principal.
#[derive(Debug, Clone)]
pub(super) struct Principal {
    /// As it is written; nothing if that is not known.
    pub text: Option<String>,
    pub is: Is,
    pub account: Account,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    Anyone,
    /// A whole account, which gives it to whom it likes.
    Account,
    Role,
    User,
    Service,
    Federated,
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    Id(String),
    /// That which the configuration is for, whatever its number.
    Own,
    Unknown,
}

/// Whom a statement is about.
#[derive(Debug)]
pub(super) enum Who {
    /// It does not say, as policies of identities do.
    Unsaid,
    These(Vec<Principal>),
    AllBut(Vec<Principal>),
    Unknown,
}

/// Reads the value of `Principal` or `NotPrincipal`.
pub(super) fn read(node: &Node) -> Vec<Principal> {
    let mut found = Vec::new();
    match &node.tree {
        Tree::Map(entries) => {
            for entry in entries {
                for value in entry.node.elements() {
                    found.push(principal(&entry.name, value));
                }
            }
        }
        _ => found.extend(node.elements().iter().map(|value| principal("AWS", value))),
    }
    found
}

fn principal(kind: &str, node: &Node) -> Principal {
    let number = node.as_int().map(|number| format!("{number:012}"));
    let word = match &number {
        Some(number) => Word::Known(number),
        None => Word::of(node),
    };
    Principal { span: node.span, ..of(kind, word) }
}

/// The principal that a text of the CLI names, as in a grant.
pub(super) fn named(text: &str) -> Principal {
    let is_service = text.ends_with(".amazonaws.com") && !text.contains(':');
    let is_partial = interpolations(text).next().is_some();
    let word = if is_partial { Word::Partial(text) } else { Word::Known(text) };
    of(if is_service { "Service" } else { "AWS" }, word)
}

fn of(kind: &str, word: Word<'_>) -> Principal {
    let text = word.text().map(str::trim);
    let (is, account) = match (kind.to_ascii_lowercase().as_str(), text) {
        (_, None) => (Is::Unknown, Account::Unknown),
        (_, Some("*")) => (Is::Anyone, Account::Unknown),
        ("service", _) => (Is::Service, Account::Unknown),
        ("federated", _) => (Is::Federated, Account::Unknown),
        ("aws", Some(text)) => aws(text, word),
        ("canonicaluser", _) => (Is::Role, Account::Unknown),
        _ => (Is::Unknown, Account::Unknown),
    };
    Principal { text: text.map(str::to_owned), is, account, span: Span::default() }
}

/// A principal that is written under `AWS`.
fn aws(text: &str, word: Word<'_>) -> (Is, Account) {
    if let Some(name) = alone(text) {
        return match name {
            name if words::is_own_account(name) => (Is::Account, Account::Own),
            name if name.contains("aws_iam_user.") => (Is::User, Account::Own),
            name if words::is_declared(name) => (Is::Role, Account::Own),
            _ => (Is::Unknown, Account::Unknown),
        };
    }
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return (Is::Account, Account::Id(text.to_owned()));
    }
    let account = account_of(text);
    // Interpolations may hold colons of their own.
    let resource = text.rsplit(':').next().unwrap_or_default();
    match text.split(':').nth(2) {
        Some("iam" | "sts") => {}
        // The identifier of a principal that is gone begins with its kind.
        _ if text.starts_with("AIDA") => return (Is::User, Account::Unknown),
        _ if text.starts_with("AROA") => return (Is::Role, Account::Unknown),
        _ if word == Word::Known(text) && has_wildcard(text) => return (Is::Anyone, account),
        _ => return (Is::Unknown, account),
    }
    if is_any_account(text) {
        return (Is::Anyone, Account::Unknown);
    }
    let is = match resource {
        "root" | "*" | "role/*" | "user/*" => Is::Account,
        resource if resource.starts_with("user/") || resource.starts_with("federated-user/") => {
            Is::User
        }
        resource if resource.contains('/') => Is::Role,
        _ => Is::Unknown,
    };
    (is, account)
}

/// Whether a wildcard stands where an ARN has its account.
pub(super) fn is_any_account(arn: &str) -> bool {
    matches!(fields(arn).get(4), Some(account) if has_wildcard(account))
}

/// The account that an ARN names.
pub(super) fn account_of(arn: &str) -> Account {
    let fields = fields(arn);
    let Some(account) = fields.get(4) else { return Account::Unknown };
    match alone(account) {
        Some(name) if words::is_own_account(name) => Account::Own,
        None if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => {
            Account::Id((*account).to_owned())
        }
        _ => Account::Unknown,
    }
}

/// The parts of an ARN between colons that do not stand in an interpolation.
pub(super) fn fields(arn: &str) -> Vec<&str> {
    let mut fields = Vec::new();
    let (mut start, mut is_inside) = (0, false);
    for (at, byte) in arn.bytes().enumerate() {
        match byte {
            b'{' => is_inside = true,
            b'}' => is_inside = false,
            b':' if !is_inside => {
                fields.push(arn.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    fields.push(arn.get(start..).unwrap_or_default());
    fields
}

impl Principal {
    /// Whether whatever is denied to `self` is denied to `other`.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let is_same = self.text.is_some() && self.text == other.text;
        let is_of_account = self.is == Is::Account
            && matches!(other.is, Is::Account | Is::Role | Is::User)
            && self.account != Account::Unknown
            && self.account == other.account;
        self.is == Is::Anyone || is_same || is_of_account
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_told_by_how_they_are_written() {
        let own = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root";
        let id = || Account::Id("111122223333".to_owned());
        for (kind, text, is, account) in [
            ("AWS", "*", Is::Anyone, Account::Unknown),
            ("AWS", "arn:aws:iam::*:root", Is::Anyone, Account::Unknown),
            ("AWS", "arn:aws-cn:iam::111122223333:root", Is::Account, id()),
            ("AWS", "111122223333", Is::Account, id()),
            ("AWS", own, Is::Account, Account::Own),
            ("AWS", "arn:aws:iam::${AWS::AccountId}:role/app", Is::Role, Account::Own),
            ("AWS", "arn:aws:iam::111122223333:user/team/ann", Is::User, id()),
            ("AWS", "arn:aws:sts::111122223333:assumed-role/app/i", Is::Role, id()),
            ("AWS", "arn:aws:iam::${var.other}:root", Is::Account, Account::Unknown),
            ("AWS", "${aws_iam_role.app.arn}", Is::Role, Account::Own),
            ("AWS", "${aws_iam_user.ann.arn}", Is::User, Account::Own),
            ("AWS", "${var.principal}", Is::Unknown, Account::Unknown),
            ("AWS", "AIDACKCEVSQ6C2EXAMPLE", Is::User, Account::Unknown),
            (
                "Service",
                "logs.${data.aws_region.a.name}.amazonaws.com",
                Is::Service,
                Account::Unknown,
            ),
            ("Federated", "cognito-identity.amazonaws.com", Is::Federated, Account::Unknown),
        ] {
            let word = if text.contains("${") { Word::Partial(text) } else { Word::Known(text) };
            let found = of(kind, word);
            assert_eq!((found.is, found.account), (is, account), "{text}");
        }
    }
}
