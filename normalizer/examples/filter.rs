//! The filter by itself, for scoring without the whole command.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut options = normalizer::filter::Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--framed" => options.framed = true,
            "--source" => options.source = arguments.next(),
            "--dead-letters" => options.dead_letters = arguments.next().map(Into::into),
            _ => {}
        }
    }
    let result =
        normalizer::filter::run(&options, std::io::stdin().lock(), std::io::stdout().lock());
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
