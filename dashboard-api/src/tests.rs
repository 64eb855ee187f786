//! The service as a browser meets it: every layer, through the router that is served.

mod browser;
#[expect(clippy::print_stdout, reason = "a skipped test says so, and the child its address")]
mod engine;
mod sample;

mod guarded;
mod isolation;
mod ledger;
mod served;
mod signing_in;
mod triage;
