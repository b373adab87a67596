//! The parts of a SARIF run that describe: the tool, its rules, and the taxonomies that they
//! point into.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor,
    ReportingDescriptorReference, ReportingDescriptorRelationship, Tool, ToolComponent,
    ToolComponentReference,
};

use super::{
    Report, RuleView, SarifProfile, clean, clean_lines, cwe, first_sentence, sarif::bag, sentence,
};
use crate::finding::{Finding, Severity};

/// GitHub shows at most ten tags of a rule.
const TAGS: usize = 10;

/// GitHub reads at most this many characters of a description.
const DESCRIPTION: usize = 1024;

/// Where the program is at home.
pub(crate) const HOME: &str = {
    let home = env!("CARGO_PKG_REPOSITORY");
    if home.is_empty() { "https://crates.io/crates/keylint" } else { home }
};

/// Kinds of notifications, by id.
const NOTIFICATIONS: [(&str, &str); 5] = [
    ("left-out", "Inputs were left out because somebody said so."),
    ("not-examined", "An input that should have been examined was not."),
    ("results-left-out", "More was found than fits into the file."),
    ("run-summary", "What was found and how much was looked at."),
    ("stale-allowance", "An allowance has expired or matches nothing."),
];

/// What describes a run.
pub(super) struct Rules {
    pub tool: Tool,
    pub taxonomies: Vec<ToolComponent>,
    /// Place of each rule in the driver.
    pub index: BTreeMap<String, i64>,
}

pub(super) fn describe(report: &Report<'_>) -> Rules {
    let taxonomies = Taxonomies::of(&report.rules);
    let rules: Vec<ReportingDescriptor> =
        graded(report).iter().map(|rule| descriptor(rule, &taxonomies)).collect();
    let index = (0..).zip(&rules).map(|(at, rule)| (rule.id.clone(), at)).collect();
    let mut driver = ToolComponent::builder()
        .name("keylint")
        .full_name(format!("keylint {}", report.tool_version))
        .version(report.tool_version)
        .semantic_version(report.tool_version)
        .information_uri(HOME)
        .short_description(text("Finds cryptographic keys and judges how they are kept."))
        .rules(rules)
        .notifications(
            NOTIFICATIONS
                .into_iter()
                .map(|(id, about)| {
                    ReportingDescriptor::builder()
                        .id(id)
                        .name(pascal_case(id))
                        .short_description(text(about))
                        .full_description(text(about))
                        .help(text(about))
                        .build()
                })
                .collect::<Vec<_>>(),
        )
        .build();
    let supported: Vec<ToolComponentReference> =
        (0..).zip(&taxonomies.names).map(|(at, name)| taxonomies.reference(name, at)).collect();
    driver.supported_taxonomies = (!supported.is_empty()).then_some(supported);
    Rules {
        tool: Tool::builder().driver(driver).build(),
        taxonomies: taxonomies.components(),
        index,
    }
}

/// The id of a finding's rule. GitHub takes the severity of an alert from its rule, so that a
/// finding which is more or less severe than its rule needs a rule of its own there.
pub(super) fn rule_id(report: &Report<'_>, finding: &Finding) -> String {
    let is_graded = report.rule(&finding.rule).is_some_and(|r| r.severity != finding.severity);
    if is_graded && report.options.sarif_profile == SarifProfile::Github {
        format!("{}/{}", finding.rule, finding.severity)
    } else {
        finding.rule.clone()
    }
}

/// A rule under the id that results refer to.
struct Graded<'a> {
    id: String,
    rule: RuleView<'a>,
}

/// Every rule, and for GitHub those that [`rule_id`] made.
fn graded<'a>(report: &Report<'a>) -> Vec<Graded<'a>> {
    let own = report.rules.iter().map(|rule| (rule.id.to_owned(), rule.clone()));
    let made = report.outcome.active().filter_map(|finding| {
        let rule = report.rule(&finding.rule)?.clone();
        let id = rule_id(report, finding);
        (id != rule.id).then_some((id, RuleView { severity: finding.severity, ..rule }))
    });
    let rules: BTreeMap<String, RuleView<'a>> = own.chain(made).collect();
    rules.into_iter().map(|(id, rule)| Graded { id, rule }).collect()
}

fn descriptor(Graded { id, rule }: &Graded<'_>, taxonomies: &Taxonomies) -> ReportingDescriptor {
    let relationships = taxonomies.relationships(rule);
    let mut descriptor = ReportingDescriptor::builder()
        .id(id)
        .name(pascal_case(id))
        .short_description(text(&sentence(&clipped(rule.title))))
        .full_description(text(&sentence(&clipped(rule.why))))
        .help(help(rule))
        .default_configuration(
            ReportingConfiguration::builder().level(json!(level(rule.severity))).build(),
        )
        .properties(properties(rule))
        .build();
    descriptor.help_uri = rule.cwe.first().map(|id| cwe_page(&id.to_string()));
    descriptor.relationships = (!relationships.is_empty()).then_some(relationships);
    descriptor
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// GitHub's scale: over 9 critical, from 7 high, from 4 medium, below low. What is only
/// information is no security problem and has none.
const fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

fn properties(rule: &RuleView<'_>) -> PropertyBag {
    let problem = match rule.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    };
    let mut properties = bag([
        ("precision", json!("high")),
        ("problem.severity", json!(problem)),
        ("severity", json!(rule.severity)),
        ("security-severity", json!(security_severity(rule.severity))),
        ("requirements", json!(rule.requirements)),
    ]);
    let security = security_severity(rule.severity).map(|_| "security".to_owned());
    let weaknesses = rule.cwe.iter().map(|id| format!("external/cwe/cwe-{id:03}"));
    let requirements = rule.requirements.iter().map(|requirement| {
        format!("external/{}", requirement.replacen(':', "/", 1).to_lowercase())
    });
    properties.tags =
        Some(security.into_iter().chain(weaknesses).chain(requirements).take(TAGS).collect());
    properties
}

fn help(rule: &RuleView<'_>) -> MultiformatMessageString {
    let sources: Vec<String> = rule
        .requirements
        .iter()
        .cloned()
        .chain(rule.cwe.iter().map(|id| format!("CWE-{id} {}", cwe::name(*id).unwrap_or_default())))
        .chain(rule.references.iter().cloned())
        .map(|source| clean(source.trim_end()))
        .collect();
    let (why, fix) = (clean_lines(rule.why), clean_lines(rule.fix));
    let mut plain = format!("{why}\n\nWhat to do:\n\n{fix}\n");
    let mut markdown = format!("{why}\n\n**What to do**\n\n{fix}\n");
    if !sources.is_empty() {
        plain = format!("{plain}\nSources:\n- {}\n", sources.join("\n- "));
        markdown = format!("{markdown}\n**Sources**\n\n- {}\n", sources.join("\n- "));
    }
    MultiformatMessageString::builder().text(braces(&plain)).markdown(braces(&markdown)).build()
}

/// Braces are doubled in message strings (SARIF 3.11.5).
fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(braces(&clean_lines(text))).build()
}

/// The whole text if GitHub reads it all, else its first sentence.
fn clipped(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() < DESCRIPTION {
        return line;
    }
    first_sentence(&line).chars().take(DESCRIPTION - 1).collect()
}

/// `private-key-in-plaintext` as `PrivateKeyInPlaintext`. A name must differ from its id in more
/// than case (SARIF 3.49.7).
fn pascal_case(id: &str) -> String {
    let capitalised = |word: &str| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(chars).collect::<String>()
    };
    let words = id.split(|c: char| !c.is_ascii_alphanumeric());
    let name: String = words.map(capitalised).collect();
    if name.eq_ignore_ascii_case(id) { format!("{name}Rule") } else { name }
}

/// The weaknesses and requirements that rules point at, by taxonomy.
struct Taxonomies {
    /// In the order in which they stand in the run.
    names: Vec<String>,
    taxa: BTreeMap<String, Vec<String>>,
}

const CWE: &str = "CWE";

impl Taxonomies {
    fn of(rules: &[RuleView<'_>]) -> Self {
        let weaknesses: BTreeSet<u32> = rules.iter().flat_map(|rule| rule.cwe).copied().collect();
        let mut taxa: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (standard, id) in rules.iter().flat_map(|r| &r.requirements).map(|r| split(r)) {
            taxa.entry(standard.to_owned()).or_default().insert(id.to_owned());
        }
        let mut taxa: BTreeMap<String, Vec<String>> =
            taxa.into_iter().map(|(standard, ids)| (standard, ids.into_iter().collect())).collect();
        if !weaknesses.is_empty() {
            taxa.insert(CWE.to_owned(), weaknesses.iter().map(u32::to_string).collect());
        }
        Self { names: taxa.keys().cloned().collect(), taxa }
    }

    fn reference(&self, name: &str, index: i64) -> ToolComponentReference {
        ToolComponentReference::builder().name(title(name).0).index(index).build()
    }

    fn relationships(&self, rule: &RuleView<'_>) -> Vec<ReportingDescriptorRelationship> {
        let weaknesses = rule.cwe.iter().map(|id| (CWE.to_owned(), id.to_string()));
        let requirements = rule.requirements.iter().map(|requirement| {
            let (standard, id) = split(requirement);
            (standard.to_owned(), id.to_owned())
        });
        weaknesses
            .chain(requirements)
            .filter_map(|(name, id)| {
                let taxonomy = self.names.iter().position(|other| *other == name)?;
                let taxon = self.taxa.get(&name)?.iter().position(|other| *other == id)?;
                let target = ReportingDescriptorReference::builder()
                    .id(id)
                    .index(i64::try_from(taxon).ok()?)
                    .tool_component(self.reference(&name, i64::try_from(taxonomy).ok()?))
                    .build();
                let kinds = vec!["relevant".to_owned()];
                Some(ReportingDescriptorRelationship::builder().target(target).kinds(kinds).build())
            })
            .collect()
    }

    fn components(&self) -> Vec<ToolComponent> {
        self.taxa
            .iter()
            .map(|(name, ids)| {
                let (title, version) = title(name);
                let taxa: Vec<ReportingDescriptor> =
                    ids.iter().map(|id| taxon(name, &title, id)).collect();
                let mut component = ToolComponent::builder()
                    .name(title)
                    .short_description(text(&format!("What rules say of {name}.")))
                    .is_comprehensive(false)
                    .taxa(taxa)
                    .build();
                if let Some(version) = version {
                    component.version = Some(version);
                }
                let (organization, home) = match name {
                    name if name == CWE => ("MITRE", "https://cwe.mitre.org/"),
                    name if name.starts_with("PCI-") => (
                        "PCI Security Standards Council",
                        "https://www.pcisecuritystandards.org/document_library/",
                    ),
                    _ => return component,
                };
                component.organization = Some(organization.to_owned());
                component.information_uri = Some(home.to_owned());
                component
            })
            .collect()
    }
}

fn taxon(taxonomy: &str, title: &str, id: &str) -> ReportingDescriptor {
    if taxonomy == CWE {
        let name = id.parse().ok().and_then(cwe::name);
        let about = name.map_or_else(|| format!("CWE-{id}."), |name| format!("{name}."));
        return ReportingDescriptor::builder()
            .id(id)
            .short_description(text(&about))
            .help_uri(cwe_page(id))
            .build();
    }
    ReportingDescriptor::builder()
        .id(id)
        .short_description(text(&format!("{title} requirement {id}.")))
        .build()
}

fn cwe_page(id: &str) -> String {
    format!("https://cwe.mitre.org/data/definitions/{id}.html")
}

/// `PCI-DSS-4.0.1:3.6.1.2` as standard and requirement.
fn split(requirement: &str) -> (&str, &str) {
    requirement.split_once(':').unwrap_or(("requirements", requirement))
}

/// `PCI-DSS-4.0.1` as `PCI DSS` and `4.0.1`.
fn title(standard: &str) -> (String, Option<String>) {
    match standard.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            (name.replace('-', " "), Some(version.to_owned()))
        }
        _ => (standard.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_names() {
        assert_eq!(pascal_case("private-key-in-plaintext"), "PrivateKeyInPlaintext");
        assert_eq!(pascal_case("stub"), "StubRule");
        assert_eq!(title("PCI-DSS-4.0.1"), ("PCI DSS".to_owned(), Some("4.0.1".to_owned())));
        assert_eq!(title("CWE"), ("CWE".to_owned(), None));
        assert_eq!(split("3.6.1"), ("requirements", "3.6.1"));
    }

    #[test]
    fn a_long_description_is_cut_to_what_github_reads() {
        let long = "word ".repeat(1000);
        assert_eq!(clipped(&format!("First. Then {long}")), "First.");
        assert!(clipped(&long).chars().count() < 1024);
    }
}
