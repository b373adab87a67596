//! XML of servers and of Java (Tomcat's `server.xml`, Spring, Hadoop, WildFly): an element is a map
//! of its attributes and elements, names without prefix. `<property name="a" value="b"/>` and
//! `<property><name>a</name><value>b</value></property>` are members called `a` of what they stand
//! in. Entities other than the five of XML are not expanded: such a value is unknown.

use quick_xml::{
    Reader,
    escape::unescape,
    events::{BytesStart, Event},
};

use super::{
    text::{Members, VALUES, literal, offset},
    tree::{Node, Span, Tree},
};

/// Elements within elements.
const DEPTH: usize = 64;

struct Open {
    name: String,
    name_span: Span,
    members: Members,
    text: String,
    text_span: Option<Span>,
    is_unknown: bool,
}

/// The document as a map with its root element. An error says at which byte, and why.
pub(crate) fn parse(source: u32, text: &str) -> Result<Node, (usize, String)> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root = Members::default();
    let mut left = VALUES;
    loop {
        let at = |position: u64| usize::try_from(position).unwrap_or(usize::MAX);
        let begin = at(reader.buffer_position());
        let event = reader
            .read_event()
            .map_err(|error| (at(reader.error_position()), error.to_string()))?;
        let end = at(reader.buffer_position());
        left =
            left.checked_sub(1).ok_or_else(|| (begin, "more values than are read".to_owned()))?;
        match event {
            Event::Start(tag) => {
                left = after_attributes(left, &tag)
                    .ok_or_else(|| (begin, "more values than are read".to_owned()))?;
                if open.len() >= DEPTH {
                    return Err((begin, "nested too deep".to_owned()));
                }
                open.push(opened(source, text, begin, &tag));
            }
            Event::Empty(tag) => {
                left = after_attributes(left, &tag)
                    .ok_or_else(|| (begin, "more values than are read".to_owned()))?;
                close(opened(source, text, begin, &tag), open.last_mut(), &mut root)
            }
            Event::End(_) => {
                if let Some(done) = open.pop() {
                    close(done, open.last_mut(), &mut root);
                }
            }
            Event::Text(more) => {
                let blank = more.len() - more.trim_start().len();
                add_text(open.last_mut(), more.trim(), Span::new(source, begin + blank..end));
            }
            Event::CData(more) => {
                add_text(open.last_mut(), more.trim(), Span::new(source, begin..end));
            }
            Event::GeneralRef(reference) => {
                let known = match &*reference {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => reference.resolve_char_ref().ok().flatten(),
                };
                let mut buffer = [0; 4];
                match (known, open.last_mut()) {
                    (Some(c), last) => {
                        add_text(last, c.encode_utf8(&mut buffer), Span::new(source, begin..end));
                    }
                    (None, Some(last)) => last.is_unknown = true,
                    (None, None) => {}
                }
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
    }
    // An end that is missing costs nothing of what was read.
    while let Some(done) = open.pop() {
        close(done, open.last_mut(), &mut root);
    }
    Ok(root.node(Span::new(source, 0..0)))
}

/// How many values may follow the attributes of an element; nothing if these are too many.
fn after_attributes(left: usize, tag: &BytesStart<'_>) -> Option<usize> {
    let most = left.saturating_add(1);
    left.checked_sub(tag.attributes().with_checks(false).take(most).count())
}

fn opened(source: u32, text: &str, begin: usize, tag: &BytesStart<'_>) -> Open {
    let name = tag.local_name().into_inner().to_owned();
    let name_span = Span::new(source, begin..begin + 1 + tag.name().into_inner().len());
    let mut members = Members::default();
    let whole = text.as_ptr() as usize..text.as_ptr() as usize + text.len();
    for attribute in tag.attributes().with_checks(false).flatten() {
        let raw = attribute.value.as_ref();
        let span = if whole.contains(&(raw.as_ptr() as usize)) {
            let start = offset(text, raw);
            Span::new(source, start..start + raw.len())
        } else {
            name_span
        };
        let node = match unescape(raw) {
            Ok(value) if value.is_empty() => Node::null(span),
            Ok(value) => literal(&value, span),
            Err(_) => Node::unknown(span),
        };
        members.add(attribute.key.local_name().into_inner(), span, node);
    }
    Open { name, name_span, members, text: String::new(), text_span: None, is_unknown: false }
}

fn add_text(open: Option<&mut Open>, text: &str, span: Span) {
    let Some(open) = open.filter(|_| !text.is_empty()) else { return };
    open.text.push_str(text);
    let end =
        span.start.saturating_add(u32::try_from(text.len()).unwrap_or(u32::MAX)).min(span.end);
    match &mut open.text_span {
        Some(whole) => whole.end = end.max(span.start),
        None => open.text_span = Some(Span { end, ..span }),
    }
}

fn close(mut done: Open, parent: Option<&mut Open>, root: &mut Members) {
    let own = match done.text_span {
        _ if done.is_unknown => Some(Node::unknown(done.name_span)),
        Some(span) => Some(literal(&std::mem::take(&mut done.text), span)),
        None => None,
    };
    let into = parent.map_or(root, |parent| &mut parent.members);
    let (name, name_span) = (done.name, done.name_span);
    if done.members.is_empty() {
        into.add(&name, name_span, own.unwrap_or_else(|| Node::null(name_span)));
        return;
    }
    if let Some(own) = own {
        done.members.add("#text", name_span, own);
    }
    let node = done.members.node(name_span);
    if let Some((called, value)) = property(&node) {
        into.add(&called, name_span, value);
    }
    into.add(&name, name_span, node);
}

/// Name and value of an element that stands for a property.
fn property(node: &Node) -> Option<(String, Node)> {
    let name = node.get("name")?.as_text()?;
    let of = |member: &str| node.get(member).filter(|node| !matches!(node.tree, Tree::Map(_)));
    let value = of("value").or_else(|| of("#text")).or_else(|| node.get("bean"))?;
    Some((name.to_owned(), value.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tree::Path;

    #[test]
    fn attributes_and_properties_know_where_they_are_written() {
        let text = "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY x \"y\">]>\n<Server>\n \
                    <Connector port='8443' keystorePass=\"a&amp;b\"/>\n <Connector port='1'>\
                    <x:SSLHostConfig y=\"${p}\">&x;</x:SSLHostConfig></Connector>\n\
                    <bean><property name=\"password\" value=\"s\"/></bean>\
                    <property><name>k</name><value> v1 </value></property></Server>";
        let root = parse(0, text).unwrap();
        let find = |path: &str| root.find(&Path::parse(path).unwrap()).nodes;
        let pass = find("Server.Connector.keystorePass")[0];
        assert_eq!(pass.as_text(), Some("a&b"));
        assert_eq!(&text[pass.span.start as usize..pass.span.end as usize], "a&amp;b");
        assert_eq!(find("Server.Connector[]").len(), 2);
        assert!(root.find(&Path::parse("Server.Connector.SSLHostConfig.y").unwrap()).unknown);
        assert_eq!(find("Server.bean.password")[0].as_text(), Some("s"));
        let value = find("Server.k")[0];
        assert_eq!(value.as_text(), Some("v1"));
        assert_eq!(&text[value.span.start as usize..value.span.end as usize], "v1");
    }

    #[test]
    fn what_is_too_deep_or_broken_is_refused() {
        assert!(parse(0, &"<a>".repeat(100_000)).is_err());
        assert!(parse(0, "<a></b>").is_err());
        for text in ["", "<", "<a", "<a b=", "<a b='é", "&x;", "<a>&#xD800;</a>", "<a/>x"] {
            let _either = parse(0, text);
        }
    }
}
