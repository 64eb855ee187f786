//! What the services' configurations say of an installation.

use anyhow::{Context as _, bail};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Where everything is.
pub(super) struct Installation {
    pub(super) config: PathBuf,
    pub(super) bus: bus::Config,
    /// The loader's.
    pub(super) group: String,
    pub(super) store: store::Config,
    /// Data folders, by what they are called in a backup.
    pub(super) data: Vec<(&'static str, PathBuf)>,
}

/// Of a service's file only this.
#[derive(Deserialize)]
struct WithData {
    data_dir: PathBuf,
}

/// The dashboard's file, as packages and as `prohori up` call it.
const DASHBOARD: [&str; 2] = ["dashboard-api.toml", "dashboard.toml"];

impl Installation {
    pub(super) fn read(config: &Path) -> anyhow::Result<Self> {
        let loader: loader::Config = service::config::load(&config.join("loader.toml"))?;
        let file = |name: &&str| Some(config.join(name)).filter(|path| path.is_file());
        let Some(dashboard) = DASHBOARD.iter().find_map(file) else {
            bail!("neither {} is in {}", DASHBOARD.join(" nor "), config.display());
        };
        let mut data = vec![("api", folder(&dashboard)?)];
        if let Some(enrolment) = file(&"enrolment.toml") {
            data.push(("enrolment", folder(&enrolment)?));
        }
        Ok(Self {
            config: config.to_owned(),
            bus: loader.bus,
            group: loader.loader.group,
            store: loader.store.try_into().context("[store] of loader.toml")?,
            data,
        })
    }
}

fn folder(file: &Path) -> anyhow::Result<PathBuf> {
    let WithData { data_dir } = service::config::load(file)?;
    Ok(data_dir)
}
