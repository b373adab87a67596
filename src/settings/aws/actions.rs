//! The actions that policies of AWS may allow on keys and secrets, and what each comes to. The list
//! is that of AWS' Service Authorization Reference, kept here so that a policy means the same
//! whoever looks at it: what AWS adds later is not expanded until it is added here.

use super::words::is_like;

/// A set of actions: bit N is row N of [`TABLE`].
pub(super) type Actions = u128;

/// Name, and the capabilities that it gives. None are those that only read, and those that are not
/// about one key.
const TABLE: &[(&str, &[&str])] = &[
    ("kms:CancelKeyDeletion", &["administer"]),
    ("kms:ConnectCustomKeyStore", &["replace"]),
    ("kms:CreateAlias", &["replace"]),
    ("kms:CreateCustomKeyStore", &["replace"]),
    ("kms:CreateGrant", &["delegate"]),
    ("kms:CreateKey", &[]),
    ("kms:Decrypt", &["use"]),
    ("kms:DeleteAlias", &["replace"]),
    ("kms:DeleteCustomKeyStore", &["destroy"]),
    ("kms:DeleteImportedKeyMaterial", &["replace", "destroy"]),
    ("kms:DeriveSharedSecret", &["use"]),
    ("kms:DescribeCustomKeyStores", &[]),
    ("kms:DescribeKey", &[]),
    ("kms:DisableKey", &["administer"]),
    ("kms:DisableKeyRotation", &["administer"]),
    ("kms:DisconnectCustomKeyStore", &["administer"]),
    ("kms:EnableKey", &["administer"]),
    ("kms:EnableKeyRotation", &["administer"]),
    ("kms:Encrypt", &["wrap"]),
    ("kms:GenerateDataKey", &["use"]),
    ("kms:GenerateDataKeyPair", &["use"]),
    ("kms:GenerateDataKeyPairWithoutPlaintext", &["wrap"]),
    ("kms:GenerateDataKeyWithoutPlaintext", &["wrap"]),
    ("kms:GenerateMac", &["use"]),
    ("kms:GenerateRandom", &[]),
    ("kms:GetKeyPolicy", &[]),
    ("kms:GetKeyRotationStatus", &[]),
    // Worth something only beside ImportKeyMaterial.
    ("kms:GetParametersForImport", &[]),
    ("kms:GetPublicKey", &[]),
    ("kms:ImportKeyMaterial", &["replace"]),
    ("kms:ListAliases", &[]),
    ("kms:ListGrants", &[]),
    ("kms:ListKeyPolicies", &[]),
    ("kms:ListKeyRotations", &[]),
    ("kms:ListKeys", &[]),
    ("kms:ListResourceTags", &[]),
    ("kms:ListRetirableGrants", &[]),
    // Whoever edits the policy can give the key to others, or to themselves.
    ("kms:PutKeyPolicy", &["administer", "replace"]),
    ("kms:ReEncryptFrom", &["use"]),
    ("kms:ReEncryptTo", &["wrap"]),
    ("kms:ReplicateKey", &["replace"]),
    ("kms:RetireGrant", &["administer"]),
    ("kms:RevokeGrant", &["administer"]),
    ("kms:RotateKeyOnDemand", &["administer"]),
    ("kms:ScheduleKeyDeletion", &["destroy"]),
    ("kms:Sign", &["use"]),
    ("kms:SynchronizeMultiRegionKey", &["replace"]),
    ("kms:TagResource", &["administer"]),
    ("kms:UntagResource", &["administer"]),
    ("kms:UpdateAlias", &["replace"]),
    ("kms:UpdateCustomKeyStore", &["replace"]),
    ("kms:UpdateKeyDescription", &[]),
    ("kms:UpdatePrimaryRegion", &["replace"]),
    ("kms:Verify", &["use"]),
    ("kms:VerifyMac", &["use"]),
    // Secrets that hold keys.
    ("secretsmanager:DeleteResourcePolicy", &["administer"]),
    ("secretsmanager:DeleteSecret", &["destroy"]),
    ("secretsmanager:GetSecretValue", &["use"]),
    ("secretsmanager:PutResourcePolicy", &["administer", "replace"]),
    ("secretsmanager:PutSecretValue", &["replace"]),
    ("secretsmanager:ReplicateSecretToRegions", &["replace"]),
    ("secretsmanager:RestoreSecret", &["administer"]),
    ("secretsmanager:RotateSecret", &["administer"]),
    ("secretsmanager:UpdateSecret", &["replace"]),
    ("secretsmanager:UpdateSecretVersionStage", &["replace"]),
];

/// All capabilities that are more than use.
const HIGHER: [&str; 5] = ["administer", "replace", "export", "delegate", "destroy"];

/// The actions of one service, `kms` or `secretsmanager`.
pub(super) fn of_service(service: &str) -> Actions {
    chosen(|name| name.split_once(':').is_some_and(|(prefix, _)| prefix == service))
}

/// The actions that a pattern of a policy stands for. Case does not count.
pub(super) fn expand(pattern: &str) -> Actions {
    chosen(|name| is_like(pattern, name))
}

fn chosen(wanted: impl Fn(&str) -> bool) -> Actions {
    (0u32..)
        .zip(TABLE)
        .filter(|(_, (name, _))| wanted(name))
        .fold(0, |set, (bit, _)| set | 1u128.checked_shl(bit).unwrap_or(0))
}

fn rows(set: Actions) -> impl Iterator<Item = &'static (&'static str, &'static [&'static str])> {
    (0u32..)
        .zip(TABLE)
        .filter(move |(bit, _)| set.checked_shr(*bit).unwrap_or(0) & 1 == 1)
        .map(|(_, row)| row)
}

/// Names of a set, those first that give the key to others or put another in its place; a whole
/// service is written as such.
pub(super) fn names(set: Actions) -> Vec<String> {
    let mut names = Vec::new();
    for service in ["kms", "secretsmanager"] {
        let all = of_service(service);
        if set & all == all {
            names.push(format!("{service}:*"));
        } else {
            let mut rows: Vec<_> = rows(set & all).collect();
            rows.sort_by_key(|(_, gives)| gravity(gives));
            names.extend(rows.iter().map(|(name, _)| (*name).to_owned()));
        }
    }
    names
}

fn gravity(gives: &[&str]) -> usize {
    let order = ["delegate", "replace", "export", "destroy", "administer", "use", "wrap"];
    order.iter().position(|name| gives.contains(name)).unwrap_or(order.len())
}

/// The capabilities that a set gives, sorted.
pub(super) fn capabilities(set: Actions) -> Vec<String> {
    let mut found: Vec<String> =
        rows(set).flat_map(|(_, gives)| gives.iter()).map(|&name| name.to_owned()).collect();
    found.sort();
    found.dedup();
    found
}

/// The actions that change a key or who may use it, where the pattern that brings them along is
/// about its use too: `kms:Re*` looks like ReEncrypt and replicates keys.
pub(super) fn hidden(expanded: Actions) -> Actions {
    let is_use = |gives: &[&str]| gives.iter().any(|name| matches!(*name, "use" | "wrap"));
    if !rows(expanded).any(|(_, gives)| is_use(gives)) {
        return 0;
    }
    let is_higher = |gives: &[&str]| gives.iter().any(|name| HIGHER.contains(name));
    rows(expanded)
        .filter(|(_, gives)| is_higher(gives))
        .fold(0, |set, (name, _)| set | expand(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_what_aws_lets_them() {
        assert_eq!(of_service("kms").count_ones(), 55);
        assert_eq!(expand("*"), of_service("kms") | of_service("secretsmanager"));
        assert_eq!(names(expand("KMS:*")), ["kms:*"]);
        assert_eq!(names(expand("kms:reencrypt*")), ["kms:ReEncryptFrom", "kms:ReEncryptTo"]);
        assert_eq!(names(expand("kms:?ecrypt")), ["kms:Decrypt"]);
        let mixed = expand("kms:Decrypt") | expand("kms:DescribeKey") | expand("kms:CreateGrant");
        assert_eq!(names(mixed), ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey"]);
        assert_eq!(expand("s3:*") | expand("kms:Nothing") | expand(""), 0);
    }

    #[test]
    fn a_wildcard_hides_what_its_name_does_not_say() {
        let hidden = |pattern| names(hidden(expand(pattern)));
        assert_eq!(hidden("kms:Re*"), ["kms:ReplicateKey", "kms:RetireGrant", "kms:RevokeGrant"]);
        // These are about one thing each, as AWS' own policies write them.
        for pattern in
            ["kms:GenerateDataKey*", "kms:*rypt*", "kms:Put*", "kms:Create*", "kms:List*"]
        {
            assert_eq!(hidden(pattern), Vec::<String>::new(), "{pattern}");
        }
    }
}
