//! Documents without types, told by what they hold.

use super::{
    Source, Sources,
    lower::{Resource, Scene, all_hold},
    providers::Providers,
    tree::Node,
};

/// The resources that a document without types is, by the shapes of the providers.
pub(crate) fn recognise(
    document: &Node,
    format: &str,
    source: &Source,
    providers: &Providers,
    sources: &Sources,
) -> Vec<Resource> {
    let name = source.path.rsplit(['/', '!', ':']).next().unwrap_or_default();
    let mut resources = Vec::new();
    // Several documents may stand in one list, as `az keyvault list` prints them.
    for item in document.elements() {
        for shape in &providers.shapes {
            let fits = (shape.formats.is_empty() || shape.formats.iter().any(|f| f == format))
                && (shape.files.is_empty() || shape.files.iter().any(|f| fits_name(f, name)))
                && shape.has.iter().all(|path| !item.find(path).nodes.is_empty());
            if !fits {
                continue;
            }
            let resource = |body: Node, span| Resource {
                type_name: shape.type_name.clone(),
                address: String::new(),
                scope: source.path.clone(),
                body,
                span,
            };
            let whole = resource(item.clone(), item.span);
            let scene = Scene { resource: &whole, items: vec![item], sources };
            if all_hold(&shape.is, &scene) != Some(true) {
                continue;
            }
            match &shape.each {
                None => resources.push(whole),
                Some(path) => resources
                    .extend(item.find(path).nodes.into_iter().map(|n| resource(n.clone(), n.span))),
            }
        }
    }
    resources
}

/// Whether a value is like `pattern`, in which `*` stands for anything. Case does not count.
pub(super) fn is_like(pattern: &str, value: &str) -> bool {
    let (pattern, value) = (pattern.to_ascii_lowercase(), value.to_ascii_lowercase());
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == value };
    let Some(mut left) = value.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        let Some(at) = left.find(part) else { return false };
        left = left.get(at + part.len()..).unwrap_or_default();
    }
    true
}

/// Whether a file's name is like `pattern`, in which one `*` stands for anything.
pub(crate) fn fits_name(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((head, tail)) => {
            name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
        }
    }
}
