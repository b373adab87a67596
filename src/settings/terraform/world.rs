//! One root module with everything that it calls: what stands behind names, which of `count` and
//! `for_each` there are, and the resources that come of it. What it may cost is limited here.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
};

use super::{
    eval::Scope,
    join,
    module::{Call, Directory, Instance, Key},
    sources::{registry_name, source_of},
    value::{as_index, entry, pairs, refer, reference, weight},
};
use crate::settings::{
    Sources,
    hcl::{
        push_to_list,
        syntax::{Block, Body, Expr, Kind},
    },
    lower::Resource,
    tree::{Entry, Node, Span, Tree},
    within,
};

/// Member of resources of AWS that says in which account they are, where the provider is for one alone.
pub(in crate::settings) const ACCOUNT: &str = "$account";

/// Values that one root may make, copies counted.
const FUEL: u64 = 4_000_000;

/// Uses of modules in one root.
const INSTANCES: usize = 5_000;

/// Modules inside of one another.
const MODULE_DEPTH: usize = 16;

/// Of one block by `count` or `for_each`; so many say what all of them are like.
const COPIES: usize = 1_000;

/// Resources of one root.
const RESOURCES: usize = 100_000;

pub(super) struct World<'a> {
    pub directories: &'a BTreeMap<&'a str, Directory>,
    /// Every document by its path.
    pub files: &'a BTreeMap<String, u32>,
    pub sources: &'a Sources,
    /// Whether a type of resource says anything.
    is_wanted: &'a dyn Fn(&str) -> bool,
    pub fuel: Cell<u64>,
    pub depth: Cell<usize>,
    instances: Cell<usize>,
    children: RefCell<HashMap<(usize, String), Option<Children<'a>>>>,
    /// Resources and data sources that were referred to, by address.
    pub targets: RefCell<HashMap<String, Target<'a>>>,
    /// Attributes of them, by address; nothing while it is evaluated.
    pub attributes: RefCell<HashMap<String, Option<Rc<Node>>>>,
    /// Directories of which at least one use was evaluated.
    pub evaluated: RefCell<BTreeSet<String>>,
    pub problems: RefCell<Vec<(u32, usize, String)>>,
    /// What the root is given by a file that is named: it counts more than what is read always.
    pub given: BTreeMap<String, Expr>,
    /// The account that the root's provider of AWS is for.
    account: Option<Node>,
}

/// All that a call of a module makes.
type Children<'a> = Rc<Vec<(Key, Rc<Instance<'a>>)>>;

/// What stands behind an address.
#[derive(Clone)]
pub(super) struct Target<'a> {
    pub instance: Rc<Instance<'a>>,
    pub block: &'a Block,
    pub key: Key,
    /// Type, for data sources.
    pub data: Option<&'a str>,
}

impl<'a> World<'a> {
    pub(super) fn new(
        directories: &'a BTreeMap<&'a str, Directory>,
        files: &'a BTreeMap<String, u32>,
        sources: &'a Sources,
        is_wanted: &'a dyn Fn(&str) -> bool,
    ) -> Self {
        Self {
            directories,
            files,
            sources,
            is_wanted,
            fuel: Cell::new(FUEL),
            depth: Cell::new(0),
            instances: Cell::new(0),
            children: RefCell::default(),
            targets: RefCell::default(),
            attributes: RefCell::default(),
            evaluated: RefCell::default(),
            problems: RefCell::default(),
            given: BTreeMap::new(),
            account: None,
        }
    }

    /// Evaluates the module in directory `root`, and adds its resources.
    pub(super) fn evaluate(&mut self, root: &'a str, resources: &mut Vec<Resource>) {
        let Some(directory) = self.directories.get(root) else { return };
        let instance = self.instance(directory, String::new(), 0, None);
        self.account = self.account_of(&instance);
        let first = resources.len();
        let most = first.saturating_add(RESOURCES);
        self.module(&instance, root, resources, most);
        let at = directory_span(directory);
        if self.fuel.get() == 0 {
            self.problem(at, "its modules come to more values than are looked at".to_owned());
        }
        if resources.len() >= most {
            self.problem(at, format!("only {RESOURCES} resources of it are looked at"));
        }
    }

    /// Whether the root declares any of these variables.
    pub(super) fn is_declared_by(&self, root: &str, given: &BTreeMap<String, Expr>) -> bool {
        let variables = self.directories.get(root).map(|directory| &directory.variables);
        variables.is_some_and(|known| given.keys().any(|name| known.contains_key(name)))
    }

    /// Takes what something costs. Nothing is evaluated once all is spent.
    pub(super) fn spend(&self, cost: u64) -> bool {
        let left = self.fuel.get().saturating_sub(cost);
        self.fuel.set(left);
        left > 0
    }

    pub(super) fn copy(&self, node: &Node) -> Node {
        if self.spend(weight(node)) { node.clone() } else { Node::unknown(node.span) }
    }

    pub(super) fn problem(&self, at: Span, problem: String) {
        let mut problems = self.problems.borrow_mut();
        let found = (at.source, usize::try_from(at.start).unwrap_or_default(), problem);
        if problems.len() < 1_000 && !problems.contains(&found) {
            problems.push(found);
        }
    }

    /// The account that the provider of a root may be used for alone, or takes a role in.
    fn account_of(&self, root: &Rc<Instance<'a>>) -> Option<Node> {
        let provider = root.directory.provider.as_ref()?;
        let body = self.body(&provider.body, Scope::new(root), provider.head);
        let allowed = body.get("allowed_account_ids").map(Node::elements).unwrap_or_default();
        let role = body.get("assume_role").and_then(|of| of.elements().first()?.get("role_arn"));
        let account = match (allowed, role.and_then(Node::as_text)) {
            ([one], _) => one.as_text(),
            (_, Some(arn)) => arn.split(':').nth(4),
            _ => None,
        };
        let is_account = |of: &&str| of.len() == 12 && of.bytes().all(|byte| byte.is_ascii_digit());
        account.filter(is_account).map(|of| Node::new(Tree::text(of), provider.head))
    }

    fn instance(
        &self,
        directory: &'a Directory,
        prefix: String,
        depth: usize,
        call: Option<Call<'a>>,
    ) -> Rc<Instance<'a>> {
        let number = self.instances.get();
        self.instances.set(number + 1);
        self.evaluated.borrow_mut().insert(directory.path.clone());
        Rc::new(Instance { number, directory, prefix, depth, call, values: RefCell::default() })
    }

    fn module(
        &self,
        instance: &Rc<Instance<'a>>,
        root: &str,
        resources: &mut Vec<Resource>,
        most: usize,
    ) {
        let directory = instance.directory;
        let managed = directory.resources.iter().map(|of| (false, of));
        for (is_data, ((kind, name), block)) in
            managed.chain(directory.data.iter().map(|of| (true, of)))
        {
            let type_name = if is_data { format!("data.{kind}") } else { kind.clone() };
            if !(self.is_wanted)(&type_name) {
                continue;
            }
            let address = format!("{}{type_name}.{name}", instance.prefix);
            for key in self.keys(instance, block) {
                if resources.len() >= most {
                    return;
                }
                let scope = Scope::new(instance);
                let names = key.names(block.head);
                let scope = match &names {
                    Some((name, node)) => scope.with(name, node),
                    None => scope,
                };
                let mut body = self.body(&block.body, scope, block.head);
                let is_of_provider = kind.starts_with("aws_")
                    && block.body.value("provider").is_none()
                    && !instance.names_providers();
                if let (Some(account), true, Tree::Map(entries)) =
                    (&self.account, is_of_provider, &mut body.tree)
                {
                    entries.push(entry(ACCOUNT, account.clone()));
                }
                resources.push(Resource {
                    type_name: type_name.clone(),
                    address: format!("{address}{}", key.suffix()),
                    scope: root.to_owned(),
                    body,
                    span: block.head,
                });
            }
        }
        for (name, block) in &directory.modules {
            let source = source_of(block).map(registry_name);
            let type_name = format!("module.{}", source.unwrap_or_default());
            if (self.is_wanted)(&type_name) {
                for key in self.keys(instance, block) {
                    let scope = Scope::new(instance);
                    let names = key.names(block.head);
                    let scope = match &names {
                        Some((name, node)) => scope.with(name, node),
                        None => scope,
                    };
                    resources.push(Resource {
                        type_name: type_name.clone(),
                        address: format!("{}module.{name}{}", instance.prefix, key.suffix()),
                        scope: root.to_owned(),
                        body: self.body(&block.body, scope, block.head),
                        span: block.head,
                    });
                }
            }
            for (_, child) in self.children(instance, name).iter().flat_map(|of| of.iter()) {
                if resources.len() >= most {
                    return;
                }
                self.module(child, root, resources, most);
            }
        }
    }

    /// What a call makes; nothing for a module that is not among the documents.
    pub(super) fn children(&self, of: &Rc<Instance<'a>>, name: &str) -> Option<Children<'a>> {
        let slot = (of.number, name.to_owned());
        if let Some(known) = self.children.borrow().get(&slot) {
            return known.clone();
        }
        // Asked for again while its number is evaluated, it is nothing.
        self.children.borrow_mut().insert(slot.clone(), None);
        let made = self.make_children(of, name);
        self.children.borrow_mut().insert(slot, made.clone());
        made
    }

    fn make_children(&self, of: &Rc<Instance<'a>>, name: &str) -> Option<Children<'a>> {
        let block = of.directory.modules.get(name)?;
        let source = source_of(block)?;
        if !source.starts_with('.') {
            return None;
        }
        let path = join(&of.directory.path, source);
        let directory = self.directories.get(path.as_str())?;
        if of.depth >= MODULE_DEPTH {
            self.problem(
                block.head,
                format!("more than {MODULE_DEPTH} modules inside of one another"),
            );
            return None;
        }
        let mut children = Vec::new();
        for key in self.keys(of, block) {
            if self.instances.get() >= INSTANCES {
                self.problem(block.head, format!("only {INSTANCES} modules are looked at"));
                break;
            }
            let prefix = format!("{}module.{name}{}.", of.prefix, key.suffix());
            let call = Call { parent: Rc::clone(of), block, key: key.clone() };
            children.push((key, self.instance(directory, prefix, of.depth + 1, Some(call))));
        }
        Some(Rc::new(children))
    }

    /// Which of several a block declares.
    pub(super) fn keys(&self, instance: &Rc<Instance<'a>>, block: &Block) -> Vec<Key> {
        let scope = Scope::new(instance);
        let too_many = |count: usize| {
            if count > COPIES {
                self.problem(block.head, format!("only {COPIES} of {count} are looked at"));
            }
        };
        if let Some(count) = block.body.value("count") {
            let Some(count) = self.eval(count, scope).ok().as_ref().and_then(as_index) else {
                return vec![Key::AnyIndex];
            };
            too_many(count);
            return (0..count.min(COPIES)).map(Key::Index).collect();
        }
        let Some(each) = block.body.value("for_each") else { return vec![Key::One] };
        let Ok(each) = self.eval(each, scope) else { return vec![Key::AnyName] };
        let Ok(Some(pairs)) = pairs(&each) else { return vec![Key::AnyName] };
        too_many(pairs.len());
        let is_set = matches!(each.tree, Tree::List(_));
        let mut keys = Vec::new();
        let mut is_unknown = false;
        for (key, value) in pairs.iter().take(COPIES) {
            // A set has its elements as keys.
            match if is_set { value.scalar() } else { key.scalar() } {
                Some(name) => keys.push(Key::Name(name.into_owned(), self.copy(value))),
                None => is_unknown = true,
            }
        }
        if is_unknown {
            keys.push(Key::AnyName);
        }
        keys
    }

    /// Attributes and blocks, evaluated.
    pub(super) fn body(&self, body: &Body, scope: Scope<'a, '_>, span: Span) -> Node {
        let mut entries: Vec<Entry> = Vec::new();
        for attribute in &body.attributes {
            if matches!(attribute.name.as_str(), "count" | "for_each" | "depends_on" | "provider") {
                continue;
            }
            entries.push(Entry {
                name: attribute.name.clone(),
                name_span: attribute.name_span,
                node: self.attribute_value(&attribute.value, scope),
            });
        }
        for block in &body.blocks {
            match block.labels.first().filter(|_| block.name == "dynamic") {
                Some(name) => self.dynamic(name, block, scope, &mut entries),
                None => {
                    let node = self.body(&block.body, scope, block.head);
                    push_to_list(&mut entries, &block.name, block.head, node);
                }
            }
        }
        Node::new(Tree::Map(entries), span)
    }

    /// Blocks that a `dynamic` block makes.
    fn dynamic(&self, name: &str, block: &Block, scope: Scope<'a, '_>, entries: &mut Vec<Entry>) {
        let Some(content) = block.body.blocks_named("content").next() else { return };
        let iterator = match block.body.value("iterator").map(|iterator| &iterator.kind) {
            Some(Kind::Name(iterator)) => iterator.as_str(),
            _ => name,
        };
        let each = block.body.value("for_each").map(|each| self.eval(each, scope));
        let each = each.and_then(Result::ok).unwrap_or(Node::unknown(block.head));
        let Ok(Some(pairs)) = pairs(&each) else {
            // How many there are, and what is in them, is not known.
            push_to_list(entries, name, content.head, Node::unknown(block.head));
            return;
        };
        for (key, value) in pairs.into_iter().take(COPIES) {
            if !self.spend(1) {
                return;
            }
            let of = [entry("key", key), entry("value", self.copy(value))];
            let of = Node::new(Tree::Map(of.into()), block.head);
            let node = self
                .inside(iterator, &of, scope, |scope| self.body(&content.body, scope, block.head));
            push_to_list(entries, name, block.head, node);
        }
    }

    /// The value of an attribute, with what is unknown about it; a document in a text is read.
    fn attribute_value(&self, value: &Expr, scope: Scope<'a, '_>) -> Node {
        // The name of a resource leads to the resource, where it stands alone.
        if let Kind::Get(base, name) = &value.kind
            && name == "name"
            && let Ok(base) = self.eval(base, scope)
            && let Some(address) = reference(&base)
            && self.targets.borrow().get(address).is_some_and(|target| target.data.is_none())
        {
            return refer(&format!("{address}.name"), value.span);
        }
        let node = self.eval(value, scope).unwrap_or(Node::unknown(value.span));
        let Some(text) = node.as_partial() else { return node };
        self.spend(text.len() as u64 / 64);
        // Policies of AWS and Google are JSON, those of Vault HCL.
        let is_hcl = text.contains("capabilities");
        within::json(&node, self.sources)
            .or_else(|| if is_hcl { within::hcl(&node, self.sources) } else { None })
            .unwrap_or(node)
    }
}

/// A place in a directory, for what is said about all of it.
fn directory_span(directory: &Directory) -> Span {
    let blocks = directory.resources.values().chain(directory.modules.values());
    let heads = blocks.map(|block| Span { start: 0, end: 0, ..block.head });
    heads.min().unwrap_or_default()
}
