//! `prohori audit`: the audit log outside of the dashboard's service.

use crate::cli::Audit;
use anyhow::{Context as _, bail};
use dashboard_api::audit;
use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use tlog::Verifier;

/// Runs one of the commands.
pub(crate) fn run(command: &Audit) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match command {
        Audit::Key(args) => writeln!(out, "{}", audit::verifier(there(&args.data)?)?)?,
        Audit::Checkpoint(args) => match audit::checkpoint(there(&args.data)?)? {
            Some(note) => out.write_all(note.as_bytes())?,
            None => bail!("the log has no entries yet"),
        },
        Audit::Export(args) => {
            let mut out = std::io::BufWriter::new(out);
            audit::export(there(&args.data)?, &mut out)?;
            out.flush()?;
        }
        Audit::Verify { log, key, checkpoint } => {
            let verified = verify(log, key, checkpoint)?;
            let audit::Verified { entries, checkpoints, sealed } = verified;
            writeln!(
                out,
                "{entries} entries are as {checkpoints} checkpoints say; {sealed} are sealed"
            )?;
        }
    }
    Ok(())
}

/// A folder that is not there would be made, with a new and empty log.
pub(crate) fn there(data: &Path) -> anyhow::Result<&Path> {
    match data.is_dir() {
        true => Ok(data),
        false => bail!("{} is no folder; give the service's data_dir", data.display()),
    }
}

fn verify(log: &Path, key: &str, kept: &[PathBuf]) -> anyhow::Result<audit::Verified> {
    let Some(verifier) = Verifier::parse(key) else {
        bail!("{key:?} is no key; give the line that `prohori audit key` printed");
    };
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let kept = kept.iter().map(read).collect::<anyhow::Result<Vec<String>>>()?;
    let input: Box<dyn BufRead> = match log.as_os_str() == "-" {
        true => Box::new(std::io::stdin().lock()),
        false => {
            let file = File::open(log).with_context(|| format!("cannot open {}", log.display()))?;
            Box::new(BufReader::new(file))
        }
    };
    audit::verify(input, &verifier, &kept).with_context(|| format!("{}", log.display()))
}
