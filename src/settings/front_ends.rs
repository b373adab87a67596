//! Languages of configuration, and which of them a file is in.

use super::{
    Reading, ansible, deployments, dump, helm, oracle, properties, read_hcl, read_json, read_yaml,
    readers, shapes, sshd, terraform,
};

/// A language of configuration.
pub(crate) struct FrontEnd {
    pub name: &'static str,
    /// What it reads, for the documentation.
    pub about: &'static str,
    /// Ends of file names, without the dot.
    pub extensions: &'static [&'static str],
    /// Names of files that have no telling end; one `*` stands for anything.
    pub files: &'static [&'static str],
    /// Reads one document that [`Providers::mark`] marked.
    pub read: fn(u32, &mut Reading<'_>),
    /// Whether documents of one directory are read together, once all are there.
    pub is_gathered: bool,
}

/// All front ends. The first whose names fit reads a file.
pub(crate) const TABLE: &[FrontEnd] = &[
    FrontEnd {
        name: ansible::NAME,
        about: "Plays and roles of Ansible, with the variables that stand beside them",
        extensions: &[],
        files: &[],
        read: ansible::read,
        is_gathered: true,
    },
    FrontEnd {
        name: deployments::NAME,
        about: "Deployments of Azure: Bicep with its modules, templates of ARM, and their parameters",
        extensions: &["bicep", "bicepparam"],
        files: &[],
        read: deployments::read,
        is_gathered: true,
    },
    FrontEnd {
        name: "dump",
        about: "What the tools of HSMs and vaults print, and tables of any; told by what it holds",
        extensions: &[],
        files: &[],
        read: |source, reading| readers::any(dump::parse, "dump", source, reading),
        is_gathered: false,
    },
    FrontEnd {
        name: "hcl",
        about: "HCL documents that need no evaluation: policies and servers of Vault and Nomad",
        extensions: &["hcl", "nomad"],
        files: &[],
        read: read_hcl,
        is_gathered: false,
    },
    FrontEnd {
        name: helm::NAME,
        about: "Charts of Helm: templates rendered with the values of their chart",
        extensions: &[],
        files: &[],
        read: helm::read,
        is_gathered: true,
    },
    FrontEnd {
        name: terraform::NAME,
        about: "Terraform and OpenTofu, evaluated module by module, with the files that they read",
        extensions: &[
            "tf",
            "tofu",
            "tf.json",
            "tofu.json",
            "tfvars",
            "tfvars.json",
            "tftpl",
            "tpl",
            "tmpl",
        ],
        files: &[],
        read: terraform::read,
        is_gathered: true,
    },
    FrontEnd {
        name: "ini",
        about: "Sections and options: MySQL, PostgreSQL, SoftHSM, Luna, OpenSSL, SunPKCS11, p11-kit",
        extensions: &["cnf", "conf", "cfg", "ini", "module"],
        files: &[],
        read: readers::ini,
        is_gathered: false,
    },
    FrontEnd {
        name: "json",
        about: "JSON documents, as tools print them and templates are written",
        extensions: &["json", "jsonc", "jsonl", "ndjson", "template"],
        files: &[],
        read: read_json,
        is_gathered: false,
    },
    FrontEnd {
        name: "oracle",
        about: "Oracle Net",
        extensions: &["ora"],
        files: &[],
        read: |source, reading| readers::any(oracle::parse, "oracle", source, reading),
        is_gathered: false,
    },
    FrontEnd {
        name: "properties",
        about: "Java properties",
        extensions: &["properties", "security"],
        files: &["java.security"],
        read: |source, reading| readers::any(properties::parse, "properties", source, reading),
        is_gathered: false,
    },
    FrontEnd {
        name: "shell",
        about: "Command lines and variables in scripts, Dockerfiles, Makefiles, units of systemd, `.env`",
        extensions: &["sh", "bash", "zsh", "ksh", "mk", "ps1", "service", "dockerfile", "env"],
        files: &["Dockerfile*", "Containerfile", "Makefile", "Jenkinsfile", "Procfile", ".env*"],
        read: readers::shell,
        is_gathered: false,
    },
    FrontEnd {
        name: "sql",
        about: "Statements of SQL scripts",
        extensions: &["sql"],
        files: &[],
        read: readers::sql,
        is_gathered: false,
    },
    FrontEnd {
        name: "sshd",
        about: "Configuration of OpenSSH",
        extensions: &[],
        files: &["sshd_config", "ssh_config"],
        read: |source, reading| readers::any(sshd::parse, "sshd", source, reading),
        is_gathered: false,
    },
    FrontEnd {
        name: "xml",
        about: "XML of servers: Tomcat, Spring, Hadoop, WildFly",
        extensions: &["xml"],
        files: &[],
        read: readers::xml,
        is_gathered: false,
    },
    FrontEnd {
        name: "yaml",
        about: "YAML documents",
        extensions: &["yaml", "yml"],
        files: &[],
        read: read_yaml,
        is_gathered: false,
    },
];

/// The front end for files of this name.
pub(super) fn by_name(path: &str) -> Option<&'static FrontEnd> {
    let name = path.rsplit(['/', '\\', '!', ':']).next().unwrap_or_default();
    if sshd::is_named_so(path) {
        return named("sshd");
    }
    TABLE.iter().find(|front_end| {
        front_end.files.iter().any(|pattern| shapes::fits_name(pattern, name))
            || front_end.extensions.iter().any(|extension| {
                name.len() > extension.len()
                    && name.ends_with(extension)
                    && name.as_bytes().get(name.len() - extension.len() - 1) == Some(&b'.')
            })
    })
}

/// The front end for a file of this name that begins like this, if any may read it.
pub(crate) fn front_end(path: &str, head: &[u8]) -> Option<&'static FrontEnd> {
    let name = path.rsplit(['/', '\\', '!', ':']).next().unwrap_or_default();
    // What a tool has printed may have any name.
    by_name(path).or_else(|| {
        let mut marks = head.iter().filter(|byte| !byte.is_ascii_whitespace());
        let first = marks.next();
        let name = match first {
            // Sections of TOML and links of Markdown begin so too.
            Some(b'{') if matches!(marks.next(), Some(b'"' | b'}')) => "json",
            Some(b'[') if matches!(marks.next(), Some(b'{' | b'"' | b']')) => "json",
            _ if is_printed(name) && dump::is_dump(head) => "dump",
            Some(b'#') if head.starts_with(b"#!") && !name.contains('.') => "shell",
            _ => return None,
        };
        named(name)
    })
}

/// Whether a file of this name may hold what a tool has printed.
fn is_printed(name: &str) -> bool {
    !name.contains('.') || [".txt", ".log", ".out"].iter().any(|end| name.ends_with(end))
}

/// The front end of a name.
pub(super) fn named(name: &str) -> Option<&'static FrontEnd> {
    TABLE.iter().find(|front_end| front_end.name == name)
}
