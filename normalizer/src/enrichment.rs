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
    /// Whether to take the indicators that the dashboard keeps as well, from the topic `control`.
    pub control: bool,
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
        let indicators = read(&self.feeds(None))?;
        Ok(Enrichment::of(self.geo()?, self.directory()?, indicators))
    }

    /// Where indicators come from; what is published is in `cluster`.
    fn feeds(&self, cluster: Option<&bus::Config>) -> feeds::Source {
        feeds::Source {
            files: self.indicators.clone(),
            warning_lists: self.warning_lists.clone(),
            published: cluster.filter(|_| self.control).cloned(),
        }
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

    fn watched(&self) -> [Vec<PathBuf>; 2] {
        [self.geoip.clone(), [&self.assets[..], &self.identities].concat()]
    }
}

fn read(feeds: &feeds::Source) -> Result<Set, feeds::Error> {
    let (set, report) = feeds.load()?;
    report.tell(&set, |told| tracing::warn!(told, "indicators"));
    if !set.is_empty() {
        let (version, bytes) = (set.version(), set.bytes());
        tracing::info!(indicators = set.len(), bytes, version, "indicators read");
    }
    Ok(set)
}

/// What is told on `/ready` of each kind of files.
pub(crate) struct Parts {
    pub(crate) geo: Part,
    pub(crate) directory: Part,
    pub(crate) indicators: Part,
}

/// The files, and the cluster that has the indicators which the dashboard keeps.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    pub(crate) files: RawEnrich,
    pub(crate) cluster: bus::Config,
}

/// What to begin with, read where it may block; and its fingerprints. Published indicators that cannot
/// be had now are taken over later: what the normalizer stamps is no alert.
pub(crate) async fn first(
    watched: &Watched,
    metrics: &Metrics,
) -> Result<(Enrichment, [u64; 3]), Error> {
    let (Watched { files, cluster }, metrics) = (watched.clone(), metrics.clone());
    let read = move || {
        // Before they are read: a change in between is then seen as one.
        let seen = files.watched().map(|paths| reload::fingerprint(&paths));
        let [geo, directory] = seen.map(|seen| seen.map_err(Error::EnrichFiles));
        let feeds = files.feeds(Some(&cluster));
        let both = || Ok((feeds.fingerprint()?, read(&feeds)?));
        let (listed, indicators) = match both() {
            Err(error @ feeds::Error::Control(_)) if error.may_pass() => {
                let error = service::telemetry::chain(&error);
                tracing::warn!(error, "indicators are taken over later");
                (0, read(&files.feeds(None))?)
            }
            other => other?,
        };
        let enrichment = Enrichment::of(files.geo()?, files.directory()?, indicators);
        metrics.indicators.set(enrichment.indicators.get().len() as i64);
        metrics.known.set(enrichment.directory.get().len() as i64);
        Ok((enrichment, [geo?, directory?, listed]))
    };
    tokio::task::spawn_blocking(read).await.map_err(Error::Reader)?
}

/// Takes over what changes, each kind by itself; what is wrong leaves in force what is.
///
/// # Cancel safety
/// Ends with `shutdown`; what is being read then is dropped.
pub(crate) async fn watch(
    enrichment: Enrichment,
    watched: Watched,
    seen: [u64; 3],
    interval: Duration,
    parts: Parts,
    metrics: Metrics,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let Watched { files, cluster } = watched;
    let [geo_paths, directory_paths] = files.watched();
    let feeds = files.feeds(Some(&cluster));
    let (geo, directory) = (files.clone(), files);
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
    let listed_now = feeds.clone();
    let read_feeds = move || read(&feeds).map(&count_listed);
    let Enrichment { geo, directory, indicators } = enrichment;
    let stop = || shutdown.clone();
    let geo_now = move || reload::fingerprint(&geo_paths);
    let directory_now = move || reload::fingerprint(&directory_paths);
    let feeds_now = move || listed_now.fingerprint();
    tokio::join!(
        reload::watch(geo, geo_now, seen[0], read_geo, interval, parts.geo, stop()),
        reload::watch(
            directory,
            directory_now,
            seen[1],
            read_directory,
            interval,
            parts.directory,
            stop()
        ),
        reload::watch(
            indicators,
            feeds_now,
            seen[2],
            read_feeds,
            interval,
            parts.indicators,
            stop()
        ),
    );
    Ok(())
}

#[cfg(test)]
mod tests;
