//! `prohori backup` and `prohori restore`: everything that cannot be made again, put aside while the
//! platform runs, and put back so that each event is there exactly once.
//!
//! A backup is a folder: `store/` (ClickHouse's own copy), `data/` (the services' data folders),
//! `config/`, and `manifest.json`, written last. Where the loader stood in Kafka is asked before
//! anything is copied. A restore sends the loader back there, and it looks for what it reads again
//! before it writes it: what Kafka still holds of the time since is loaded, and nothing twice.

mod data;
mod installation;
mod kafka;
mod manifest;

use anyhow::{Context as _, ensure};
use clap::Args;
use installation::Installation;
use manifest::{Manifest, StoreCopy};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use store::{Archive, Store};

/// A backup of an installation that runs.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The folder with the services' configurations; of `prohori up`, config/ in its data folder
    #[arg(long, value_name = "DIR", default_value = "/etc/prohori")]
    config: PathBuf,
    /// The new folder, below the engine's own for backups (`[engine] backups` of clickhouse.toml)
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Where a ClickHouse on another machine puts its copy: Disk('backups', 'monday')
    #[arg(long, value_name = "PLACE")]
    store_to: Option<String>,
}

/// A backup brought back, while nothing but Kafka and ClickHouse runs.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The folder with the services' configurations, which say where everything goes
    #[arg(long, value_name = "DIR", default_value = "/etc/prohori")]
    config: PathBuf,
    /// The backup
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
}

/// Makes a backup.
pub(crate) fn back_up(args: &Backup) -> anyhow::Result<()> {
    let installation = Installation::read(&args.config)?;
    let to = std::path::absolute(&args.to)?;
    make(&to)?;
    let made = fill(args, &installation, &to);
    if made.is_err() {
        // A part of a backup helps nobody, and would be in the way of the next try.
        let _ = std::fs::remove_dir_all(&to);
    }
    made
}

fn fill(args: &Backup, installation: &Installation, to: &Path) -> anyhow::Result<()> {
    say("where the loader stands");
    let kafka = kafka::stand(&installation.bus, &installation.group)?;
    // Cases name alerts: they are copied before these are, so that none names what is not there.
    for (name, folder) in &installation.data {
        say(&format!("{name}: {}", folder.display()));
        data::save(folder, &to.join("data").join(name))?;
    }
    data::save(&installation.config, &to.join("config"))?;
    let archive = archive(args.store_to.as_ref(), to);
    say(&format!("database {}", installation.store.database()));
    let store = Store::connect(&installation.store);
    let copied = runtime()?.block_on(store.back_up(&archive))?;
    say("checksums");
    let mut files = Vec::new();
    manifest::hash_below(to, to, &mut files)?;
    let manifest = Manifest {
        format: manifest::FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made: jiff::Timestamp::now().to_string(),
        store: StoreCopy {
            // A folder moves with the backup.
            place: args.store_to.clone(),
            database: installation.store.database().to_owned(),
            bytes: copied.bytes,
        },
        kafka,
        files,
    };
    manifest.write(to)?;
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    say(&format!("{}: {} files, {bytes} bytes", to.display(), manifest.files.len()));
    Ok(())
}

/// Brings a backup back.
pub(crate) fn restore(args: &Restore) -> anyhow::Result<()> {
    bring_back(&args.config, &args.from)?;
    say("start the services; docs/backup.md says what to look at");
    Ok(())
}

/// Brings the backup in `from` back to where the configurations in `config` say.
pub(crate) fn bring_back(config: &Path, from: &Path) -> anyhow::Result<()> {
    let from = std::path::absolute(from)?;
    let manifest = Manifest::read(&from)?;
    say(&format!("checksums of {}", from.display()));
    manifest.verify(&from)?;
    let installation = Installation::read(config)?;
    for (name, folder) in &installation.data {
        ensure!(
            data::is_empty(folder)?,
            "{} has files, which a restore would mix with those of the backup: move them away",
            folder.display()
        );
        if !from.join("data").join(name).is_dir() {
            say(&format!("the backup has no data of {name}: it begins anew"));
        }
    }
    let (database, into) = (&manifest.store.database, installation.store.database());
    ensure!(
        database == into,
        "the backup is of database {database}, and [store] database here is {into}"
    );
    // Before the rows: should what follows fail, the loader only looks at what it reads again.
    let replayed = kafka::go_back(&installation.bus, &installation.group, &manifest.kafka)?;
    say(&format!("database {database}"));
    let archive = archive(manifest.store.place.as_ref(), &from);
    runtime()?.block_on(Store::connect(&installation.store).restore(&archive))?;
    for (name, folder) in &installation.data {
        let saved = from.join("data").join(name);
        if saved.is_dir() {
            say(&format!("{name}: {}", folder.display()));
            data::put_back(&saved, folder)?;
        }
    }
    match replayed {
        Some(records) => say(&format!("the loader goes back and reads {records} records again")),
        None => say("Kafka is another than the backup's: what it holds is loaded from its begin"),
    }
    Ok(())
}

/// Where ClickHouse's copy lies: in a place of that server's own, or in the backup's folder.
fn archive(place: Option<&String>, backup: &Path) -> Archive {
    match place {
        Some(place) => Archive::Place(place.clone()),
        None => Archive::Folder(backup.join("store")),
    }
}

/// Makes the folder; the engine, which may be another user, writes into it.
fn make(to: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot make {}", to.display());
    ensure!(!to.exists(), "{} is there already: a backup gets a folder of its own", to.display());
    let above = to.parent().context("a folder below another")?;
    let above = std::fs::metadata(above).with_context(failed)?;
    std::fs::DirBuilder::new().mode(0o700).create(to).with_context(failed)?;
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(to, Some(above.uid()), Some(above.gid())).with_context(failed)?;
    }
    Ok(())
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn say(text: &str) {
    // Nobody needs the progress of a command whose output is closed.
    let _ = writeln!(std::io::stdout(), "{text}");
}
