//! Small changes to inputs, from a seed and so the same in every run.

/// The longest input made; longer seeds are used as they are.
const BYTES_MAX: usize = 64 * 1024;
/// How many changes one input gets at most.
const CHANGES_MAX: u64 = 6;
/// Bytes that mean something in one format or another.
const TELLING: &[u8] =
    b"\0\t\n\r \"#%&'()*+,-./0189:;<=>?@AZ[\\]^_`az{|}~\x7f\x80\xbf\xc3\xe2\xf0\xff";

/// A source of numbers (xorshift64*, Vigna 2016).
#[derive(Debug)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// A number below `end`, or 0.
    fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end.max(1)
    }

    /// A range within `length`, short ones more often.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let most = 1 << self.below(10);
        start..length.min(start + self.below(most + 1))
    }
}

/// Changes `input` in some places; `other` is another input to take pieces from.
pub(crate) fn mutate(input: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    for _ in 0..=numbers.next() % CHANGES_MAX {
        change(input, other, numbers);
    }
    input.truncate(BYTES_MAX);
}

fn change(input: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    let at = numbers.below(input.len() + 1);
    match numbers.below(8) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << numbers.below(8);
            }
        }
        1 => input.insert(at, TELLING[numbers.below(TELLING.len())]),
        2 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = TELLING[numbers.below(TELLING.len())];
            }
        }
        3 => drop(input.drain(numbers.range(input.len()))),
        4 => {
            let piece = input[numbers.range(input.len())].to_vec();
            input.splice(at..at, piece);
        }
        5 => {
            let piece = &other[numbers.range(other.len())];
            input.splice(at..at, piece.iter().copied());
        }
        6 => {
            let piece = input[numbers.range(input.len())].to_vec();
            input.splice(at..at, piece.repeat(numbers.below(200)));
        }
        _ => input.truncate(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_inputs_and_they_differ() {
        let made = |seed| {
            let mut numbers = Numbers::new(seed);
            let mut inputs = Vec::new();
            for _ in 0..500 {
                let mut input = b"{\"a\": [1, 2]}".to_vec();
                mutate(&mut input, b"other words", &mut numbers);
                assert!(input.len() <= BYTES_MAX);
                inputs.push(input);
            }
            inputs
        };
        assert_eq!(made(7), made(7));
        assert_ne!(made(7), made(9));
        let distinct: std::collections::HashSet<_> = made(7).into_iter().collect();
        assert!(distinct.len() > 300, "{}", distinct.len());
    }
}
