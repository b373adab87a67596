//! What git ignores. The walker's own filters would drop it without a word; this says so, and
//! lets what is tracked all the same be scanned.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The ignore files that hold in one directory.
pub(crate) struct Context {
    parent: Option<Arc<Context>>,
    /// `.gitignore` of this directory.
    own: Option<Gitignore>,
    repository: Option<Arc<Repository>>,
}

struct Repository {
    root: PathBuf,
    /// `.git/info/exclude`, then the user's global excludes.
    excludes: [Gitignore; 2],
    /// Files that match an ignore pattern and are tracked, with the directories above them.
    tracked: OnceLock<HashSet<PathBuf>>,
}

/// Contexts of directories already met.
#[derive(Default)]
pub(crate) struct Ignored {
    contexts: Mutex<HashMap<OsString, Arc<Context>>>,
}

impl Ignored {
    /// The context of a directory, which `absolute` names in full. Entries of one directory mostly
    /// come one after another: `last` saves looking it up.
    pub(crate) fn around(
        &self,
        directory: &Path,
        absolute: impl FnOnce() -> PathBuf,
        last: &mut Option<Last>,
    ) -> Arc<Context> {
        match last {
            Some(last) if last.directory.as_os_str() == directory.as_os_str() => {
                last.context.clone()
            }
            _ => {
                let context = self.context(&absolute());
                *last = Some(Last { directory: directory.to_owned(), context: context.clone() });
                context
            }
        }
    }

    fn context(&self, directory: &Path) -> Arc<Context> {
        let known = self
            .contexts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(directory.as_os_str())
            .cloned();
        known.unwrap_or_else(|| {
            let context = Arc::new(self.load(directory));
            let mut contexts = self.contexts.lock().unwrap_or_else(PoisonError::into_inner);
            contexts.entry(directory.as_os_str().to_owned()).or_insert(context).clone()
        })
    }

    fn load(&self, directory: &Path) -> Context {
        if directory.join(".git").exists() {
            let repository = Repository::open(directory);
            let own = patterns(directory, &directory.join(".gitignore"));
            return Context { parent: None, own, repository: Some(Arc::new(repository)) };
        }
        let parent = directory.parent().map(|parent| self.context(parent));
        let repository = parent.as_ref().and_then(|parent| parent.repository.clone());
        let own = repository
            .is_some()
            .then(|| patterns(directory, &directory.join(".gitignore")))
            .flatten();
        Context { parent: parent.filter(|_| repository.is_some()), own, repository }
    }
}

/// The directory looked up last.
pub(crate) struct Last {
    directory: PathBuf,
    context: Arc<Context>,
}

impl Context {
    pub(crate) fn in_work_tree(&self) -> bool {
        self.repository.is_some()
    }

    /// Whether git ignores `path`, which lies in this directory. Outside a work tree nothing is
    /// ignored.
    pub(crate) fn is_ignored(&self, path: &Path, is_directory: bool) -> bool {
        let Some(repository) = &self.repository else { return false };
        let mut context = Some(self);
        while let Some(here) = context {
            if let Some(own) = &here.own {
                let matched = own.matched(path, is_directory);
                if !matched.is_none() {
                    return matched.is_ignore() && !repository.tracks(path);
                }
            }
            context = here.parent.as_deref();
        }
        let matched = repository.excludes.iter().map(|own| own.matched(path, is_directory));
        matched.into_iter().find(|matched| !matched.is_none()).is_some_and(|m| m.is_ignore())
            && !repository.tracks(path)
    }
}

impl Repository {
    fn open(root: &Path) -> Self {
        let exclude = patterns(root, &root.join(".git/info/exclude"));
        let (global, _unreadable_patterns) = GitignoreBuilder::new(root).build_global();
        Self {
            root: root.to_owned(),
            excludes: [exclude.unwrap_or_else(Gitignore::empty), global],
            tracked: OnceLock::new(),
        }
    }

    fn tracks(&self, path: &Path) -> bool {
        let tracked = self.tracked.get_or_init(|| {
            let mut tracked = HashSet::new();
            for file in super::git::tracked_and_ignored(&self.root) {
                let mut path = self.root.join(file);
                while path.starts_with(&self.root) && tracked.insert(path.clone()) {
                    if !path.pop() {
                        break;
                    }
                }
            }
            tracked
        });
        tracked.contains(path)
    }
}

/// The patterns of one ignore file; a pattern that git would not understand is left out, as git
/// leaves it out.
fn patterns(directory: &Path, file: &Path) -> Option<Gitignore> {
    if !file.is_file() {
        return None;
    }
    let mut builder = GitignoreBuilder::new(directory);
    let _unreadable_patterns = builder.add(file);
    builder.build().ok().filter(|patterns| !patterns.is_empty())
}
