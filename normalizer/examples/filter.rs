//! The filter as `prohori normalize --stdin` runs it, without the rest of the command.
//!
//! `filter [FRAMED] <INPUT >OUTPUT`: one thread, so that time and instructions are those of the path
//! itself; with an argument, lines are framed.

use normalizer::filter::{Options, run};
use std::io::Write as _;
use std::num::NonZero;
use std::process::ExitCode;

fn main() -> ExitCode {
    let framed = std::env::args().nth(1).is_some();
    let options = Options { framed, threads: NonZero::new(1), ..Options::default() };
    match run(&options, std::io::stdin(), std::io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
