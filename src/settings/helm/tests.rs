//! Charts as they are written.

use std::{borrow::Cow, collections::BTreeSet};

use zeroize::Zeroizing;

use super::{
    eval::{Chart, Frame, Named, Text},
    functions::entry,
    output::Output,
    syntax,
};
use crate::{
    scan::inspect_files,
    settings::{
        Source, Sources,
        tree::{Node, Span, Tree},
        yaml,
    },
};

/// What a template gives with these values; `…` for what is not known.
fn rendered(template: &str, values: &str) -> String {
    let values = yaml::parse(1, values).documents.pop().unwrap_or(Node::null(Span::default()));
    let root = Node::new(Tree::Map(vec![entry("Values", values)]), Span::default());
    let parsed = syntax::parse(template).unwrap();
    let mut chart = Chart::new();
    for (name, items) in &parsed.named {
        chart.named.insert(name, Named { text: template, source: 0, items });
    }
    let mut output = Output::default();
    let text = Text { text: template, source: 0 };
    chart.render(&parsed.items, text, &mut Frame::new(Cow::Borrowed(&root)), &mut output);
    output.settle();
    output.text.replace('\u{f8ff}', "…")
}

#[test]
fn values_are_filled_in() {
    for (template, values, wanted) in [
        ("a: {{ .Values.x }}", "x: 1", "a: 1"),
        ("a: {{ .Values.x.y | quote }}", "x: {y: b}", "a: \"b\""),
        ("a: {{ .Values.z | default \"d\" }}", "x: 1", "a: d"),
        ("a: {{ default .Values.x .Values.z }}", "x: 1", "a: 1"),
        ("a: {{ printf \"%s-%d\" .Values.x 2 }}", "x: v", "a: v-2"),
        ("{{- $y := .Values.x -}}\na: {{ $y }}{{ $.Values.x }}", "x: v", "a: vv"),
        (
            "{{ if .Values.x }}a{{ else if .Values.y }}b{{ else }}c{{ end }}",
            "{x: false, y: 1}",
            "b",
        ),
        ("{{ if and .Values.x (eq .Values.y \"k\") }}a{{ end }}", "{x: 1, y: k}", "a"),
        ("{{ range $i, $v := .Values.x }}{{ $i }}{{ $v }},{{ end }}", "x: [a, b]", "0a,1b,"),
        ("{{ with .Values.x }}{{ .y }}{{ end }}", "x: {y: 2}", "2"),
        (
            "a:\n{{ toYaml .Values.x | indent 2 }}",
            "x: {b: [c, {d: \"1\"}]}",
            "a:\n  b:\n    - c\n    -\n      d: \"1\"",
        ),
        ("a:\n  {{- toYaml .Values.x | nindent 2 }}", "x: {b: c}", "a:\n  b: c"),
        (
            "{{ define \"n\" }}n-{{ .Values.x }}{{ end }}{{ include \"n\" . | trunc 3 }}",
            "x: v",
            "n-v",
        ),
        ("{{/* a \"comment */}}a {{- \" b\" }}", "", "a b"),
    ] {
        assert_eq!(rendered(template, values), wanted, "{template}");
    }
}

#[test]
fn what_is_not_known_leaves_a_gap_that_yaml_can_hold() {
    for (template, wanted) in [
        ("a: {{ .Values.x }}", "a: …   "),
        ("a: {{ getHostByName \"v1\" }}", "a: …   "),
        ("{{ if lookup \"v1\" \"Secret\" .Release.Namespace \"x\" }}a{{ else }}b{{ end }}", "b"),
        ("a:\n  b: c\n  {{- if .Capabilities.x }}\n  d: e\n  {{- end }}\n", "a:\n  b: c\n  …:  \n"),
        ("a:\n  - b\n  {{- range .Files.x }}\n  - c\n  {{- end }}\n", "a:\n  - b\n  - … \n"),
        ("a:\n  {{- include \"gone\" . | nindent 2 }}\nb: 1", "a:\n  …   \nb: 1"),
        ("{{ if .Capabilities.x }}\nkind: Role\n{{ end }}", "\nkind: Role\n"),
    ] {
        let with = template.replace(".Capabilities", "$gone").replace(".Files", "$gone");
        assert_eq!(rendered(&with, "x: null"), wanted, "{template}");
    }
}

#[test]
fn places_are_in_the_template() {
    let template = "a: b\nkey: {{ .Values.x | quote }}\n";
    let files: [(&str, &[u8]); 2] = [("Chart.yaml", b"name: a"), ("values.yaml", b"x: v")];
    assert!(inspect_files(files.into_iter()).facts.is_empty());
    let mut sources = Sources::default();
    sources.add(Source::new("t.yaml".into(), None, Zeroizing::new(template.to_owned())));
    let parsed = syntax::parse(template).unwrap();
    let values = yaml::parse(1, "Values: {x: v}").documents.pop().unwrap();
    let mut output = Output::default();
    let text = Text { text: template, source: 0 };
    let mut frame = Frame::new(Cow::Borrowed(&values));
    Chart::new().render(&parsed.items, text, &mut frame, &mut output);
    let mut node = yaml::parse(0, &output.text).documents.pop().unwrap();
    super::settle_tree(&mut node, &output);
    let key = node.get("key").unwrap();
    assert_eq!(key.as_text(), Some("v"));
    let site = sources.site(key.span, true);
    assert_eq!((site.line, site.column), (2, 6));
}

#[test]
fn damaged_templates_are_total() {
    let template = "{{- define \"a\" }}{{ if (and .x (not .y)) }}{{ end }}{{ end }}\n{{ range $a, $b := .x }}é{{ `r` }}{{ else }}{{ end }}";
    let bytes = template.as_bytes();
    let mut seen = BTreeSet::new();
    for end in 0..bytes.len() {
        if let Some(text) = template.get(..end) {
            seen.insert(syntax::parse(text).is_some());
        }
    }
    assert_eq!(seen.len(), 2);
    assert!(syntax::parse(&"{{ if x }}".repeat(1_000)).is_none());
    assert!(syntax::parse(&format!("{{{{ {} }}}}", "(".repeat(100_000))).is_some());
}
