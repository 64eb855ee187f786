//! What events are enriched from: read from files, and again when one changes.

use crate::Error;
use crate::metrics::Metrics;
use enrich::{Directory, Enricher, Geo, Sources, directory};
use indicators::Set;
use service::reload::{self, Live};
use service::{Part, Shutdown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// `[enrich]`, as written: files, and folders of such.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawEnrich {
    /// Databases in MaxMind's format, asked in this order.
    pub geoip: Vec<PathBuf>,
    /// Assets, as CSV or as the JSON that an inventory's API answers with.
    pub assets: Vec<PathBuf>,
    /// Identities, in the same forms.
    pub identities: Vec<PathBuf>,
    /// Indicators, in the forms that the detector reads.
    pub indicators: Vec<PathBuf>,
    /// Warning lists: what they name is no indicator.
    pub warning_lists: Vec<PathBuf>,
}

/// What is in force, for all threads.
#[derive(Clone)]
pub struct Enrichment {
    geo: Arc<Live<Geo>>,
    directory: Arc<Live<Directory>>,
    indicators: Arc<Live<Set>>,
}

impl Default for Enrichment {
    fn default() -> Self {
        Self::of(Geo::default(), Directory::default(), Set::default())
    }
}

impl std::fmt::Debug for Enrichment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrichment").field("generations", &self.generations()).finish()
    }
}

impl Enrichment {
    fn of(geo: Geo, directory: Directory, indicators: Set) -> Self {
        Self {
            geo: Arc::new(Live::new(geo)),
            directory: Arc::new(Live::new(directory)),
            indicators: Arc::new(Live::new(indicators)),
        }
    }

    /// Reads the files that the table `[enrich]` of a TOML file names, whatever else is in that.
    pub fn of_file(path: &Path) -> Result<Self, Error> {
        #[derive(serde::Deserialize)]
        struct Tables {
            enrich: RawEnrich,
        }
        let Tables { enrich } = service::load(path)?;
        enrich.load()
    }

    fn generations(&self) -> [u64; 3] {
        [self.geo.generation(), self.directory.generation(), self.indicators.generation()]
    }
}

/// One thread's enricher, which keeps up with what is swapped in.
pub(crate) struct Current {
    enrichment: Enrichment,
    generations: [u64; 3],
    pub(crate) enricher: Enricher,
}

impl Current {
    pub(crate) fn new(enrichment: Enrichment) -> Self {
        let mut current = Self { enrichment, generations: [0; 3], enricher: Enricher::default() };
        current.keep_up();
        current
    }

    /// Takes over what has been swapped in since the last record.
    pub(crate) fn keep_up(&mut self) {
        let generations = self.enrichment.generations();
        if generations != self.generations {
            self.generations = generations;
            self.enricher.take_over(Sources {
                geo: self.enrichment.geo.get(),
                directory: self.enrichment.directory.get(),
                indicators: self.enrichment.indicators.get(),
            });
        }
    }
}

impl RawEnrich {
    fn load(&self) -> Result<Enrichment, Error> {
        Ok(Enrichment::of(self.geo()?, self.directory()?, self.indicators()?))
    }

    fn geo(&self) -> Result<Geo, Error> {
        let geo = Geo::new(reload::contents(&self.geoip).map_err(Error::EnrichFiles)?)?;
        geo.versions().for_each(|version| tracing::info!(version, "places read"));
        Ok(geo)
    }

    fn directory(&self) -> Result<Directory, Error> {
        let assets = reload::contents(&self.assets).map_err(Error::EnrichFiles)?;
        let identities = reload::contents(&self.identities).map_err(Error::EnrichFiles)?;
        let (directory, report) = directory::load(&assets, &identities)?;
        for told in &report.told {
            tracing::warn!(told, "a row of no use");
        }
        if report.skipped + report.replaced > 0 {
            let directory::Report { skipped, replaced, .. } = report;
            tracing::warn!(skipped, replaced, "rows of no use, and values that stand twice");
        }
        if !report.taken.is_empty() {
            tracing::info!(
                known = directory.len(),
                version = directory.version(),
                "directory read"
            );
        }
        Ok(directory)
    }

    fn indicators(&self) -> Result<Set, Error> {
        let feeds = reload::contents(&self.indicators).map_err(Error::EnrichFiles)?;
        let warnings = reload::contents(&self.warning_lists).map_err(Error::EnrichFiles)?;
        let (set, report) = indicators::load(&feeds, &warnings)?;
        report.tell(&set, |told| tracing::warn!(told, "indicators"));
        if !feeds.is_empty() {
            let (version, bytes) = (set.version(), set.bytes());
            tracing::info!(indicators = set.len(), bytes, version, "indicators read");
        }
        Ok(set)
    }

    fn watched(&self) -> [Vec<PathBuf>; 3] {
        let RawEnrich { geoip, assets, identities, indicators, warning_lists } = self;
        let both = |a: &[PathBuf], b: &[PathBuf]| [a, b].concat();
        [geoip.clone(), both(assets, identities), both(indicators, warning_lists)]
    }
}

/// What is told on `/ready` of each kind of files.
pub(crate) struct Parts {
    pub(crate) geo: Part,
    pub(crate) directory: Part,
    pub(crate) indicators: Part,
}

/// What to begin with, read where it may block; and the fingerprints of its files.
pub(crate) async fn first(
    files: &RawEnrich,
    metrics: &Metrics,
) -> Result<(Enrichment, [u64; 3]), Error> {
    let (files, metrics) = (files.clone(), metrics.clone());
    let read = move || {
        // Before the files are read: a change in between is then seen as one.
        let [geo, directory, indicators] =
            files.watched().map(|paths| reload::fingerprint(&paths).map_err(Error::EnrichFiles));
        let seen = [geo?, directory?, indicators?];
        let enrichment = files.load()?;
        metrics.indicators.set(enrichment.indicators.get().len() as i64);
        metrics.known.set(enrichment.directory.get().len() as i64);
        Ok((enrichment, seen))
    };
    tokio::task::spawn_blocking(read).await.map_err(Error::Reader)?
}

/// Takes over files that change, each kind by itself; one that is wrong leaves in force what is.
///
/// # Cancel safety
/// Ends with `shutdown`; what is being read then is dropped.
pub(crate) async fn watch(
    enrichment: Enrichment,
    files: RawEnrich,
    seen: [u64; 3],
    interval: Duration,
    parts: Parts,
    metrics: Metrics,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let [geo_paths, directory_paths, indicators_paths] = files.watched();
    let (geo, directory, indicators) = (files.clone(), files.clone(), files);
    let (known, listed) = (metrics.known.clone(), metrics.indicators.clone());
    let count = move |read: Directory| {
        known.set(read.len() as i64);
        read
    };
    let count_listed = move |read: Set| {
        listed.set(read.len() as i64);
        read
    };
    let read_geo = move || geo.geo();
    let read_directory = move || directory.directory().map(&count);
    let read_indicators = move || indicators.indicators().map(&count_listed);
    let Enrichment { geo, directory, indicators } = enrichment;
    let stop = || shutdown.clone();
    tokio::join!(
        reload::watch(geo, geo_paths, seen[0], read_geo, interval, parts.geo, stop()),
        reload::watch(
            directory,
            directory_paths,
            seen[1],
            read_directory,
            interval,
            parts.directory,
            stop()
        ),
        reload::watch(
            indicators,
            indicators_paths,
            seen[2],
            read_indicators,
            interval,
            parts.indicators,
            stop()
        ),
    );
    Ok(())
}

#[cfg(test)]
mod tests;
