//! Resources to facts, by the tables of the providers.

use std::collections::HashMap;

use super::{
    Sources, aws, azure, file_access, json, kubernetes, oracle_cloud,
    providers::{Condition, Emission, Emits, Place, Providers, Spec, Table, Take, Test},
    settle::{bind, complete},
    shapes::is_like,
    sops,
    tree::{Entry, Node, Path, Span, Tree},
    values::{mapped, take},
    vault,
};
use crate::fact::{Fact, Field, Kind, Value};

/// Something that configuration declares or that a tool has printed.
pub(crate) struct Resource {
    /// In the words of the provider: `aws_kms_key`, `AWS::KMS::Key`, or as a shape names it.
    pub type_name: String,
    /// How people name it: `module.vault.aws_kms_key.pan`, a logical id. Empty for a document.
    pub address: String,
    /// Where the address is the only one of its name: the directory of a root module, a file.
    pub scope: String,
    pub body: Node,
    /// Where it is declared: its first line.
    pub span: Span,
}

impl Resource {
    /// The identity of what the resource declares, when the provider gives it none.
    pub(crate) fn declared(&self) -> String {
        format!("{}#{}", self.scope, self.address)
    }
}

/// Those of `again`, which are the same declarations with the values of `file`, that come to something
/// else than in `first`. Their names are those of `first`: a name alone makes no other resource. Of both
/// it is noted with which values they hold.
pub(crate) fn changed(
    first: &mut [Resource],
    mut again: Vec<Resource>,
    file: &str,
) -> Vec<Resource> {
    const NAMES: &[&str] = &["name", "$parent", "$scope"];
    let is_name = |entry: &&Entry| NAMES.contains(&entry.name.as_str());
    let mut known: HashMap<(&str, Span), Vec<(usize, &Resource)>> = HashMap::new();
    for (number, of) in first.iter().enumerate() {
        known.entry((&of.type_name, of.span)).or_default().push((number, of));
    }
    // Those that are the same with these values too.
    let mut kept = vec![false; first.len()];
    again.retain_mut(|of| {
        let before = known.get(&(of.type_name.as_str(), of.span));
        let before = before.map(Vec::as_slice).unwrap_or_default();
        if let ([(_, before)], Tree::Map(entries)) = (before, &mut of.body.tree) {
            of.address.clone_from(&before.address);
            entries.retain(|entry| !is_name(&entry));
            entries.extend(before.body.entries().iter().filter(is_name).cloned());
        }
        let has_all = |other: &Node| {
            let is_in = |entry: &Entry| {
                other.get(&entry.name).is_some_and(|node| node.is_same(&entry.node))
            };
            let written = other.entries().iter().filter(|entry| entry.name != OTHER_VALUES);
            written.count() == of.body.entries().len() && of.body.entries().iter().all(is_in)
        };
        let same = before.iter().find(|(_, before)| has_all(&before.body));
        if let Some(kept) = same.and_then(|(number, _)| kept.get_mut(*number)) {
            *kept = true;
        }
        same.is_none()
    });
    for (of, _) in first.iter_mut().zip(kept).filter(|(_, is_kept)| !is_kept) {
        note(of, OTHER_VALUES, file);
    }
    for of in &mut again {
        note(of, VALUES, file);
    }
    again
}

/// Members by which a resource is told to hold with the values of one file, or not with those of some.
const VALUES: &str = "$values";
const OTHER_VALUES: &str = "$other-values";

fn note(of: &mut Resource, name: &str, file: &str) {
    let span = of.span;
    if let Tree::Map(entries) = &mut of.body.tree {
        let node = Node::new(Tree::text(file), span);
        entries.push(Entry { name: name.to_owned(), name_span: span, node });
    }
}

/// Files that are noted under a name.
fn noted<'a>(of: &'a Resource, name: &str) -> Vec<&'a str> {
    let entries = of.body.entries().iter().filter(|entry| entry.name == name);
    entries.filter_map(|entry| entry.node.as_text()).collect()
}

/// What comes of resources.
#[derive(Default)]
pub(crate) struct Lowered {
    pub facts: Vec<Fact>,
    /// Facts that were not given because it is unknown whether they hold.
    pub undecided: u64,
}

/// Makes facts where paths and tables are not enough.
pub(crate) type Evaluator = fn(&Resource, &Scene<'_>, &Emission, &mut Lowered);

/// By the name that `emits:` has.
pub(crate) const EVALUATORS: &[(&str, Evaluator)] = &[
    ("aws-alarm", aws::alarm),
    ("aws-grant", aws::grant),
    ("aws-identities", aws::identities),
    ("aws-module-policy", aws::module_policy),
    ("aws-policy", aws::policy),
    ("azure-access-policy", azure::access_policy),
    ("azure-key", azure::key),
    ("azure-key-reference", azure::key_reference),
    ("azure-release-policy", azure::release_policy),
    ("azure-role", azure::role),
    ("azure-role-definition", azure::role_definition),
    ("azure-rotation-policy", azure::rotation_policy),
    ("container-arguments", kubernetes::container_arguments),
    ("encryption-configuration", kubernetes::encryption_configuration),
    ("file-access", file_access::file_access),
    ("kubernetes-audit", kubernetes::audit),
    ("kubernetes-binding", kubernetes::binding),
    ("oracle-statement", oracle_cloud::statement),
    ("sops-recipients", sops::recipients),
    ("vault-key", vault::key_of_command),
    ("vault-policy", vault::grants),
    ("vault-transit-versions", vault::versions),
];

/// The item of a resource that a fact is made of.
pub(crate) struct Scene<'a> {
    pub resource: &'a Resource,
    /// The item, and what it stands in, innermost first.
    pub items: Vec<&'a Node>,
    pub sources: &'a Sources,
}

/// Gives every fact that a resource states.
pub(crate) fn lower(
    resource: &Resource,
    providers: &Providers,
    sources: &Sources,
    lowered: &mut Lowered,
) {
    let before = lowered.facts.len();
    for emission in providers.emissions(&resource.type_name) {
        each_item(&[&resource.body], &emission.each, lowered, &mut |items, lowered| {
            let scene = Scene { resource, items: items.to_vec(), sources };
            match all_hold(&emission.when, &scene) {
                Some(true) => scene.emit(emission, lowered),
                Some(false) => {}
                None => lowered.undecided += 1,
            }
        });
    }
    for (field, name) in [(Field::Values, VALUES), (Field::OtherValues, OTHER_VALUES)] {
        let files = noted(resource, name);
        let Some(first) = files.first() else { continue };
        let value = match field {
            Field::Values => Value::from(*first),
            _ => files.iter().map(|&file| file.to_owned()).collect::<Vec<_>>().into(),
        };
        for fact in lowered.facts.iter_mut().skip(before) {
            fact.fields.insert(field, value.clone());
        }
    }
}

/// Calls `then` with every item that `steps` lead to, before what it stands in. A text on the way
/// that is JSON is gone into: policies are often written so.
pub(super) fn each_item(
    items: &[&Node],
    steps: &[Path],
    lowered: &mut Lowered,
    then: &mut dyn FnMut(&[&Node], &mut Lowered),
) {
    let (Some(item), Some((step, steps))) = (items.first(), steps.split_first()) else {
        return then(items, lowered);
    };
    let look = item.find(step);
    lowered.undecided += u64::from(look.unknown);
    for node in look.nodes {
        let within = match node.as_text() {
            Some(text) if !steps.is_empty() && text.trim_start().starts_with(['{', '[']) => {
                json::parse_within(text, node.span)
            }
            _ => None,
        };
        let mut inside = vec![within.as_ref().unwrap_or(node)];
        inside.extend(items);
        each_item(&inside, steps, lowered, then);
    }
}

/// Whether all conditions hold; nothing if that is unknown.
pub(crate) fn all_hold(conditions: &[Condition], scene: &Scene<'_>) -> Option<bool> {
    let mut all = Some(true);
    for condition in conditions {
        match scene.holds(condition) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

/// What a place holds.
pub(super) enum Found<'a> {
    Nodes(Vec<&'a Node>),
    Text(String),
    Absent,
    Unknown,
}

impl<'a> Scene<'a> {
    pub(super) fn look(&self, place: &Place) -> Found<'a> {
        match place {
            Place::Address => Found::Text(self.resource.address.clone()),
            Place::Declared => Found::Text(self.resource.declared()),
            Place::Type => Found::Text(self.resource.type_name.clone()),
            Place::Member => {
                let name = match self.items.as_slice() {
                    [item, within, ..] => within.name_of(item),
                    _ => None,
                };
                name.map_or(Found::Absent, |name| Found::Text(name.to_owned()))
            }
            Place::Path { up, path } => {
                let Some(item) = self.items.get(*up) else { return Found::Absent };
                let look = item.find(path);
                match (look.nodes.is_empty(), look.unknown) {
                    (true, true) => Found::Unknown,
                    (true, false) => Found::Absent,
                    (false, _) => Found::Nodes(look.nodes),
                }
            }
        }
    }

    fn holds(&self, condition: &Condition) -> Option<bool> {
        let texts: Vec<Option<String>> = match self.look(&condition.path) {
            Found::Unknown => return None,
            Found::Absent => match &condition.absent {
                Some(text) => vec![Some(text.clone())],
                None => match condition.test {
                    Test::Present(wanted) => return Some(!wanted),
                    Test::Not(_) | Test::Like(_, false) => return Some(true),
                    Test::Is(_) | Test::Like(_, true) | Test::Below(_) => return Some(false),
                },
            },
            Found::Text(text) => vec![Some(text)],
            Found::Nodes(nodes) => nodes.iter().map(|node| node.scalar().map(Into::into)).collect(),
        };
        let any_of = |values: &[String], fits: fn(&str, &str) -> bool| {
            let is_one = |text: &String| values.iter().any(|value| fits(value, text));
            if texts.iter().flatten().any(is_one) {
                return Some(true);
            }
            // A list or a map is none of the values; a text that is known in part may be.
            let is_open = |place: &Place| match self.look(place) {
                Found::Nodes(nodes) => {
                    nodes.iter().any(|n| n.as_text().is_none() && n.as_partial().is_some())
                }
                _ => false,
            };
            if is_open(&condition.path) { None } else { Some(false) }
        };
        match &condition.test {
            Test::Present(wanted) => Some(*wanted),
            Test::Is(values) => any_of(values, str::eq_ignore_ascii_case),
            Test::Not(values) => any_of(values, str::eq_ignore_ascii_case).map(|is| !is),
            Test::Like(values, wanted) => any_of(values, is_like).map(|is| is == *wanted),
            Test::Below(limit) => texts
                .iter()
                .flatten()
                .next()
                .and_then(|text| text.parse::<u64>().ok())
                .map(|number| number < *limit),
        }
    }

    fn emit(&self, emission: &Emission, lowered: &mut Lowered) {
        match emission.emits {
            Emits::Evaluated(number) => {
                if let Some((_, evaluate)) = EVALUATORS.get(number) {
                    evaluate(self.resource, self, emission, lowered);
                }
            }
            Emits::Fact(kind) => {
                let mut fact = self.fact(kind, emission);
                complete(&mut fact);
                bind(&mut fact);
                // A role over something else than keys says that whoever has it may do nothing.
                let is_empty =
                    fact.fields.get(&Field::Capabilities) == Some(&Value::List(Vec::new()));
                if !is_empty || fact.text(Field::Document) == Some("role") {
                    lowered.facts.push(fact);
                }
            }
        }
    }

    /// A fact with the fields of an emission, at the item.
    pub(crate) fn fact(&self, kind: Kind, emission: &Emission) -> Fact {
        let span = match (self.items.len(), self.items.first()) {
            (2.., Some(item)) => item.span,
            _ => self.resource.span,
        };
        let mut fact = Fact::new(kind, self.sources.site(span, true))
            .with(Field::Provider, emission.provider.as_str())
            .with(Field::Resource, self.resource.type_name.as_str());
        for (field, spec) in &emission.fields {
            if let Some((value, span)) = self.value(*field, spec) {
                if let Some(span) = span {
                    fact.places.insert(*field, self.sources.site(span, !spec.is_secret));
                }
                fact.fields.insert(*field, value);
            }
        }
        // Something refers to a key where it names it.
        if let Some(place) = fact.places.get(&Field::Key).filter(|_| kind == Kind::Reference) {
            fact.sites = vec![place.clone()];
        }
        fact
    }

    /// What a field is, and where that is written.
    fn value(&self, field: Field, spec: &Spec) -> Option<(Value, Option<Span>)> {
        if let Some(format) = &spec.format {
            return self.filled_in(format, spec);
        }
        let mut unknown = false;
        let mut unmapped = None;
        for place in &spec.from {
            match self.look(place) {
                Found::Absent => {}
                Found::Unknown => unknown = true,
                Found::Text(text) => {
                    let value = if spec.table.is_some() {
                        mapped(spec, &text).unwrap_or(Value::Unknown)
                    } else {
                        Value::Text(text)
                    };
                    return Some((value, None));
                }
                Found::Nodes(nodes) => {
                    let is_blank = |table: &Table| {
                        nodes.first().and_then(|n| n.as_text()).is_some_and(|n| table.is_blank(n))
                    };
                    if spec.table.as_ref().is_some_and(is_blank) {
                        return None;
                    }
                    let span = nodes.first().map(|node| node.span);
                    let value = take(field, spec, &nodes, &self.resource.scope);
                    let is_known = nodes.iter().all(|node| node.scalar().is_some());
                    if value == Value::Unknown && is_known && spec.table.is_some() {
                        unmapped = span;
                        continue;
                    }
                    return Some((value, span));
                }
            }
        }
        if unmapped.is_some() && !unknown {
            let value = spec.absent.clone().filter(|_| spec.from.len() > 1);
            return Some((value.unwrap_or(Value::Unknown), unmapped));
        }
        if unknown {
            return Some((Value::Unknown, None));
        }
        match spec.take {
            Take::Present => Some((Value::Bool(false), None)),
            Take::Count => Some((Value::Int(0), None)),
            _ => spec.absent.clone().map(|value| (value, self.written_as_null(&spec.from))),
        }
    }

    /// Where it is written in an item that there is nothing. A variable that is null by default is
    /// written elsewhere.
    fn written_as_null(&self, places: &[Place]) -> Option<Span> {
        places.iter().find_map(|place| match place {
            Place::Path { up, path } => {
                let item = self.items.get(*up)?;
                let null = item.null_at(path)?;
                let is_inside = null.source == item.span.source
                    && (item.span.start..item.span.end).contains(&null.start);
                is_inside.then_some(null)
            }
            _ => None,
        })
    }
}

impl Scene<'_> {
    /// A text with what each place of a field holds in it.
    fn filled_in(&self, format: &str, spec: &Spec) -> Option<(Value, Option<Span>)> {
        let mut parts = format.split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        let mut span = None;
        for (place, part) in spec.from.iter().zip(parts) {
            match self.look(place) {
                Found::Absent => return spec.absent.clone().map(|value| (value, None)),
                Found::Unknown => return Some((Value::Unknown, None)),
                Found::Text(of) => text.push_str(&of),
                Found::Nodes(nodes) => {
                    let node = nodes.first()?;
                    let Some(of) = node.scalar() else {
                        return Some((Value::Unknown, Some(node.span)));
                    };
                    text.push_str(&of);
                    span = Some(node.span);
                }
            }
            text.push_str(part);
        }
        Some((Value::Text(text), span))
    }
}
