//! `prohori rules check`: what is wrong with rule files, and how to mend it.

use crate::{Error, Format, Input, Language, Verdict};
use lint::{Code, Finding, Report, Severity};
use mapping::Tables;
use serde_json::json;
use std::io::Write;

/// What the command line asks for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Warnings that are not told.
    pub allow: Vec<Code>,
    /// Whether warnings are bad too.
    pub strict: bool,
    /// For whom to write.
    pub format: Format,
    /// The language of what is found, for people; programs get both.
    pub language: Language,
    /// When exceptions are to be in force, in milliseconds since the epoch.
    pub now_ms: i64,
}

/// Looks at the rules and writes what was found to `out`.
pub fn run(input: &Input, options: &Options, out: &mut impl Write) -> Result<Verdict, Error> {
    let tables = Tables::builtin()?;
    let mut report = lint::check(&input.files()?, &tables, &input.placeholders, options.now_ms);
    let allowed =
        |finding: &Finding| options.allow.iter().any(|code| code.as_str() == finding.code);
    report.findings.retain(|finding| !allowed(finding));
    let written = match options.format {
        Format::Text => text(&report, options.language, out),
        Format::Json => writeln!(out, "{:#}", document(&report)),
    };
    written.map_err(Error::Write)?;
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    Ok(Verdict::of(errors == 0 && !(options.strict && warnings > 0)))
}

fn text(report: &Report, language: Language, out: &mut impl Write) -> std::io::Result<()> {
    for finding in &report.findings {
        match language {
            Language::English => writeln!(out, "{finding}")?,
            Language::Bangla => writeln!(out, "{}", finding.line(&finding.bangla()))?,
        }
    }
    let Report { files, rules, correlations, filters, .. } = report;
    writeln!(
        out,
        "{files} files: {rules} rules, {correlations} correlations, {filters} filters; {} errors, {} warnings",
        report.count(Severity::Error),
        report.count(Severity::Warning)
    )
}

fn document(report: &Report) -> serde_json::Value {
    let finding = |finding: &Finding| {
        let bangla = finding.bangla();
        json!({
            "severity": finding.severity.as_str(),
            "code": finding.code,
            "file": finding.file,
            "line": finding.at.line,
            "column": finding.at.column,
            "rule": finding.rule,
            "message": finding.message,
            "mend": finding.mend,
            "message_bn": bangla.message,
            "mend_bn": bangla.mend,
        })
    };
    json!({
        "files": report.files,
        "rules": report.rules,
        "correlations": report.correlations,
        "filters": report.filters,
        "errors": report.count(Severity::Error),
        "warnings": report.count(Severity::Warning),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}
