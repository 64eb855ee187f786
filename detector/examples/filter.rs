//! `detect --stdin --rules DIR…` without the command, for measuring.

use std::path::PathBuf;

fn main() -> Result<(), detector::Error> {
    let rules: Vec<PathBuf> = std::env::args_os()
        .skip(1)
        .filter(|argument| !argument.to_string_lossy().starts_with("--"))
        .filter(|argument| argument != "detect")
        .map(PathBuf::from)
        .collect();
    let output = std::io::BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    detector::filter::run(&rules, std::io::stdin().lock(), output)
}
