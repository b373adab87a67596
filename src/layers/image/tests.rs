use super::*;
use crate::fact::{Kind, Site};

const DIGESTS: [&str; 3] = [
    "1111111111111111111111111111111111111111111111111111111111111111",
    "2222222222222222222222222222222222222222222222222222222222222222",
    "3333333333333333333333333333333333333333333333333333333333333333",
];

fn layer(path: &str, names: &[&str]) -> Part {
    let mut layer = Layer::of(path).unwrap();
    names.iter().for_each(|name| assert!(layer.add(name.as_bytes(), name.ends_with('/'))));
    Part::Layer(layer)
}

/// What is said of a file in the lowest of three layers.
fn said(name: &str, second: &[&str], third: &[&str]) -> Option<(Removal, u64)> {
    let [one, two, three] = DIGESTS.map(|digest| format!("in!tar:blobs/sha256/{digest}"));
    let blobs = DIGESTS.map(|digest| format!("{{\"digest\": \"sha256:{digest}\"}}")).join(",");
    let bytes = format!("{{\"layers\": [{blobs}]}}");
    let path = format!("in!tar:blobs/sha256/{}", "a".repeat(64));
    assert!(Manifest::is(&path, bytes.as_bytes()));
    let mut parts = vec![
        layer(&three, third),
        layer(&format!("{two}!gzip:"), second),
        layer(&one, &["etc/", "etc/a.pem"]),
    ];
    parts.extend(Manifest::read(&path, bytes.as_bytes()));
    let site = Site { path: format!("{one}!tar:{name}"), ..Site::default() };
    let mut facts = [Fact::new(Kind::Material, site)];
    mark(&mut facts, &parts);
    facts[0].site().removed.as_ref().map(|removed| (removed.how, removed.layer))
}

#[test]
fn later_layers_delete_and_replace() {
    let deleted = |layer| Some((Removal::Deleted, layer));
    let replaced = |layer| Some((Removal::Replaced, layer));
    for name in ["etc/a.pem", "etc/a.pem!zip:b.pem"] {
        assert_eq!(said(name, &["etc/.wh.a.pem"], &[]), deleted(2));
        assert_eq!(said(name, &["./etc/.wh.a.pem"], &[]), deleted(2));
        assert_eq!(said(name, &[".wh.etc"], &[]), deleted(2));
        assert_eq!(said(name, &["etc/.wh..wh..opq"], &[]), deleted(2));
        assert_eq!(said(name, &["x"], &[".wh..wh..opq"]), deleted(3));
        assert_eq!(said(name, &["etc"], &[]), deleted(2));
        assert_eq!(said(name, &["etc/", "etc/a.pem"], &["etc/.wh.a.pem"]), replaced(2));
        assert_eq!(said(name, &["etc/.wh..wh..opq", "etc/a.pem"], &[]), replaced(2));
        for stays in ["etc/", "etc/b.pem", "etc/.wh.b.pem", "a.pem", "et", "srv/.wh..wh..opq"] {
            assert_eq!(said(name, &[stays], &[".wh.a.pem"]), None, "{stays}");
        }
    }
}

#[test]
fn only_layers_above_count_and_every_image_must_agree() {
    let [one, two, _] = DIGESTS;
    let parts = |manifest: String| {
        let mut parts = vec![
            layer(&format!("{one}/layer.tar"), &["a"]),
            layer(&format!("{two}/layer.tar"), &[".wh.a"]),
        ];
        parts.extend(Manifest::read("manifest.json", manifest.as_bytes()));
        parts
    };
    let said = |manifest: String| {
        let site = Site { path: format!("{one}/layer.tar!tar:a"), ..Site::default() };
        let mut facts = [Fact::new(Kind::Material, site)];
        mark(&mut facts, &parts(manifest));
        facts[0].site().removed.is_some()
    };
    let up = format!("{{\"Layers\": [\"{one}/layer.tar\", \"{two}/layer.tar\"]}}");
    let down = format!("{{\"Layers\": [\"{two}/layer.tar\", \"{one}/layer.tar\"]}}");
    assert!(said(format!("[{up}]")));
    assert!(said(format!("[{up},{up}]")));
    assert!(!said(format!("[{down}]")));
    assert!(!said(format!("[{up},{down}]")));
    for broken in ["", "[", "[{}]", "{\"layers\": 1}", "[{\"Layers\": [1]}]"] {
        assert!(!said(broken.to_owned()));
    }
}

#[test]
fn the_manifest_may_name_layers_as_it_likes() {
    let said = |root: &str, manifest: &str| {
        let mut parts = vec![
            layer(&format!("{root}base/layer.tar"), &["a"]),
            layer(&format!("{root}top/layer.tar!gzip:"), &[".wh.a"]),
        ];
        parts.extend(Manifest::read(&format!("{root}manifest.json"), manifest.as_bytes()));
        let path = format!("{root}base/layer.tar!tar:a");
        let mut facts = [Fact::new(Kind::Material, Site { path, ..Site::default() })];
        mark(&mut facts, &parts);
        facts[0].site().removed.as_ref().map(|removed| (removed.layer, removed.by.clone()))
    };
    let image = "[{\"Layers\": [\"./base/layer.tar\", \"top/layer.tar\"]}]";
    for root in ["", "saved/", "in!tar:", "in!gzip:!tar:"] {
        assert_eq!(said(root, image), Some((2, "top/layer.tar".to_owned())), "{root}");
        assert_eq!(said(root, "[{\"Layers\": [\"base/layer.tar\"]}]"), None);
        assert_eq!(said(root, &image.replace("top", "other")), None);
    }
}

#[test]
fn tars_that_no_manifest_could_name_are_forgotten() {
    let backup = layer("in!tar:home.tar", &["a"]);
    let named = layer("in!tar:x/layer.tar", &["a"]);
    let mut parts = vec![backup, named];
    forget(&mut parts);
    assert_eq!(parts.len(), 1);
    assert!(Layer::of("home.tar").is_none());
    let mut backup = Layer::of("in!tar:home.tar").unwrap();
    let names: Vec<String> = (0..FILES_OF_A_TAR).map(|n| n.to_string()).collect();
    assert!(names.iter().all(|name| backup.add(name.as_bytes(), false)));
    assert!(!backup.add(b"one more", false) && !backup.is_named());
}

#[test]
fn images_without_a_name_do_not_count() {
    let [one, two, own] = DIGESTS;
    let manifest = |digests: &[&str]| {
        let blobs: Vec<String> =
            digests.iter().map(|digest| format!("{{\"digest\": \"sha256:{digest}\"}}")).collect();
        format!("{{\"layers\": [{}]}}", blobs.join(","))
    };
    let said = |index: &str| {
        let mut parts = vec![
            layer(&format!("x/blobs/sha256/{one}"), &["a"]),
            layer(&format!("x/blobs/sha256/{two}"), &[".wh.a"]),
        ];
        let (old, new) = ("a".repeat(64), own);
        let blob = |digest: String| format!("x/blobs/sha256/{digest}");
        parts.extend(Manifest::read(&blob(old), manifest(&[one]).as_bytes()));
        parts.extend(Manifest::read(&blob(new.to_owned()), manifest(&[one, two]).as_bytes()));
        parts.extend(Manifest::read("x/index.json", index.as_bytes()));
        let path = format!("x/blobs/sha256/{one}!tar:a");
        let mut facts = [Fact::new(Kind::Material, Site { path, ..Site::default() })];
        mark(&mut facts, &parts);
        facts[0].site().removed.is_some()
    };
    assert!(said(&format!("{{\"manifests\": [{{\"digest\": \"sha256:{own}\"}}]}}")));
    assert!(!said("{\"manifests\": []}"));
    assert!(!said(""));
}

#[test]
fn names_of_layers_are_told() {
    let digest = DIGESTS[0];
    for (path, root) in [
        (format!("in!tar:blobs/sha256/{digest}!gzip:"), "in!tar:"),
        (format!("image/blobs/sha256/{digest}!zstd:"), "image/"),
        (format!("in!gzip:!tar:{digest}/layer.tar"), "in!gzip:!tar:"),
        (format!("in!tar:{digest}.tar"), "in!tar:"),
        (format!("in!tar:{digest}.tar.gz!gzip:"), "in!tar:"),
        (format!("in!tar:sha256:{digest}"), "in!tar:"),
        (digest.to_owned(), ""),
    ] {
        assert_eq!(split(&path), Some((root, digest)), "{path}");
    }
    for path in ["", "a.tar", "in!tar:layer.tar", &digest[1..], &format!("x{digest}")] {
        assert_eq!(split(path), None, "{path}");
    }
}
