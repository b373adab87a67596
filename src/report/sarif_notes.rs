//! What a SARIF run says of itself: what was found, and what was not examined.

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, Message, Notification, PhysicalLocation,
    ReportingDescriptorReference,
};

use super::{
    Report, count_of, extent_in_words, findings_in_words,
    sarif::{artifact, plain},
    sentence,
};

/// Gaps that get a notification of their own; the others are counted.
const GAPS: usize = 1_000;

pub(super) fn invocation(report: &Report<'_>, left_out: usize) -> Invocation {
    let outcome = report.outcome;
    let summary = format!("{}. {}.", findings_in_words(outcome), extent_in_words(outcome));
    let mut notifications = vec![notification("run-summary", "note", &summary, None)];
    if left_out > 0 {
        let results = count_of(left_out as u64, "result");
        let text = format!("{results} do not fit into this file; the most severe ones are in it.");
        notifications.push(notification("results-left-out", "warning", &text, None));
    }
    for gap in outcome.ledger.gaps().take(GAPS) {
        let detail = gap.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
        let text = format!("'{}' was not examined: {}{detail}.", gap.path, gap.reason.words());
        let place = artifact(report, gap.file());
        notifications.push(notification("not-examined", "warning", &text, Some(place)));
    }
    let more = outcome.ledger.gaps().count().saturating_sub(GAPS) as u64;
    if more > 0 {
        let text = format!("{} more were not examined.", count_of(more, "input"));
        notifications.push(notification("not-examined", "warning", &text, None));
    }
    for (reason, count) in outcome.ledger.by_reason().into_iter().filter(|(r, _)| !r.is_gap()) {
        let text = format!("{}: {}.", count_of(count, "input"), reason.words());
        notifications.push(notification("left-out", "note", &text, None));
    }
    for notice in &outcome.notices {
        let text = sentence(&format!("{}: {}", notice.place, notice.message));
        notifications.push(notification("stale-allowance", "warning", &text, None));
    }
    Invocation::builder()
        .execution_successful(true)
        .tool_execution_notifications(notifications)
        .build()
}

fn notification(id: &str, level: &str, text: &str, at: Option<ArtifactLocation>) -> Notification {
    let mut notification = Notification::builder()
        .descriptor(ReportingDescriptorReference::builder().id(id).build())
        .level(json!(level))
        .message(Message::builder().text(plain(text)).build())
        .build();
    notification.locations = at.map(|artifact| {
        let physical = PhysicalLocation::builder().artifact_location(artifact).build();
        vec![Location::builder().physical_location(physical).build()]
    });
    notification
}
