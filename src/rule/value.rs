//! Types of fields and parameters, and what a condition sees of a fact.

use cel::{
    ExecutionError, Value as CelValue,
    common::{
        traits::Indexer,
        types::{CelBool, CelInt, CelList, CelString, MAP_TYPE, Type as CelType},
        value::{CowVal, Val},
    },
    context::VariableResolver,
};

use super::Profile;
use crate::fact::{Fact, Field, Value};

/// What a name or an expression in a condition stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Int,
    Text,
    List,
    /// Whatever a macro makes it.
    Any,
    /// Nothing that fields and parameters hold.
    None,
}

impl Type {
    pub(super) fn fits(self, wanted: Self) -> bool {
        self == wanted && self != Self::None || self == Self::Any || wanted == Self::Any
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Bool => "a truth value",
            Self::Int => "a number",
            Self::Text => "a text",
            Self::List => "a list of texts",
            Self::Any => "any value",
            Self::None => "a value that no field has",
        }
    }
}

pub(crate) const fn type_of_field(field: Field) -> Type {
    match field {
        Field::Bits
        | Field::DekStrength
        | Field::DeletionDays
        | Field::ExpiredDays
        | Field::Iterations
        | Field::KekStrength
        | Field::LapsedDays
        | Field::Number
        | Field::OverdueDays
        | Field::Paths
        | Field::ReviewDays
        | Field::RotationDays
        | Field::Strength => Type::Int,
        Field::AlwaysSensitive
        | Field::CanRotate
        | Field::DeletionProtected
        | Field::Expires
        | Field::Exportable
        | Field::Limited
        | Field::MultiRegion
        | Field::NeverExportable
        | Field::PlaintextBackup
        | Field::SameDirectory
        | Field::Sensitive
        | Field::WorldReadable => Type::Bool,
        Field::Actions
        | Field::Capabilities
        | Field::Classes
        | Field::ConditionKeys
        | Field::Conditions
        | Field::Conflicts
        | Field::Custodians
        | Field::Disorder
        | Field::Environments
        | Field::Excepted
        | Field::HiddenActions
        | Field::Invalid
        | Field::Labels
        | Field::Missing
        | Field::OtherValues
        | Field::Principals
        | Field::Purposes
        | Field::SameAs
        | Field::Unacknowledged
        | Field::Unexplained
        | Field::Unguided => Type::List,
        Field::Account
        | Field::After
        | Field::Algorithm
        | Field::Alias
        | Field::Attribute
        | Field::Authority
        | Field::Before
        | Field::Breadth
        | Field::Channel
        | Field::Cipher
        | Field::Class
        | Field::Comment
        | Field::Curve
        | Field::Dek
        | Field::Distribution
        | Field::Document
        | Field::Envelope
        | Field::Environment
        | Field::Format
        | Field::Kdf
        | Field::Kek
        | Field::Key
        | Field::KeyId
        | Field::Label
        | Field::Name
        | Field::NotAfter
        | Field::Origin
        | Field::Owner
        | Field::Password
        | Field::Principal
        | Field::ProtectionLevel
        | Field::Provider
        | Field::Published
        | Field::Purpose
        | Field::Reason
        | Field::Region
        | Field::Resource
        | Field::Role
        | Field::Rule
        | Field::Scope
        | Field::Setting
        | Field::Spelling
        | Field::State
        | Field::StorageForm
        | Field::Subject
        | Field::System
        | Field::Until
        | Field::Value
        | Field::Values
        | Field::Version
        | Field::Wildcards
        | Field::WrapProblem => Type::Text,
    }
}

pub(super) const fn type_of_value(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Text(_) => Type::Text,
        Value::List(_) => Type::List,
        Value::Unknown => Type::None,
    }
}

/// The names that a condition sees: each known field under its own name, `profile.NAME` for the
/// parameters, and `fact` to ask `has(fact.NAME)`. A field that the fact does not have, or whose
/// value is unknown, is no name: what depends on it is an error, and an error never fires.
pub(super) struct Names<'a> {
    pub fact: &'a Fact,
    pub profile: &'a Profile,
}

impl VariableResolver for Names<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        if name == "fact" {
            return Some(CowVal::owned(Fields(self.fact)));
        }
        let value = match name.strip_prefix("profile.") {
            Some(parameter) => &self.profile.parameters.get(parameter)?.value,
            None => self.fact.fields.get(&Field::from_name(name)?)?,
        };
        cel_value(value)
    }
}

fn cel_value(value: &Value) -> Option<CowVal<'_, '_>> {
    match value {
        Value::Bool(value) => Some(CowVal::owned(CelBool::from(*value))),
        Value::Int(value) => {
            Some(CowVal::owned(CelInt::from(i64::try_from(*value).unwrap_or(i64::MAX))))
        }
        Value::Text(text) => Some(CowVal::owned(CelString::from(text.as_str()))),
        Value::List(texts) => {
            let texts: Vec<Box<dyn Val + '_>> = texts
                .iter()
                .map(|text| Box::new(CelString::from(text.as_str())) as Box<dyn Val + '_>)
                .collect();
            Some(CowVal::owned(CelList::from(texts)))
        }
        Value::Unknown => None,
    }
}

/// A fact as a map, for `has()` alone: a field that is not there is missing, and one that is
/// unknown is an error, because nobody knows whether it is there.
#[derive(Debug, Clone)]
struct Fields<'a>(&'a Fact);

impl Val for Fields<'_> {
    fn get_type(&self) -> &CelType {
        Self::cel_type()
    }

    fn cel_type() -> &'static CelType {
        &MAP_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}

impl Indexer for Fields<'_> {
    fn get<'b, 'v>(&'b self, name: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let name = name.downcast_ref::<CelString>().map(CelString::inner).unwrap_or_default();
        match Field::from_name(name).and_then(|field| self.0.fields.get(&field)) {
            None => Err(ExecutionError::no_such_key(name)),
            Some(Value::Unknown) => {
                Err(ExecutionError::InternalError(format!("{name} is unknown")))
            }
            Some(_) => Ok(CowVal::owned(CelBool::from(true))),
        }
    }

    fn steal<'v>(self: Box<Self>, name: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(name).map(CowVal::into_owned)
    }
}

/// What came of a condition: an error is neither.
pub(super) fn truth(result: Result<CelValue, ExecutionError>) -> Option<bool> {
    match result {
        Ok(CelValue::Bool(truth)) => Some(truth),
        Ok(_) | Err(_) => None,
    }
}
