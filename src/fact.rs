//! The vocabulary: what front ends lower into, and what rules judge. Facts hold no secret, and are
//! serialised as they are by `keylint inspect`.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt::{self, Display},
};

use serde::{Deserialize, Serialize};

use crate::algorithm;
pub use crate::{
    field::Field,
    site::{Commit, Excerpt, Removal, Removed, Site},
};

/// What a fact states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// These bytes are a key, a certificate, or look like one.
    #[serde(rename = "material")]
    Material,
    /// People wrote something down: an allowance in a comment, or an entry of a register of keys.
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
    /// What was seen, against what the register of keys approves.
    #[serde(rename = "link.register")]
    Register,
}

impl Kind {
    pub const ALL: [Self; 13] = [
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
        Self::Register,
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
            Self::Register => "link.register",
        }
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

    /// Every place that it names.
    pub(crate) fn all_sites_mut(&mut self) -> impl Iterator<Item = &mut Site> {
        self.sites.iter_mut().chain(self.places.values_mut())
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
    pub authority: Option<&'static str>,
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
            authority: None,
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
            .with_some(Field::Authority, self.authority)
            .with_some(Field::Password, self.password)
    }
}

/// `text` cut after `most` characters, without any that could drive a terminal or reorder it.
pub(crate) fn printable(text: &str, most: usize) -> String {
    if text.len() <= most && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
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
