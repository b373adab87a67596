//! Depth and number: nesting without end, and files that hold very many keys.

use keylint::{fact::Field, ledger::Reason};

use super::{OCTETS, SEQUENCE, fixture, inspect};

/// The header of an element in DER, with its content behind it in reverse.
fn wrap(reversed: &mut Vec<u8>, tag: u8) {
    let length = u32::try_from(reversed.len()).unwrap().to_le_bytes();
    reversed.extend(length);
    reversed.extend([0x84, tag]);
}

#[test]
fn bags_in_bags_of_a_key_store_are_not_followed_for_long() {
    let identifier = |number: u8, of: &[u8]| {
        let mut oid = [of, &[number]].concat();
        oid.insert(0, u8::try_from(oid.len()).unwrap());
        oid.insert(0, 6);
        oid.reverse();
        oid
    };
    let bag = identifier(6, b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01");
    let data = identifier(1, b"\x2a\x86\x48\x86\xf7\x0d\x01\x07");
    for depth in [3, 10_000] {
        // From the inside out, reversed: SafeContents of one SafeBag that holds SafeContents.
        let mut store = Vec::new();
        wrap(&mut store, SEQUENCE);
        for _ in 0..depth {
            wrap(&mut store, 0xa0);
            store.extend(&bag);
            wrap(&mut store, SEQUENCE);
            wrap(&mut store, SEQUENCE);
        }
        // The safe in the list of safes, and that in the store, with its version.
        for version in [&[][..], &[3, 1, 2]] {
            wrap(&mut store, OCTETS);
            wrap(&mut store, 0xa0);
            store.extend(&data);
            wrap(&mut store, SEQUENCE);
            store.extend(version);
            wrap(&mut store, SEQUENCE);
        }
        store.reverse();
        let facts = inspect(&store).facts;
        assert_eq!(facts.len(), 1, "{depth}");
        let label = if depth == 3 { "public" } else { "encrypted" };
        assert_eq!(
            facts[0].text(Field::Label),
            Some(label),
            "what is too deep is not called harmless"
        );
    }
}

#[test]
fn beginnings_of_stores_without_an_end_are_not_all_searched_for_it() {
    // A store of indefinite lengths, its version, and data in pieces; the next begins in a piece.
    let beginning = b"\x30\x80\x02\x01\x03\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\
        \xa0\x80\x24\x80\x04\x82\x01\x00\x30\x80\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\
        \xa0\x80";
    let inspection = inspect(&beginning.repeat(80_000));
    assert!(inspection.facts.is_empty());
    let over = inspection.ledger.skips.iter().any(|skip| skip.reason == Reason::OverBudget);
    assert!(over, "what is not searched is said");

    // A few do not bite: the store behind them is found.
    let store = fixture("pkcs12/modern-changeit.p12");
    let behind = [&beginning.repeat(8)[..], &[0; 512], &store].concat();
    let facts = inspect(&behind).facts;
    assert!(facts.iter().any(|fact| fact.text(Field::Envelope) == Some("pkcs12")));
}

#[test]
fn json_of_any_depth_is_read() {
    let jwk = fixture("jwk/ec-p256.json");
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep =
            [open.repeat(100_000).as_bytes(), &jwk, close.repeat(100_000).as_bytes()].concat();
        let facts = inspect(&deep).facts;
        assert_eq!(facts.len(), 1);
        assert_eq!(facts[0].text(Field::Label), Some("plaintext"));
        // Around nothing, and never closed.
        assert!(inspect(open.repeat(100_000).as_bytes()).facts.is_empty());
    }
    let wallet = fixture("ethereum/wallet-pbkdf2.json");
    let deep = ["{\"crypto\":".repeat(100_000).as_bytes(), &wallet].concat();
    inspect(&deep);
}

#[test]
fn a_set_of_100_000_keys_is_read_whole() {
    let jwk = r#"{"kty":"oct","k":"GawgguFyGrWKav7AX4VKUg"}"#;
    let set = format!("{{\"keys\":[{}]}}", vec![jwk; 100_000].join(","));
    let facts = inspect(set.as_bytes()).facts;
    assert_eq!(facts.len(), 1, "equal facts are one");
    assert_eq!(facts[0].count, 100_000);
    assert!(facts[0].sites.len() < 100, "of many places the first are kept");
}

#[test]
fn armour_lines_without_number_are_looked_at_once_each() {
    for line in [
        "-----BEGIN PRIVATE KEY-----\n",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII",
        "-----BEGIN RSA PRIVATE KEY-----\\n",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n",
        "-----BEGIN OPENSSH PRIVATE KEY-----b3BlbnNzaC1rZXktdjE",
    ] {
        let facts = inspect(line.repeat(40_000).as_bytes()).facts;
        // One key each at most, and equal ones are one: beginnings do not pair up.
        assert!(facts.iter().map(|fact| fact.count).sum::<u64>() <= 40_000, "{line}");
    }
}
