//! Names of keys: text to reference facts. One file per family of names. A row finds where a name
//! may stand, cheaply; `parse` says whether it is one, and which key it names. Both look at text
//! only: what a name stands for is not asked of anybody.
//!
//! A key has one canonical name, whatever spelling was met: the name holds what makes the key
//! unique at its provider, and leaves out schemes, hosts and regions of replicas. Versions are a
//! field of their own.

mod age;
mod alias;
mod aws;
mod aws_id;
mod azure;
mod colon;
mod google;
mod holder;
mod ibm;
mod kmip;
mod kubernetes;
mod oci;
mod openpgp;
mod other_clouds;
mod pkcs11;
mod pki;
mod said;
mod seen;
mod ssh;
mod text;
mod tpm;
mod vault;
mod x509;

#[cfg(test)]
mod tests;

pub(crate) use self::{
    holder::holder,
    openpgp::LONG_ID,
    pkcs11::has_pin,
    said::{Said, is_in_text},
    seen::{Met, Named, Names, read},
};
use crate::{
    fact::{Fact, Field, Kind, Site, printable},
    rows::Row,
};

/// All families, by name. Their needles have a searcher of their own.
pub(crate) const TABLE: &[Row] = &[
    alias::ROW,
    aws::ROW,
    azure::ROW,
    aws_id::ROW,
    google::ROW,
    ibm::ROW,
    kmip::ROW,
    colon::ROW,
    kubernetes::ROW,
    oci::ROW,
    openpgp::ROW,
    pkcs11::ROW,
    ssh::ROW,
    tpm::ROW,
    vault::ROW,
    pki::ROW,
    x509::ROW,
];

/// Reads a name that stands alone.
pub(crate) type Parse = fn(&str) -> Option<Reference>;

/// Longest name that is read. PKCS#11 URIs and Azure identifiers are the longest.
pub(crate) const LONGEST: usize = 1024;

/// What a name says of the key that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub provider: &'static str,
    /// What is named: `key`, `alias`, `secret`, `certificate`, `cluster`, `fingerprint`, `pin`,
    /// `recipient`.
    pub resource: &'static str,
    /// The canonical name.
    pub key: String,
    pub alias: Option<String>,
    pub account: Option<String>,
    pub region: Option<String>,
    pub version: Option<String>,
}

impl Reference {
    fn new(provider: &'static str, resource: &'static str, key: impl Into<String>) -> Self {
        Self {
            provider,
            resource,
            key: key.into(),
            alias: None,
            account: None,
            region: None,
            version: None,
        }
    }

    fn alias(mut self, alias: &str) -> Self {
        self.alias = non_empty(alias);
        self
    }

    fn account(mut self, account: &str) -> Self {
        self.account = non_empty(account);
        self
    }

    fn region(mut self, region: &str) -> Self {
        self.region = non_empty(region);
        self
    }

    fn version(mut self, version: &str) -> Self {
        self.version = non_empty(version);
        self
    }

    /// The fact that `name` (a variable, an attribute) holds this reference, written as `spelling`.
    pub(crate) fn into_fact(self, name: Option<&str>, spelling: &str, site: Site) -> Fact {
        let published = self.is_example().then_some("documentation");
        let text = |value: Option<String>| value.map(|text| printable(&text, 300));
        Fact::new(Kind::Reference, site)
            .with(Field::Provider, self.provider)
            .with(Field::Resource, self.resource)
            .with(Field::Key, printable(&self.key, LONGEST))
            .with_some(Field::Alias, text(self.alias))
            .with_some(Field::Account, text(self.account))
            .with_some(Field::Region, text(self.region))
            .with_some(Field::Version, text(self.version))
            .with_some(Field::Name, name)
            .with(Field::Spelling, printable(spelling, LONGEST))
            .with_some(Field::Published, published)
    }

    /// Whether it names a key: a URI that only opens a token names none.
    pub(crate) fn is_of_key(&self) -> bool {
        self.resource != pkcs11::PIN_ALONE
    }

    /// Whether it names a key only in documentation: by an account or a key that AWS' documents
    /// use as an example, and that belongs to nobody.
    pub(crate) fn is_example(&self) -> bool {
        const ACCOUNTS: &[&str] = &[
            "000000000000",
            "012345678910",
            "111111111111",
            "111122223333",
            "123456789012",
            "222222222222",
            "444455556666",
            "777788889999",
            "999999999999",
        ];
        const IDS: &[&str] = &[
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "0987dcba-09fe-87dc-65ba-ab0987654321",
            "1234abcd12ab34cd56ef1234567890ab",
            "0987dcba09fe87dc65baab0987654321",
            "12345678-1234-1234-1234-123456789012",
            "abcd1234-a123-456a-a12b-a123b4cd56ef",
        ];
        self.provider == "aws"
            && (self.account.as_deref().is_some_and(|account| ACCOUNTS.contains(&account))
                || IDS.iter().any(|id| self.key.ends_with(id)))
    }
}

/// The fact that a PIN is written out in the URI at `site`.
pub(crate) fn pin_fact(site: Site) -> Fact {
    Fact::new(Kind::Setting, site)
        .with(Field::Provider, "pkcs11")
        .with(Field::Resource, "pkcs11:uri")
        .with(Field::System, "PKCS#11 URI")
        .with(Field::Setting, "secret-in-configuration")
        .with(Field::Name, "pin-value")
        .with(Field::Value, "pin")
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Reads any spelling of the name of a key: two that name one key give one `key`.
pub(crate) fn canonical(text: &str) -> Option<Reference> {
    const ALL: &[Parse] = &[
        colon::parse,
        local,
        age::parse,
        aws::parse,
        aws_id::parse,
        azure::parse,
        google::parse,
        ibm::parse,
        oci::parse,
        pkcs11::parse,
        ssh::parse,
        openpgp::parse,
        pki::parse,
        tpm::parse,
        vault::parse,
        x509::parse,
    ];
    let text = text.trim();
    (text.len() <= LONGEST).then(|| ALL.iter().find_map(|parse| parse(text)))?
}

/// A name as a register writes those that say nothing by themselves: `java:alias/NAME`, `kmip:ID`.
fn local(text: &str) -> Option<Reference> {
    let alias = text.strip_prefix("java:alias/").and_then(alias::parse);
    alias.or_else(|| text.strip_prefix("kmip:").and_then(kmip::parse))
}

/// Which key a name stands for, however it is spelled; where it lies and which version is meant count.
/// What is no known name stands for itself.
pub(crate) fn identity(name: &str) -> String {
    let Some(of) = canonical(name) else { return name.trim().to_owned() };
    let place = [of.account, of.region, of.version].map(Option::unwrap_or_default);
    format!("{} {}", of.key, place.join(" "))
}
