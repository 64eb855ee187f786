//! The service as a browser meets it: every layer, through the router that is served.

mod browser;
mod engine;
mod sample;
mod searching;

mod guarded;
mod isolation;
mod ledger;
mod served;
mod signing_in;
mod triage;
