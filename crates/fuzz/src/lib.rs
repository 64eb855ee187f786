//! Fuzz targets on the stable compiler: shortly with every test run, at length by libFuzzer.
//!
//! A target is one file in the `fuzz` folder of the crate that it tests:
//!
//! ```ignore
//! //! Lines of any bytes, which must be framed without a crash.
//! #![cfg_attr(fuzzing, no_main)]
//!
//! fuzz::target!(|bytes| {
//!     frame::lines(bytes);
//! });
//! ```
//!
//! and four lines in that crate's manifest, beside `fuzz` among its dev-dependencies:
//!
//! ```toml
//! [[test]]
//! name = "fuzz-lines"
//! path = "fuzz/lines.rs"
//! harness = false
//! ```
//!
//! Inputs to begin with are files in `fuzz/seeds/lines/`, written by us. A target panics where
//! something is wrong: a panic in the code under test, or a broken promise that the target asserts.
//!
//! * `cargo test` feeds every seed and some thousand mutations of them, the same ones each time.
//! * `make fuzz` builds the targets with coverage counters (`--cfg fuzzing` and LLVM's pass of that
//!   name, which need no nightly compiler) and runs libFuzzer on them; `make fuzz TARGET=frame/lines
//!   RUNS=1000000` one of them. What it finds worth keeping goes to `target/fuzz/corpus`.

mod mutate;
mod short;

pub use short::run;

#[doc(hidden)]
#[cfg(fuzzing)]
pub use libfuzzer_sys::{Corpus, fuzz_target};

/// Makes the file a fuzz target: a closure over bytes that panics where something is wrong.
#[macro_export]
macro_rules! target {
    (|$bytes:ident| $body:expr) => {
        // libFuzzer's macro names its own crate, which the tested crate need not depend on.
        #[cfg(fuzzing)]
        extern crate fuzz as libfuzzer_sys;
        #[cfg(fuzzing)]
        $crate::fuzz_target!(|$bytes: &[u8]| { $body });

        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            $crate::run(env!("CARGO_MANIFEST_DIR"), file!(), |$bytes: &[u8]| {
                $body;
            })
        }
    };
}
