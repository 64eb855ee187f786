//! The short run of a target, as a test: its seeds and mutations of them.

use crate::mutate::{Numbers, mutate};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How many mutations of all seeds together are tried.
const MUTATIONS_MAX: usize = 4000;
/// How long the mutations may take: a whole test run has many targets.
const TIME_MAX: Duration = Duration::from_secs(2);
/// Where the mutations begin; another number would make others, not better ones.
const SEED: u64 = 0x5eed_0fa7_0a57;

/// Runs the target that `file` of the crate at `root` is: every seed, then mutations for a while.
/// The input at hand lies in a file meanwhile, so that a panic, an overflow of the stack or a stall
/// leaves it there.
pub fn run(root: &str, file: &str, target: impl Fn(&[u8])) -> ExitCode {
    let name = Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
    let crate_name = Path::new(root).file_name().unwrap_or_default().to_string_lossy();
    let at_hand = std::env::temp_dir().join(format!("fuzz-{crate_name}-{name}.input"));
    let feed = |input: &[u8]| {
        std::fs::write(&at_hand, input)?;
        let fed = catch_unwind(AssertUnwindSafe(|| target(input)));
        fed.map_err(|_| std::io::Error::other("panicked"))
    };
    let folder = Path::new(root).join("fuzz/seeds").join(&*name);
    match seeds(&folder).and_then(|seeds| attempt(&seeds, &feed)) {
        Ok(tried) => {
            eprintln!("fuzz {crate_name}/{name}: {tried} inputs, no panic");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("fuzz {crate_name}/{name}: {error}; the last input is {}", at_hand.display());
            ExitCode::FAILURE
        }
    }
}

/// The files of a folder, sorted by name; where there is none, the empty input.
fn seeds(folder: &Path) -> std::io::Result<Vec<Vec<u8>>> {
    if !folder.is_dir() {
        return Ok(vec![Vec::new()]);
    }
    let paths = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<std::io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    paths.iter().map(std::fs::read).collect()
}

/// Feeds seeds and mutations; how many there were.
fn attempt(
    seeds: &[Vec<u8>],
    feed: &impl Fn(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<usize> {
    for seed in seeds {
        feed(seed)?;
    }
    let (began, mut numbers) = (Instant::now(), Numbers::new(SEED));
    for round in 0..MUTATIONS_MAX {
        if began.elapsed() > TIME_MAX {
            return Ok(seeds.len() + round);
        }
        let mut input = seeds[round % seeds.len()].clone();
        mutate(&mut input, &seeds[(round / seeds.len() + 1) % seeds.len()], &mut numbers);
        feed(&input)?;
    }
    Ok(seeds.len() + MUTATIONS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn seeds_and_their_mutations_are_fed_until_one_is_refused() {
        let seeds = [b"key=value".to_vec(), b"a=b=c".to_vec()];
        assert_eq!(attempt(&seeds, &|_| Ok(())).unwrap(), MUTATIONS_MAX + 2);
        let last = RefCell::new(Vec::new());
        let short = |input: &[u8]| {
            *last.borrow_mut() = input.to_vec();
            let result = if input.len() < 30 { Ok(()) } else { Err("too long") };
            result.map_err(std::io::Error::other)
        };
        assert_eq!(attempt(&seeds, &short).unwrap_err().to_string(), "too long");
        assert!(last.borrow().len() >= 30);
    }

    #[test]
    fn a_panic_fails_the_run_and_its_input_stays() {
        let ends_badly = |input: &[u8]| assert!(input.len() < 3);
        let (root, file) = ("/nowhere/some", "fuzz/short_test.rs");
        assert_eq!(run(root, file, |_| {}), ExitCode::SUCCESS);
        assert_eq!(run(root, file, ends_badly), ExitCode::FAILURE);
        let kept = std::env::temp_dir().join("fuzz-some-short_test.input");
        assert!(std::fs::read(&kept).unwrap().len() >= 3);
        std::fs::remove_file(kept).unwrap();
    }

    #[test]
    fn seeds_are_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("b", "2"), ("a", "1")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        assert_eq!(seeds(folder.path()).unwrap(), [b"1", b"2"]);
        assert_eq!(seeds(&folder.path().join("none")).unwrap(), [Vec::<u8>::new()]);
    }
}
