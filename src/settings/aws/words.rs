//! Texts of policies: known in full, in part, or not at all.

use super::super::tree::{Node, Tree};

/// A text. What is not known before things exist stands in a partial one as `${NAME}`; `${aws:name}`
/// is a variable of the policy language, and known as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word<'a> {
    Known(&'a str),
    Partial(&'a str),
    Unknown,
}

impl<'a> Word<'a> {
    pub(super) fn of(node: &'a Node) -> Self {
        match &node.tree {
            Tree::Text(text) | Tree::Partial(text) => {
                match interpolations(text).any(|name| !is_variable(name)) {
                    true => Self::Partial(text),
                    false => Self::Known(text),
                }
            }
            _ => Self::Unknown,
        }
    }

    pub(super) fn text(self) -> Option<&'a str> {
        match self {
            Self::Known(text) | Self::Partial(text) => Some(text),
            Self::Unknown => None,
        }
    }
}

/// The names that stand between `${` and `}`.
pub(super) fn interpolations(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.trim())
}

/// The name of a text that is one interpolation and nothing else.
pub(super) fn alone(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("${")?.strip_suffix('}')?;
    (!inside.contains("${")).then_some(inside)
}

/// Whether `${name}` is a variable of policies, as `aws:username` is; `AWS::AccountId` is not.
fn is_variable(name: &str) -> bool {
    name.contains(':') && !name.contains("::")
}

/// Whether `${name}` is the account that the configuration is for.
pub(super) fn is_own_account(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    matches!(name, "AWS::AccountId" | "aws:ResourceAccount")
        || matches!(last, "account_id" | "aws_account_id")
}

/// Whether `${name}` is surely an attribute of one thing that is declared, and so no wildcard.
pub(super) fn is_declared(name: &str) -> bool {
    let name = name.strip_prefix("data.").unwrap_or(name);
    let mut parts = name.rsplit('.');
    let attribute = parts.next().unwrap_or_default();
    let is_terraform = name.split('.').any(|part| part.starts_with("aws_"));
    is_terraform || attribute == "Arn"
}

/// Whether `text` is like `pattern`, in which `*` stands for anything and `?` for one character.
/// Case does not count.
pub(super) fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where to go on when it does not fit: after the last `*`, one byte further.
    let mut again: Option<(usize, usize)> = None;
    while t < text.len() {
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                again = Some((p + 1, t));
                p += 1;
            }
            (Some(wanted), Some(byte)) if *wanted == b'?' || wanted.eq_ignore_ascii_case(byte) => {
                p += 1;
                t += 1;
            }
            _ => match again {
                Some((star, from)) => {
                    again = Some((star, from + 1));
                    p = star;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

pub(super) fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_compared_without_case() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("kms:*rypt*", "kms:ReEncryptTo", true),
            ("KMS:D?crypt", "kms:Decrypt", true),
            ("kms:Decrypt", "kms:DecryptX", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b", "aXbX", false),
            ("", "a", false),
        ] {
            assert_eq!(is_like(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_variable_of_the_policy_is_known_and_others_are_not() {
        let names: Vec<&str> = interpolations("a${aws:username}b${AWS::AccountId}").collect();
        assert_eq!(names, ["aws:username", "AWS::AccountId"]);
        assert!(is_variable("aws:username") && !is_variable("AWS::AccountId"));
        assert!(is_own_account("data.aws_caller_identity.current.account_id"));
        assert!(!is_own_account("var.partner"));
        assert!(is_declared("data.aws_iam_role.a.arn") && !is_declared("var.principal"));
    }
}
