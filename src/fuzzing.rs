//! Ways in for the targets under `fuzz/`: readers of texts that otherwise come from files.

use std::path::Path;

use crate::{
    config::{self, Config},
    rule::RuleSet,
};

/// Reads `keylint.toml`, and matches its patterns once.
pub fn configuration(text: &str) {
    let Ok(config) = config::parse(text, Path::new("keylint.toml")) else { return };
    let Config { exclude, .. } = &config;
    if let Ok(globs) = config::globs(exclude) {
        let _ = globs.is_match("deploy/production/server.key");
    }
    if let Ok(environments) = config.environments() {
        let _ = environments.of("deploy/production/server.key");
    }
}

/// Reads one rule under the default profile; gives the rules that there are then.
pub fn rule(text: &str) -> Option<RuleSet> {
    RuleSet::alone(text).ok()
}
