//! The service as a browser meets it: every layer, through the router that is served.

mod abuse;
mod auditing;
mod browser;
mod cases;
mod changing;
mod engine;
mod news;
mod sample;
mod scheduling;
mod searching;

mod collectors;
mod desk;
mod governing;
mod guarded;
mod hunting;
mod intel;
mod isolation;
mod ledger;
mod lite;
mod provider;
mod repeating;
mod replaying;
mod retention;
mod rules;
mod second_factor;
mod served;
mod signing_in;
mod sla;
mod tailing;
mod telling;
mod triage;
