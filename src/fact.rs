//! The vocabulary: what front ends lower into, and what rules judge. Facts hold no secret, and are
//! serialised as they are by `keylint inspect`.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt::{self, Display},
};

use serde::{Deserialize, Serialize};

use crate::algorithm;
pub use crate::site::{Commit, Excerpt, Site};

/// What a fact states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// These bytes are a key, a certificate, or look like one.
    #[serde(rename = "material")]
    Material,
    /// People wrote something down: here, an allowance in a comment.
    #[serde(rename = "record")]
    Record,
    /// Configuration declares a key.
    #[serde(rename = "key")]
    Key,
    /// A principal may do something to a key.
    #[serde(rename = "grant")]
    Grant,
    /// A setting of a KMS, an HSM, a cluster, a database or a runtime.
    #[serde(rename = "setting")]
    Setting,
    /// Something names a key that it uses.
    #[serde(rename = "reference")]
    Reference,
    /// One key in several files.
    #[serde(rename = "link.same-key")]
    SameKey,
    /// A private key and the certificate or public key that it opens.
    #[serde(rename = "link.pair")]
    Pair,
    /// A key and what it wraps.
    #[serde(rename = "link.wraps")]
    Wraps,
    /// One principal on both sides of a separation of duties.
    #[serde(rename = "link.duties")]
    Duties,
    /// All ways in which one key can be replaced by another.
    #[serde(rename = "link.substitution")]
    Substitution,
    /// A name that stands for another key than before, or a key of which two declarations differ.
    #[serde(rename = "link.change")]
    Change,
}

impl Kind {
    pub const ALL: [Self; 12] = [
        Self::Material,
        Self::Record,
        Self::Key,
        Self::Grant,
        Self::Setting,
        Self::Reference,
        Self::SameKey,
        Self::Pair,
        Self::Wraps,
        Self::Duties,
        Self::Substitution,
        Self::Change,
    ];

    /// The name that rules (`on:`) and serialised facts use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Material => "material",
            Self::Record => "record",
            Self::Key => "key",
            Self::Grant => "grant",
            Self::Setting => "setting",
            Self::Reference => "reference",
            Self::SameKey => "link.same-key",
            Self::Pair => "link.pair",
            Self::Wraps => "link.wraps",
            Self::Duties => "link.duties",
            Self::Substitution => "link.substitution",
            Self::Change => "link.change",
        }
    }
}

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
    /// What of a key or of a name changes or differs: `target`, `policy`, `state` …
    Attribute = "attribute",
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
    /// Cipher that protects the key.
    Cipher = "cipher",
    /// What the bytes are: `private-key`, `secret-key` (symmetric), `public-key`, `certificate` or `key-store`.
    Class = "class",
    /// What stands on the public side of a pair: `certificate`, `public-key`.
    Classes = "classes",
    /// Comment or user id stored beside the key.
    Comment = "comment",
    /// What conditions of a grant narrow it to: `account`, `organisation`, `principal`, `service`, `context`, `network`, or `nothing` for one that does not narrow who may.
    Conditions = "conditions",
    /// Curve or parameter set: `P-256`, `secp256k1`, `ML-KEM-768`, `explicit` …
    Curve = "curve",
    /// What is wrapped.
    Dek = "dek",
    /// Security strength in bits of what is wrapped.
    DekStrength = "dek_strength",
    /// Days in which a deletion can be undone.
    DeletionDays = "deletion_days",
    /// Whether a key cannot be destroyed at once.
    DeletionProtected = "deletion_protected",
    /// Kind of document that grants: `key-policy`, `identity-policy`, `grant`, `role-binding`, `access-policy`, `path-policy`, `attribute`.
    Document = "document",
    /// Structure inside the format: `pkcs1`, `pkcs8`, `sec1`, `encrypted-pkcs8`, `spki`, `x509` …
    Envelope = "envelope",
    /// Environment that the path belongs to: `production`, `staging`, `test`, `docs` …, by the configured patterns.
    Environment = "environment",
    /// All environments in which linked facts lie.
    Environments = "environments",
    /// Whether an end of the key is set.
    Expires = "expires",
    /// Whether the key can leave its store.
    Exportable = "exportable",
    /// How the key is written down: `pem`, `der`, `openssh`, `pkcs12`, `jwk` …
    Format = "format",
    /// Actions of a higher kind that a wildcard inside of an action brings along.
    HiddenActions = "hidden_actions",
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
    /// Whether conditions limit what may be delegated, or which key may stand behind a name.
    Limited = "limited",
    /// Whether the key lies in several regions.
    MultiRegion = "multi_region",
    /// What people call it: address, alias or label.
    Name = "name",
    /// End of the validity of a certificate (RFC 3339).
    NotAfter = "not_after",
    /// Value of a setting that is a number.
    Number = "number",
    /// Where a key comes from: `generated`, `imported` or `external` (kept outside of the provider).
    Origin = "origin",
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
    /// Days between rotations; 0 for never.
    RotationDays = "rotation_days",
    /// Rule that an allowance names.
    Rule = "rule",
    /// Whether the linked facts lie in one directory.
    SameDirectory = "same_directory",
    /// To which keys a grant extends: `key` (this one), `some-keys` (several, by a pattern) or `all-keys`.
    Scope = "scope",
    /// Whether the key cannot be read in plaintext (CKA_SENSITIVE).
    Sensitive = "sensitive",
    /// Name of a setting, the same for all systems that have it.
    Setting = "setting",
    /// State of a key: `enabled`, `disabled`, `pending-deletion`, `pending-import` …
    State = "state",
    /// Security strength in bits by NIST SP 800-57 part 1, table 2.
    Strength = "strength",
    /// Subject of a certificate.
    Subject = "subject",
    /// System that a setting belongs to.
    System = "system",
    /// Day on which an allowance ends (RFC 3339 date).
    Until = "until",
    /// Value of a setting.
    Value = "value",
    /// Version of a key that a reference asks for.
    Version = "version",
    /// How a grant names its actions: `none`, `inner` (a pattern) or `all`.
    Wildcards = "wildcards",
    /// Whether every local user may read the file.
    WorldReadable = "world_readable",
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

/// What a field says. `Unknown` is written `null`: it makes a rule neither fire nor pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Bool(bool),
    Int(u64),
    Text(String),
    List(Vec<String>),
    Unknown,
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Int(value)
    }
}
impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
impl From<Vec<String>> for Value {
    fn from(value: Vec<String>) -> Self {
        Self::List(value)
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
            Self::List(values) => f.write_str(&values.join(", ")),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// One observation. Equal facts of one file are one fact with a count and its first sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub kind: Kind,
    pub fields: BTreeMap<Field, Value>,
    /// How often it was seen in that file.
    pub count: u64,
    /// The first places, in order; never empty.
    pub sites: Vec<Site>,
    /// Where single fields are written, if each has a place of its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub places: BTreeMap<Field, Site>,
}

impl Fact {
    pub fn new(kind: Kind, site: Site) -> Self {
        Self { kind, fields: BTreeMap::new(), count: 1, sites: vec![site], places: BTreeMap::new() }
    }

    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<Value>) -> Self {
        self.fields.insert(field, value.into());
        self
    }

    /// Sets `field` where there is something to say.
    #[must_use]
    pub fn with_some(self, field: Field, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(field, value),
            None => self,
        }
    }

    pub fn text(&self, field: Field) -> Option<&str> {
        match self.fields.get(&field) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn int(&self, field: Field) -> Option<u64> {
        match self.fields.get(&field) {
            Some(Value::Int(int)) => Some(*int),
            _ => None,
        }
    }

    /// The first place.
    pub fn site(&self) -> &Site {
        #[expect(clippy::indexing_slicing, reason = "`new` gives one, and none is ever removed")]
        &self.sites[0]
    }
}

/// What the bytes of a material fact are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    PrivateKey,
    SecretKey,
    PublicKey,
    Certificate,
    KeyStore,
}

impl Class {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PrivateKey => "private-key",
            Self::SecretKey => "secret-key",
            Self::PublicKey => "public-key",
            Self::Certificate => "certificate",
            Self::KeyStore => "key-store",
        }
    }
}

/// The state of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Label {
    Plaintext,
    Encrypted,
    Wrapped,
    Public,
    Truncated,
    Stub,
    Unparsed,
}

impl Label {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "plaintext",
            Self::Encrypted => "encrypted",
            Self::Wrapped => "wrapped",
            Self::Public => "public",
            Self::Truncated => "truncated",
            Self::Stub => "stub",
            Self::Unparsed => "unparsed",
        }
    }
}

/// How an encrypted key is protected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Protection {
    /// `pbkdf2-hmac-sha256`, `scrypt`, `bcrypt`, `argon2id`, `openssl-md5` …
    pub kdf: Option<Cow<'static, str>>,
    /// Iterations, rounds, or for scrypt N.
    pub iterations: Option<u64>,
    /// `aes-256-cbc`, `des-ede3-cbc` …
    pub cipher: Option<Cow<'static, str>>,
}

/// What a format parser understood of some bytes. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Material {
    pub format: &'static str,
    pub envelope: Option<Cow<'static, str>>,
    pub class: Class,
    pub label: Label,
    pub algorithm: Option<Cow<'static, str>>,
    pub bits: Option<u32>,
    pub curve: Option<Cow<'static, str>>,
    pub key_id: Option<String>,
    pub protection: Protection,
    pub alias: Option<String>,
    pub comment: Option<String>,
    pub subject: Option<String>,
    pub not_after: Option<String>,
    pub password: Option<&'static str>,
}

impl Material {
    pub(crate) fn new(format: &'static str, class: Class, label: Label) -> Self {
        Self {
            format,
            envelope: None,
            class,
            label,
            algorithm: None,
            bits: None,
            curve: None,
            key_id: None,
            protection: Protection::default(),
            alias: None,
            comment: None,
            subject: None,
            not_after: None,
            password: None,
        }
    }

    /// Lowers what was understood into the vocabulary.
    pub(crate) fn into_fact(self, site: Site) -> Fact {
        let strength = self
            .algorithm
            .as_deref()
            .and_then(|algorithm| algorithm::strength(algorithm, self.bits, self.curve.as_deref()));
        let text = |value: Option<String>| value.map(|text| printable(&text, 200));
        let name = |value: Option<Cow<'static, str>>| value.map(|name| printable(&name, 80));
        Fact::new(Kind::Material, site)
            .with(Field::Format, self.format)
            .with(Field::Class, self.class.name())
            .with(Field::Label, self.label.name())
            .with_some(Field::Envelope, name(self.envelope))
            .with_some(Field::Algorithm, name(self.algorithm))
            .with_some(Field::Bits, self.bits)
            .with_some(Field::Curve, name(self.curve))
            .with_some(Field::Strength, strength)
            .with_some(Field::KeyId, self.key_id)
            .with_some(Field::Kdf, name(self.protection.kdf))
            .with_some(Field::Iterations, self.protection.iterations)
            .with_some(Field::Cipher, name(self.protection.cipher))
            .with_some(Field::Alias, text(self.alias))
            .with_some(Field::Comment, text(self.comment))
            .with_some(Field::Subject, text(self.subject))
            .with_some(Field::NotAfter, self.not_after)
            .with_some(Field::Password, self.password)
    }
}

/// `text` cut after `most` characters, without any that could drive a terminal or reorder it.
pub(crate) fn printable(text: &str, most: usize) -> String {
    let mut clean: String = text
        .chars()
        .take(most)
        .map(|c| if is_unsafe_to_show(c) { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(most).is_some() {
        clean.push('…');
    }
    clean
}

/// Control, bidirectional and invisible format characters.
pub(crate) fn is_unsafe_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
