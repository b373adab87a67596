//! The order of literals that suits Teddy, the SIMD matcher of `aho-corasick`. Knows how Teddy sorts
//! literals into buckets, and nothing of what they are for.
//!
//! Teddy looks at the first four bytes of a literal, and at each of them by its two halves apart: a
//! bucket takes every text whose halves occur at their places in *some* literal of the bucket. Unlike
//! literals in one bucket therefore let nearly everything through, to be compared byte by byte; like
//! ones let little through. Buckets are dealt out in turn, so the order decides who meets whom: with
//! a good one, a hundred literals cost what fifty do.

use std::{cmp::Reverse, collections::BTreeMap};

/// Bytes of a literal that Teddy looks at.
const PRINT: usize = 4;

/// A bucket, or what one literal adds to it: the low and the high halves at each place, as bits.
#[derive(Clone, Copy, Default)]
struct Halves([(u16, u16); PRINT]);

impl Halves {
    fn of(literal: &[u8]) -> Self {
        let mut halves = Self::default();
        for ((low, high), byte) in halves.0.iter_mut().zip(literal) {
            *low = 1 << (byte & 15);
            *high = 1 << (byte >> 4);
        }
        halves
    }

    fn with(mut self, other: &Self) -> Self {
        for ((low, high), (more_low, more_high)) in self.0.iter_mut().zip(other.0) {
            *low |= more_low;
            *high |= more_high;
        }
        self
    }

    /// How much text gets through: the product over the places.
    fn cost(&self, common: &[[u64; 16]; 16]) -> u128 {
        self.0.iter().map(|&(low, high)| u128::from(through(low, high, common))).product()
    }
}

fn through(low: u16, high: u16, common: &[[u64; 16]; 16]) -> u64 {
    let rows = common.iter().enumerate().filter(|(at, _)| high >> at & 1 == 1);
    let cells = rows.flat_map(|(_, row)| row.iter().enumerate());
    cells.filter(|(at, _)| low >> at & 1 == 1).map(|(_, weight)| weight).sum()
}

/// How many buckets there are for so many literals, with AVX2.
const fn buckets(literals: usize) -> usize {
    if literals <= 32 { 8 } else { 16 }
}

/// In which order to give `literals` to the matcher, as indices. Some come twice, to fill a turn.
pub(crate) fn order(literals: &[&[u8]], common: fn(u8) -> u64) -> Vec<usize> {
    let mut table = [[0; 16]; 16];
    for byte in 0..=u8::MAX {
        let row = table.get_mut(usize::from(byte >> 4));
        if let Some(cell) = row.and_then(|row| row.get_mut(usize::from(byte & 15))) {
            *cell = common(byte);
        }
    }
    // Teddy itself keeps literals together whose low halves are equal: upper and lower case.
    let mut groups: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for (index, literal) in literals.iter().enumerate() {
        let low_halves = literal.iter().take(PRINT).map(|byte| byte & 15).collect();
        groups.entry(low_halves).or_default().push(index);
    }
    let mut groups: Vec<(Halves, Vec<usize>)> = groups
        .into_values()
        .map(|group| {
            let members = group.iter().filter_map(|&index| literals.get(index));
            let halves = members.fold(Halves::default(), |sum, it| sum.with(&Halves::of(it)));
            (halves, group)
        })
        .collect();
    groups.sort_by_key(|(halves, _)| Reverse(halves.cost(&table)));

    // The commonest first, each to where it lets through least more.
    let turns = groups.len().div_ceil(buckets(literals.len()));
    let mut filled = vec![(Halves::default(), Vec::new()); buckets(literals.len())];
    for (halves, group) in groups {
        let room = filled.iter_mut().filter(|(_, groups)| groups.len() < turns);
        let best = room.min_by_key(|(bucket, _)| {
            bucket.with(&halves).cost(&table).saturating_sub(bucket.cost(&table))
        });
        if let Some((bucket, groups)) = best {
            *bucket = bucket.with(&halves);
            groups.push(group);
        }
    }
    // Turns that are left out at the end need nothing to fill them.
    filled.sort_by_key(|(_, groups)| Reverse(groups.len()));
    let mut order = Vec::new();
    let mut spare = Vec::new();
    let mut needed = 0;
    for turn in 0..turns {
        for (_, groups) in &filled {
            match groups.get(turn).and_then(|group| group.split_first()) {
                Some((&first, others)) => {
                    order.push(first);
                    spare.extend(others.iter().copied());
                    needed = order.len();
                }
                // A literal whose like is there already goes where that is, and uses up the turn.
                None => match spare.pop() {
                    Some(like) => {
                        order.push(like);
                        needed = order.len();
                    }
                    None => order.extend(order.first().copied()),
                },
            }
        }
    }
    order.truncate(needed);
    order.extend(spare);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digits, small and capital letters in turn, no two with the same low halves.
    fn literals() -> Vec<[u8; PRINT]> {
        let places = (0..48u8).map(|at| [at % 10, at / 5, at % 10 * 7 % 10, at % 8 * 3 % 8]);
        places
            .zip((0..48).map(|at| [b'0', b'a', b'A'][at % 3]))
            .map(|(place, zero)| place.map(|digit| zero + digit))
            .collect()
    }

    #[test]
    fn every_literal_is_there_and_few_come_twice() {
        let all = literals();
        let all: Vec<&[u8]> = all.iter().map(|literal| &literal[..]).collect();
        for count in [1, 2, 8, 9, 31, 32, 33, 48] {
            let literals = &all[..count];
            let order = order(literals, |_| 1);
            assert!(order.len() < count + buckets(count), "{count}");
            assert!((0..count).all(|index| order.contains(&index)), "{count}");
        }
        assert!(order(&[], |_| 1).is_empty());
    }

    #[test]
    fn like_literals_share_a_bucket() {
        let all = literals();
        let all: Vec<&[u8]> = all.iter().map(|literal| &literal[..]).collect();
        let cost = |order: &[usize]| -> u128 {
            let bucket = |bucket| order.iter().skip(bucket).step_by(16).map(|&it| all[it]);
            (0..16).map(|at| bucket_of(bucket(at)).cost(&[[1; 16]; 16])).sum()
        };
        let as_given: Vec<usize> = (0..all.len()).collect();
        let arranged = order(&all, |_| 1);
        assert!(cost(&arranged) * 2 < cost(&as_given), "{} {}", cost(&arranged), cost(&as_given));
    }

    fn bucket_of<'a>(literals: impl Iterator<Item = &'a [u8]>) -> Halves {
        literals.fold(Halves::default(), |sum, literal| sum.with(&Halves::of(literal)))
    }
}
