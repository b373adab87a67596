//! Lists the files under `rules/` as a table of names, texts and what they say in JSON, so that a new
//! file is built in without anybody naming it, and read in little time when the program starts.
#![expect(clippy::disallowed_methods, reason = "a build script reads the tree and writes a table")]

use std::{
    env,
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=rules");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut files = Vec::new();
    collect(&root.join("rules"), &mut files)?;
    files.sort();

    let mut table = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&root)?.to_str().ok_or("a rule's name is not UTF-8")?;
        let name = name.replace('\\', "/");
        let json = json(&fs::read_to_string(&file)?);
        let path = file.to_str().unwrap_or(&name);
        writeln!(table, "    ({name:?}, include_str!({path:?}), {json:?}),")?;
    }
    table.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("rules.rs"), table)?;
    Ok(())
}

/// What a YAML document says; nothing if it is none, which the program refuses better.
fn json(yaml: &str) -> String {
    let strict = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options::<serde_json::Value>(yaml, strict)
        .map_or_else(|_| String::new(), |value| value.to_string())
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            // A directory of its own, because cargo looks at the time of a directory for new files.
            println!("cargo:rerun-if-changed={}", path.display());
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}
