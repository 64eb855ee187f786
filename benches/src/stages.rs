//! The stages that are measured.

mod api;
mod collector;
mod dashboard;
mod detector;
mod normalizer;
mod normalizer_service;
mod peers;
mod search;

use crate::Bench;

/// Measures something; the table in Markdown.
type Stage = fn(&Bench) -> anyhow::Result<String>;

/// Every stage, by name, in the order of the flow.
pub(crate) const ALL: &[(&str, Stage)] = &[
    ("collector", collector::run_all),
    ("normalizer", normalizer::run_all),
    ("normalizer-service", normalizer_service::run_all),
    ("detector", detector::run_all),
    ("peers", peers::run_all),
    ("api", api::run_all),
    ("dashboard", dashboard::run_all),
    ("search", search::run_all),
];
