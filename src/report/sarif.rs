//! SARIF 2.1.0 (OASIS), as GitHub code scanning and the SARIF Multitool want it. The one module,
//! with [`super::sarif_rules`], that knows the types of serde-sarif.

use std::{collections::BTreeMap, fmt::Write as _, io};

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactContent, ArtifactLocation, Location, LogicalLocation, Message, PhysicalLocation,
    PropertyBag, Region, Result as SarifResult, ResultLevel, Run, RunAutomationDetails, Sarif,
    Suppression,
};

use super::{
    Report, Row, SarifProfile, clean, count_of, path_of, sarif_notes,
    sarif_rules::{self, Rules},
    sentence, uri, way, whereabouts, write_pretty,
};
use crate::{
    fact::Site,
    finding::{Finding, Severity, Suppressor},
};

pub(super) const ROW: Row = Row { name: "sarif", about: "SARIF 2.1.0", render };

pub(super) const GITHUB_ROW: Row = Row {
    name: "sarif-github",
    about: "SARIF 2.1.0 as GitHub code scanning reads it",
    render: render_for_github,
};

/// GitHub rejects a run with more results.
const RESULTS: usize = 25_000;

/// GitHub shows no more results of a run than this.
const RESULTS_SHOWN: usize = 5_000;

/// GitHub reads no more places of a result than this, the first one included.
const LOCATIONS: usize = 100;

/// Further places that a message links to; the others are only listed.
const LINKS: usize = 5;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

const BASE_ID: &str = "SRCROOT";

fn render(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    write_pretty(&log(report), out)
}

fn render_for_github(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut report = report.clone();
    report.options.sarif_profile = SarifProfile::Github;
    render(&report, out)
}

fn log(report: &Report<'_>) -> Sarif {
    let rules = sarif_rules::describe(report);
    let (findings, left_out) = chosen(report);
    let results: Vec<SarifResult> =
        findings.into_iter().map(|finding| result(report, &rules, finding)).collect();
    let mut run = Run::builder()
        .tool(rules.tool.clone())
        .results(results)
        .taxonomies(rules.taxonomies.clone())
        .invocations(vec![sarif_notes::invocation(report, left_out)])
        .column_kind(json!("unicodeCodePoints"))
        .original_uri_base_ids(BTreeMap::from([(BASE_ID.to_owned(), base(report))]))
        .properties(run_properties(report))
        .build();
    run.automation_details =
        report.options.automation_id.map(|id| RunAutomationDetails::builder().id(id).build());
    Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run]).build()
}

/// The findings to show, most severe first and suppressed ones last where not all fit, and how
/// many do not fit.
fn chosen<'a>(report: &Report<'a>) -> (Vec<&'a Finding>, usize) {
    let outcome = report.outcome;
    let (limit, mut findings) = match report.options.sarif_profile {
        SarifProfile::Full => (RESULTS, outcome.findings.iter().collect::<Vec<_>>()),
        SarifProfile::Github => (RESULTS_SHOWN, outcome.active().collect()),
    };
    let left_out = findings.len().saturating_sub(limit);
    if left_out > 0 {
        findings.sort_by_key(|f| (f.suppression.is_some(), std::cmp::Reverse(f.severity)));
        findings.truncate(limit);
    }
    (findings, left_out)
}

fn result(report: &Report<'_>, rules: &Rules, finding: &Finding) -> SarifResult {
    let id = sarif_rules::rule_id(report, finding);
    let mut result = SarifResult::builder()
        .rule_id(id.as_str())
        .kind(serde_sarif::sarif::ResultKind::Fail)
        .level(level(finding.severity))
        .message(message(report, finding))
        .locations(vec![location(report, finding.site())])
        .partial_fingerprints(BTreeMap::from([
            ("keylint/v1".to_owned(), finding.fingerprint.clone()),
            // The only one that GitHub reads. A value of ours keeps an alert when the key moves,
            // and keeps the uploader from adding its own: an invertible hash of the key's line.
            ("primaryLocationLineHash".to_owned(), format!("{}:1", finding.fingerprint)),
        ]))
        .properties(result_properties(finding))
        .build();
    result.rule_index = rules.index.get(&id).copied();
    let others = finding.sites.iter().skip(1).take(LOCATIONS - 1);
    let related: Vec<Location> = (1..)
        .zip(others)
        .map(|(id, site)| {
            let mut other = location(report, site);
            other.id = Some(id);
            other.message = Some(Message::from("It is here too."));
            other
        })
        .collect();
    result.related_locations = (!related.is_empty()).then_some(related);
    result.suppressions =
        finding.suppression.as_ref().map(|suppression| vec![suppressed(suppression)]);
    result
}

const fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

/// What was found, and links to the other places: GitHub shows only those that a message links to.
fn message(report: &Report<'_>, finding: &Finding) -> Message {
    let mut text = sentence(&plain(&finding.message));
    if let Some(whereabouts) = whereabouts(report, finding.site()) {
        let _infallible = write!(text, " {}", plain(&whereabouts));
    }
    let linked = finding.sites.iter().skip(1).take(LINKS);
    let total = finding.count.max(finding.sites.len() as u64) - 1;
    let links: Vec<String> = (1..)
        .zip(linked)
        .map(|(id, site)| {
            let path = plain(&path_of(report, site));
            format!("[{path}:{}]({id})", site.line)
        })
        .collect();
    if !links.is_empty() {
        let _infallible = write!(text, " Also at {}", links.join(", "));
        let more = total - links.len() as u64;
        if more > 0 {
            let _infallible = write!(text, " and {}", count_of(more, "more place"));
        }
        text.push('.');
    }
    Message::builder().text(text).build()
}

/// User text inside a message string: braces are doubled (SARIF 3.11.5), and brackets must not
/// make a link (3.11.6).
pub(super) fn plain(text: &str) -> String {
    clean(text).replace('{', "{{").replace('}', "}}").replace('[', "(").replace(']', ")")
}

fn location(report: &Report<'_>, site: &Site) -> Location {
    let line = signed(site.line.max(1));
    let column = signed(site.column.max(1));
    let mut region = Region::builder()
        .start_line(line)
        .start_column(column)
        .end_line(line)
        .end_column(signed(site.end_column).max(column.saturating_add(1)))
        .build();
    if site.file.is_some() {
        // Lines are counted in what the file holds, which no line of the file itself is.
        region = Region::builder().start_line(1).start_column(1).end_line(1).end_column(2).build();
    } else if !site.excerpt.text.is_empty() {
        // Masked when it was cut.
        region.snippet = Some(ArtifactContent::builder().text(clean(&site.excerpt.text)).build());
    }
    let physical = PhysicalLocation::builder()
        .artifact_location(artifact(report, site.file()))
        .region(region)
        .build();
    let mut location = Location::builder().physical_location(physical).build();
    let mut logical = Vec::new();
    if site.file.is_some() {
        let name = format!("{}:{}:{}", path_of(report, site), site.line, site.column);
        let inside = LogicalLocation::builder()
            .name(clean(&name))
            .fully_qualified_name(clean(&name))
            .kind("contained")
            .build();
        logical.push(inside);
    }
    if let Some(way) = way(site) {
        let name = format!("{}!{}", site.path, site.decoded.join("!"));
        let decoded = LogicalLocation::builder()
            .name(way)
            .fully_qualified_name(clean(&name))
            .kind(match site {
                Site { commit: Some(_), .. } => "version",
                Site { removed: Some(_), .. } => "removed",
                _ => "decoded",
            })
            .build();
        logical.push(decoded);
    }
    location.logical_locations = (!logical.is_empty()).then_some(logical);
    location
}

fn signed(number: u64) -> i64 {
    // The Multitool and others read these numbers as 32 bits.
    i64::from(i32::try_from(number).unwrap_or(i32::MAX - 1))
}

pub(super) fn artifact(report: &Report<'_>, path: &str) -> ArtifactLocation {
    let uri = uri::of(path, report.options.base);
    let mut artifact = ArtifactLocation::builder().uri(uri.text).build();
    artifact.uri_base_id = uri.relative.then(|| BASE_ID.to_owned());
    artifact
}

fn base(report: &Report<'_>) -> ArtifactLocation {
    let description = Message::from("The directory in which keylint ran.");
    let mut base = ArtifactLocation::builder().description(description).build();
    base.uri = report.options.base.map(uri::of_directory);
    base
}

fn suppressed(suppression: &crate::finding::Suppression) -> Suppression {
    let kind = match suppression.by {
        Suppressor::Inline => "inSource",
        Suppressor::Config | Suppressor::Baseline => "external",
    };
    let properties = bag([
        ("by", json!(suppression.by)),
        ("owner", json!(suppression.owner)),
        ("until", json!(suppression.until)),
        ("place", json!(clean(&suppression.place))),
    ]);
    Suppression::builder()
        .kind(json!(kind))
        .status(json!("accepted"))
        .justification(clean(&suppression.reason))
        .properties(properties)
        .build()
}

/// Severity, and the fields of the fact under their own names.
fn result_properties(finding: &Finding) -> PropertyBag {
    let fields = finding.fields.iter().map(|(field, value)| (field.name(), json!(value)));
    let site = finding.site();
    bag(fields.chain([
        ("severity", json!(finding.severity)),
        ("kind", json!(finding.kind)),
        ("places", json!(finding.count)),
        ("offset", json!(site.offset)),
        ("length", json!(site.length)),
    ]))
}

fn run_properties(report: &Report<'_>) -> PropertyBag {
    let ledger = &report.outcome.ledger;
    let by_layer = (!ledger.by_layer.is_empty()).then_some(&ledger.by_layer);
    let by_layer = by_layer.map(|given| json!(given)).unwrap_or_default();
    bag([
        ("scannedUnits", json!(ledger.scanned_units)),
        ("scannedBytes", json!(ledger.scanned_bytes)),
        ("seenUnits", json!(ledger.seen_units())),
        ("byLayer", by_layer),
        ("complete", json!(ledger.is_complete())),
        ("keys", json!(report.outcome.keys)),
        ("undecided", json!(report.outcome.undecided)),
    ])
}

/// Properties that have a value.
pub(super) fn bag<'a>(properties: impl IntoIterator<Item = (&'a str, Value)>) -> PropertyBag {
    let properties = properties
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    PropertyBag { tags: None, additional_properties: properties }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{HOSTILE, outcome, render_with, report};

    fn run_of(report: &Report<'_>) -> Value {
        let log: Value = serde_json::from_str(&render_with(&ROW, report)).unwrap();
        log["runs"][0].clone()
    }

    #[test]
    fn paths_are_relative_percent_encoded_uris() {
        let outcome = outcome();
        let run = run_of(&report(&outcome));
        let place = &run["results"][0]["locations"][0]["physicalLocation"];
        let artifact = &place["artifactLocation"];
        assert_eq!(artifact["uri"], "keys/100%25%20%231%E2%80%AE/%C3%A9%7C%60%3Cb%3E.pem");
        assert_eq!(artifact["uriBaseId"], "SRCROOT");
        assert_eq!(place["region"]["startLine"], 7);
        assert_eq!(place["region"]["snippet"]["text"], "  -----BEGIN RSA PRIVATE KEY-----");
    }

    #[test]
    fn rules_results_and_taxonomies_point_at_each_other() {
        let outcome = outcome();
        let run = run_of(&report(&outcome));
        let rules = &run["tool"]["driver"]["rules"];
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
        let target = &rules[0]["relationships"][0]["target"];
        let at = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let taxonomy = &run["taxonomies"][at(&target["toolComponent"]["index"])];
        assert_eq!(taxonomy["taxa"][at(&target["index"])]["id"], target["id"]);
    }

    #[test]
    fn a_message_links_to_the_other_places() {
        let outcome = outcome();
        let run = run_of(&report(&outcome));
        let result = &run["results"][0];
        let text = result["message"]["text"].as_str().unwrap();
        assert!(text.contains(" Also at [a b"), "{text}");
        assert!(text.ends_with(".pem:7](1)."), "{text}");
        assert!(text.contains("`{{0}}`"), "{text}");
        assert_eq!(result["relatedLocations"][0]["id"], 1);
        let logical = &result["relatedLocations"][0]["logicalLocations"][0];
        assert_eq!(logical["name"], "inside base64, then gzip");
    }

    #[test]
    fn suppressed_results_say_so_and_are_left_out_for_github() {
        let outcome = outcome();
        let mut report = report(&outcome);
        let run = run_of(&report);
        let suppression = &run["results"][2]["suppressions"][0];
        assert_eq!(suppression["kind"], "external");
        assert_eq!(suppression["justification"], "Replaced in March");
        report.options.sarif_profile = SarifProfile::Github;
        assert_eq!(run_of(&report)["results"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn too_many_results_are_capped_by_severity_and_that_is_said() {
        let mut outcome = outcome();
        let (worst, other) = (outcome.findings[0].clone(), outcome.findings[1].clone());
        outcome.findings = vec![other; RESULTS_SHOWN + 1];
        outcome.findings.push(worst);
        let mut report = report(&outcome);
        report.options.sarif_profile = SarifProfile::Github;
        let run = run_of(&report);
        assert_eq!(run["results"].as_array().unwrap().len(), RESULTS_SHOWN);
        assert_eq!(run["results"][0]["level"], "error");
        let notifications = &run["invocations"][0]["toolExecutionNotifications"];
        assert!(notifications.to_string().contains("2 results do not fit"));
    }

    #[test]
    fn for_github_a_finding_of_another_severity_has_a_rule_of_its_own() {
        let mut outcome = outcome();
        outcome.findings[0].severity = Severity::Low;
        let mut report = report(&outcome);
        assert_eq!(run_of(&report)["results"][0]["ruleId"], "private-key-in-plaintext");
        report.options.sarif_profile = SarifProfile::Github;
        let run = run_of(&report);
        let result = &run["results"][0];
        assert_eq!(result["ruleId"], "private-key-in-plaintext/low");
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], "private-key-in-plaintext/low");
        assert_eq!(rule["properties"]["security-severity"], "2.0");
    }

    #[test]
    fn gaps_and_notices_are_notifications() {
        let outcome = outcome();
        let run = run_of(&report(&outcome));
        let text = run["invocations"][0]["toolExecutionNotifications"].to_string();
        assert!(text.contains("'secret/dir' was not examined"), "{text}");
        assert!(text.contains("This allowance has expired"), "{text}");
    }

    #[test]
    fn places_below_the_base_are_relative_to_it() {
        let mut outcome = outcome();
        outcome.findings[0].sites[0].path = format!("/srv/app/{}", HOSTILE[2]);
        let mut report = report(&outcome);
        report.options.base = Some("/srv/app");
        let run = run_of(&report);
        let artifact = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(artifact["uri"], "old/backup.pem");
        assert_eq!(run["originalUriBaseIds"]["SRCROOT"]["uri"], "file:///srv/app/");
    }
}
