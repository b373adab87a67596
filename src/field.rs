//! Names of fields: the closed vocabulary of facts.

use std::fmt::{self, Display};

use serde::{Deserialize, Serialize};

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// The closed vocabulary of field names, as rules and serialised facts write them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Field { $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+ }

        impl Field {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name that rules and serialised facts use.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// One sentence for the generated documentation.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+),)+ }
            }
        }
    };
}

fields! {
    /// Account, project, subscription or tenant that a key or a principal belongs to.
    Account = "account",
    /// What a grant allows, in the words of the provider, after everything that is denied was taken off.
    Actions = "actions",
    /// What it is after the change.
    After = "after",
    /// Key algorithm: `rsa`, `rsa-pss`, `dsa`, `dh`, `ec`, `ed25519`, `x25519`, `ml-dsa`, `aes`, `hmac` …, or a dotted OID that has no name here.
    Algorithm = "algorithm",
    /// Name under which a store keeps the key.
    Alias = "alias",
    /// Whether the key could at no time be read in plaintext (CKA_ALWAYS_SENSITIVE).
    AlwaysSensitive = "always_sensitive",
    /// What of a key or of a name changes or differs: `target`, `policy`, `state` …
    Attribute = "attribute",
    /// Whom a certificate lets others trust: `ca` (its basic constraints say CA) or `self-signed`.
    Authority = "authority",
    /// What it is before the change.
    Before = "before",
    /// Size of the key in bits: modulus, field or symmetric key.
    Bits = "bits",
    /// Who is meant by a principal, after conditions were counted: `anyone`, `any-account` (everybody with an account of the provider), `cross-account`, `account` (everybody to whom the own account gives it), `group`, `service`, `federated`, `user` (a person with keys of their own), `named`.
    Breadth = "breadth",
    /// Whether the provider can rotate such a key by itself.
    CanRotate = "can_rotate",
    /// What a grant comes to: `use`, `wrap`, `administer`, `replace`, `export`, `delegate`, `destroy`.
    Capabilities = "capabilities",
    /// By what a key is handed over: `courier`, `e-mail` …
    Channel = "channel",
    /// Cipher that protects the key.
    Cipher = "cipher",
    /// What the bytes are: `private-key`, `secret-key` (symmetric), `public-key`, `certificate` or `key-store`.
    Class = "class",
    /// What stands on the public side of a pair: `certificate`, `public-key`.
    Classes = "classes",
    /// Comment or user id stored beside the key.
    Comment = "comment",
    /// Names of what conditions of a grant look at, as they are written: `kms:ViaService`.
    ConditionKeys = "condition_keys",
    /// What conditions of a grant narrow it to: `account`, `organisation`, `principal`, `service`, `context`, `network`, or `nothing` for one that does not narrow who may.
    Conditions = "conditions",
    /// Who holds two duties of one key that the register asks to keep apart.
    Conflicts = "conflicts",
    /// Curve or parameter set: `P-256`, `secp256k1`, `ML-KEM-768`, `explicit` …
    Curve = "curve",
    /// Everybody who looks after a key, each once.
    Custodians = "custodians",
    /// What is wrapped.
    Dek = "dek",
    /// Security strength in bits of what is wrapped.
    DekStrength = "dek_strength",
    /// Days in which a deletion can be undone.
    DeletionDays = "deletion_days",
    /// Whether a key cannot be destroyed at once.
    DeletionProtected = "deletion_protected",
    /// Dates and states of a register entry that cannot all be true.
    Disorder = "disorder",
    /// Method by which a key is distributed, as the register names it.
    Distribution = "distribution",
    /// Kind of document that grants: `key-policy`, `identity-policy`, `grant`, `role-binding`, `role` (what it allows, and nobody who has it), `access-policy`, `path-policy`, `attribute`.
    Document = "document",
    /// Structure inside the format: `pkcs1`, `pkcs8`, `sec1`, `encrypted-pkcs8`, `spki`, `x509` …
    Envelope = "envelope",
    /// Environment that the path belongs to: `production`, `staging`, `test`, `docs` …, by the configured patterns.
    Environment = "environment",
    /// All environments in which linked facts lie.
    Environments = "environments",
    /// Rules from which an entry is excepted today, by somebody and until a day.
    Excepted = "excepted",
    /// Days since the end of a key that still counts as active.
    ExpiredDays = "expired_days",
    /// Whether an end of the key is set.
    Expires = "expires",
    /// Whether the key can leave its store.
    Exportable = "exportable",
    /// How the key is written down: `pem`, `der`, `openssh`, `pkcs12`, `jwk` …
    Format = "format",
    /// Actions of a higher kind that a wildcard inside of an action brings along.
    HiddenActions = "hidden_actions",
    /// What a register entry says in words that have no meaning there.
    Invalid = "invalid",
    /// Iterations (or rounds) of the key derivation.
    Iterations = "iterations",
    /// Key derivation that turns the password into a key.
    Kdf = "kdf",
    /// What wraps.
    Kek = "kek",
    /// Security strength in bits of what wraps.
    KekStrength = "kek_strength",
    /// Identity of the key in configuration: its identifier at the provider, or file and address of its declaration.
    Key = "key",
    /// Identity of the key: `spki-sha256:` of the public half, or a domain-separated digest.
    KeyId = "key_id",
    /// State of the bytes: plaintext, encrypted, wrapped, component, share, public, truncated, stub or unparsed.
    Label = "label",
    /// Labels of all linked facts.
    Labels = "labels",
    /// Days since an exception ended.
    LapsedDays = "lapsed_days",
    /// Whether conditions limit what may be delegated, or which key may stand behind a name.
    Limited = "limited",
    /// What a register entry of this kind must say and does not.
    Missing = "missing",
    /// Whether the key lies in several regions.
    MultiRegion = "multi_region",
    /// What people call it: address, alias or label.
    Name = "name",
    /// Whether the key could at no time leave its store (CKA_NEVER_EXTRACTABLE).
    NeverExportable = "never_exportable",
    /// End of the validity of a certificate (RFC 3339).
    NotAfter = "not_after",
    /// Value of a setting that is a number.
    Number = "number",
    /// Where a key comes from: `generated`, `imported` or `external` (kept outside of the provider).
    Origin = "origin",
    /// Files of values by whose use it is otherwise.
    OtherValues = "other_values",
    /// Days since the key should have been replaced.
    OverdueDays = "overdue_days",
    /// Who answers for a key.
    Owner = "owner",
    /// Well-known password that opens the key.
    Password = "password",
    /// How many grants lead to it.
    Paths = "paths",
    /// Whether the key can be backed up in plaintext.
    PlaintextBackup = "plaintext_backup",
    /// Who may do something, as the document names it.
    Principal = "principal",
    /// Everybody who may.
    Principals = "principals",
    /// Where a key is kept: `software`, `hsm` or `external`.
    ProtectionLevel = "protection_level",
    /// `aws`, `google`, `azure`, `vault`, `kubernetes`, `pkcs11` …
    Provider = "provider",
    /// Where the key was published, if the whole world has it.
    Published = "published",
    /// What a key is for: `encrypt`, `wrap`, `sign`, `mac`, `agree`, `derive`.
    Purpose = "purpose",
    /// All that a key may be used for.
    Purposes = "purposes",
    /// Reason that an allowance gives.
    Reason = "reason",
    /// Region in which a key lies.
    Region = "region",
    /// Type of the resource or document, in the words of the provider.
    Resource = "resource",
    /// Days since somebody reviewed an entry.
    ReviewDays = "review_days",
    /// Role that a grant gives, or that a document declares, where it is not one of the provider's own.
    Role = "role",
    /// Days between rotations; 0 for never.
    RotationDays = "rotation_days",
    /// Rule that an allowance names.
    Rule = "rule",
    /// Other entries of the register that are the same key.
    SameAs = "same_as",
    /// Whether the linked facts lie in one directory.
    SameDirectory = "same_directory",
    /// To which keys a grant extends: `key` (this one), `some-keys` (several, by a pattern) or `all-keys`.
    Scope = "scope",
    /// Whether the key cannot be read in plaintext (CKA_SENSITIVE).
    Sensitive = "sensitive",
    /// Name of a setting, the same for all systems that have it.
    Setting = "setting",
    /// A name of a key as it is written, where the canonical name differs; without a PIN.
    Spelling = "spelling",
    /// State of a key: `enabled`, `disabled`, `pending-deletion`, `pending-import` …
    State = "state",
    /// How the register says that a key is stored: `wrapped`, `scd` (in a secure cryptographic device), `components`, `cleartext`.
    StorageForm = "storage_form",
    /// Security strength in bits by NIST SP 800-57 part 1, table 2.
    Strength = "strength",
    /// Subject of a certificate.
    Subject = "subject",
    /// System that a setting belongs to.
    System = "system",
    /// Custodians who have not acknowledged their duties.
    Unacknowledged = "unacknowledged",
    /// What an exception or an exclusion of a register entry lacks.
    Unexplained = "unexplained",
    /// Customers with whom a key is shared and who were given no guidance.
    Unguided = "unguided",
    /// Day on which an allowance ends (RFC 3339 date).
    Until = "until",
    /// Value of a setting.
    Value = "value",
    /// File of values by whose use it is so, where it is otherwise with those that are always used.
    Values = "values",
    /// Version of a key that a reference asks for.
    Version = "version",
    /// How a grant names its actions: `none`, `inner` (a pattern) or `all`.
    Wildcards = "wildcards",
    /// Whether every local user may read the file.
    WorldReadable = "world_readable",
    /// What is wrong with the key that wraps: `itself`, `cycle`, `too-deep`, `orphan`, `retired`, `beside`, `one-sided`.
    WrapProblem = "wrap_problem",
}

impl Field {
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
