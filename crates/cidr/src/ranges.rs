//! Many networks, asked for the one with the longest prefix around an address.

use crate::Net;
use std::net::IpAddr;

/// Values by network.
#[derive(Debug, Clone)]
pub struct Ranges<V> {
    v4: Family<u32>,
    v6: Family<u128>,
    values: Vec<V>,
}

/// No network is around these addresses.
const NONE: u32 = u32::MAX;

/// The addresses of a family cut into runs: where each begins, and the value that it has.
#[derive(Debug, Clone, Default)]
struct Family<A> {
    starts: Vec<A>,
    values: Vec<u32>,
}

/// An address as a number.
trait Number: Copy + Ord {
    fn next(self) -> Option<Self>;
}

impl Number for u32 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Number for u128 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

/// First and last address of a network, and its value.
type Run<A> = (A, A, u32);

impl<V> Default for Ranges<V> {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl<V> Ranges<V> {
    /// Of two entries with the same network the later one counts. At most 2^32 - 1 entries are
    /// taken, which no memory holds.
    pub fn new(entries: Vec<(Net, V)>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (at, (net, _)) in entries.iter().enumerate().take(NONE as usize) {
            let at = at as u32;
            match *net {
                Net::V4(first, prefix) => {
                    let (first, size) = (u32::from(first), u32::from(prefix));
                    v4.push((first, first | u32::MAX.checked_shr(size).unwrap_or(0), at));
                }
                Net::V6(first, prefix) => {
                    let (first, size) = (u128::from(first), u32::from(prefix));
                    v6.push((first, first | u128::MAX.checked_shr(size).unwrap_or(0), at));
                }
            }
        }
        let values = entries.into_iter().map(|(_, value)| value).collect();
        Self { v4: Family::new(v4), v6: Family::new(v6), values }
    }

    /// The value of the network with the longest prefix around `address`.
    pub fn get(&self, address: IpAddr) -> Option<&V> {
        let at = match address.to_canonical() {
            IpAddr::V4(v4) => self.v4.get(u32::from(v4)),
            IpAddr::V6(v6) => self.v6.get(u128::from(v6)),
        };
        self.values.get(at? as usize)
    }

    /// Every value, in the order of the entries.
    pub fn values(&self) -> &[V] {
        &self.values
    }

    /// Bytes on the heap, the values' own memory left out.
    pub fn bytes(&self) -> usize {
        4 * (self.v4.starts.capacity() + self.v4.values.capacity() + self.v6.values.capacity())
            + 16 * self.v6.starts.capacity()
            + size_of::<V>() * self.values.capacity()
    }
}

impl<A: Number> Family<A> {
    fn new(mut runs: Vec<Run<A>>) -> Self {
        // Wider before narrower, earlier before later: what comes last around an address counts.
        runs.sort_by_key(|(first, last, at)| (*first, std::cmp::Reverse(*last), *at));
        let mut family = Self { starts: Vec::new(), values: Vec::new() };
        let mut open: Vec<(A, u32)> = Vec::new();
        for (first, last, at) in runs {
            family.close(&mut open, Some(first));
            family.begin(first, at);
            open.push((last, at));
        }
        family.close(&mut open, None);
        family.starts.shrink_to_fit();
        family.values.shrink_to_fit();
        family
    }

    /// Ends the networks that end before `next`; after each, the one around it goes on.
    fn close(&mut self, open: &mut Vec<(A, u32)>, next: Option<A>) {
        while let Some((last, _)) =
            open.last().copied().filter(|(l, _)| next.is_none_or(|n| *l < n))
        {
            open.pop();
            if let Some(after) = last.next() {
                self.begin(after, open.last().map_or(NONE, |(_, at)| *at));
            }
        }
    }

    fn begin(&mut self, start: A, value: u32) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.values.pop();
        }
        self.starts.push(start);
        self.values.push(value);
    }

    #[inline]
    fn get(&self, address: A) -> Option<u32> {
        let after = self.starts.partition_point(|start| *start <= address);
        let value = *self.values.get(after.checked_sub(1)?)?;
        (value != NONE).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The slow answer: every network is asked.
    fn naive(entries: &[(Net, usize)], address: IpAddr) -> Option<usize> {
        let whole = Net::new(address, 128);
        let around = entries.iter().filter(|(net, _)| net.contains(whole));
        around.max_by_key(|(net, at)| (net.prefix(), *at)).map(|(_, at)| *at)
    }

    fn net() -> impl Strategy<Value = Net> {
        // Few bits that differ, so that networks nest and meet.
        let v4 = (0u32..16, 24u8..=32).prop_map(|(low, prefix)| {
            Net::new(IpAddr::V4((0x0a00_0000 | (low * 17)).into()), prefix)
        });
        let v6 = (0u128..16, 118u8..=128).prop_map(|(low, prefix)| {
            Net::new(IpAddr::V6(((0xfe80u128 << 112) | (low * 33)).into()), prefix)
        });
        let edge = prop_oneof![
            Just("0.0.0.0/0"),
            Just("255.255.255.255"),
            Just("255.0.0.0/8"),
            Just("::/0"),
            Just("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ];
        prop_oneof![4 => v4, 4 => v6, 1 => edge.prop_map(|text| Net::parse(text).unwrap())]
    }

    proptest! {
        #[test]
        fn the_longest_prefix_answers(nets in prop::collection::vec(net(), 0..12), low in 0u32..300) {
            let entries: Vec<_> = nets.into_iter().zip(0..).collect();
            let ranges = Ranges::new(entries.clone());
            for address in [
                IpAddr::V4((0x0a00_0000 | low).into()),
                IpAddr::V6(((0xfe80u128 << 112) | u128::from(low)).into()),
                IpAddr::V4(u32::MAX.into()),
                IpAddr::V6(u128::MAX.into()),
                IpAddr::V4(0.into()),
                IpAddr::V6((0xffff_0a00_0000 | u128::from(low)).into()),
            ] {
                let found = ranges.get(address).copied();
                prop_assert_eq!(found, naive(&entries, address.to_canonical()), "{}", address);
            }
        }
    }
}
