//! The rules in force, which change under a running detector.

use crate::notice::Notice;
use crate::rules::{File, Loaded, assemble, fingerprint, texts};
use crate::{Error, Metrics};
use alert::{Evidence, Quality, Template};
use correlate::{Alarm, Plan};
use detect::{Engine, Json};
use mapping::Tables;
use ruleset::{Content, Fate, Policy};
use service::reload::Watched;
use service::{Part, Shutdown};
use sigma::{Head, Placeholders, Rule};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

/// Rules compiled, and the name of the set.
#[derive(Debug)]
pub struct Ruleset {
    /// The rules.
    pub engine: Arc<Engine>,
    /// The correlations of their matches.
    pub plan: Arc<Plan>,
    /// What becomes of matches.
    pub policy: Policy,
    /// The set's version, which every alert names.
    pub version: String,
    /// Rules whose alerts fold, by id.
    folding: HashMap<String, usize>,
    /// One for each rule, made when it first matches.
    templates: Box<[OnceLock<Template>]>,
}

impl Ruleset {
    /// Compiles what was read; filters are asked in the same pass as the rules.
    fn new(loaded: Loaded, tables: &Arc<Tables>) -> Result<Self, Error> {
        let Loaded { mut rules, plan, policy, version, .. } = loaded;
        let folding = rules.iter().enumerate().filter(|(_, rule)| rule.folding.is_some());
        let folding = folding.map(|(number, rule)| (rule.uid().to_owned(), number)).collect();
        rules.extend(policy.left_out());
        let engine = Arc::new(Engine::new(rules, Arc::clone(tables))?);
        let templates = (0..policy.rules()).map(|_| OnceLock::new()).collect();
        Ok(Self { engine, plan: Arc::new(plan), policy, version, folding, templates })
    }

    /// The finding of an alarm: of a correlation, or of a rule whose alerts fold.
    pub(crate) fn finding(&self, alarm: &Alarm, evidence: Evidence) -> String {
        let own = alarm.correlation.of_rule.then(|| self.folding.get(alarm.correlation.uid()));
        let Some(number) = own.flatten() else {
            let quality = self.quality(&alarm.correlation);
            return alert::correlated(alarm, quality, &self.version, evidence);
        };
        let event = alarm.anchor.event().and_then(|event| Json::parse(event).ok());
        let clauses = event.map(|event| self.engine.explain(*number, &event));
        let (template, clauses) = (self.template(*number as u32), clauses.unwrap_or_default());
        alert::folded(alarm, template, &clauses, evidence)
    }

    /// What the findings of a rule have in common.
    pub fn template(&self, rule: u32) -> &Template {
        let make = || {
            let rule = Arc::clone(&self.engine.rules()[rule as usize]);
            let quality = self.quality(&rule);
            Template::new(rule, quality, &self.version)
        };
        self.templates[rule as usize].get_or_init(make)
    }

    /// How sure a rule or correlation is: as decided in the stages, else by its status.
    fn quality(&self, of: &Head) -> Quality {
        Quality::new(of.status.as_deref(), self.policy.quality(of.uid()))
    }

    /// The rules, by number, without what filters are compiled to.
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.engine.rules()[..self.policy.rules()]
    }

    /// The rules among the matches of an event, each with what becomes of its match.
    pub fn judge<'r>(
        &'r self,
        matching: &'r [u32],
        event: &alert::Source<'_>,
    ) -> impl Iterator<Item = (u32, Fate<'r>)> {
        let (rules, met) = self.policy.split(matching);
        let (agency, at_ms) = (event.agency().unwrap_or("local".into()).into_owned(), event.seen());
        rules.iter().map(move |rule| (*rule, self.policy.fate(*rule, met, &agency, at_ms)))
    }
}

/// Where rules come from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// Folders and files.
    Folders(Vec<PathBuf>),
    /// The topic `control` of this cluster.
    Control(bus::Config),
    /// These files, which stay as they are: for trials.
    Texts(Arc<Vec<File>>),
}

/// What rules are made of.
#[derive(Debug, Clone)]
pub struct Source {
    /// Where rules come from.
    pub origin: Origin,
    /// The values of `expand`.
    pub placeholders: Placeholders,
    /// The mapping tables.
    pub tables: Arc<Tables>,
}

impl Source {
    /// The compiled-in tables and these rules.
    pub fn new(origin: Origin, placeholders: Placeholders) -> Result<Self, Error> {
        let tables = Arc::new(Tables::builtin().map_err(detect::Error::Mapping)?);
        Ok(Self { origin, placeholders, tables })
    }

    /// What tells that rules have changed.
    pub fn fingerprint(&self) -> Result<u64, Error> {
        match &self.origin {
            Origin::Folders(paths) => fingerprint(paths),
            Origin::Control(config) => Ok(control::fingerprint(config, Content::Rules)?),
            Origin::Texts(_) => Ok(0),
        }
    }

    /// Reads the rules; nothing where a published set is not whole (yet).
    fn load(&self) -> Result<Option<Loaded>, Error> {
        let texts = match &self.origin {
            Origin::Folders(paths) => Some(texts(paths)?),
            Origin::Control(config) => {
                control::whole(config, Content::Rules)?.map(|bundle| bundle.files)
            }
            Origin::Texts(files) => return Ok(Some(assemble(files, &self.placeholders))),
        };
        Ok(texts.map(|texts| assemble(&texts, &self.placeholders)))
    }

    /// Reads and compiles what can be used; `tell` hears of the rest. A set that is not published is
    /// an error: it is not a set without rules.
    pub fn compile(&self, mut tell: impl FnMut(String)) -> Result<Ruleset, Error> {
        let mut loaded = self.load()?.ok_or(Error::NotPublished)?;
        loaded.errors.iter().for_each(|error| tell(error.to_string()));
        std::mem::take(&mut loaded.unaimed).into_iter().for_each(tell);
        Ruleset::new(loaded, &self.tables)
    }

    /// As [`Self::compile`], but a rule that does not compile refuses the whole set; nothing where
    /// there is none.
    fn compile_whole(&self) -> Result<Option<Ruleset>, Error> {
        let Some(loaded) = self.load()? else { return Ok(None) };
        if let Some(first) = loaded.errors.first().cloned() {
            return Err(Error::Rejected { first: Box::new(first), count: loaded.errors.len() });
        }
        loaded.unaimed.iter().for_each(|told| tracing::warn!(told, "a filter misses its aim"));
        Ruleset::new(loaded, &self.tables).map(Some)
    }
}

/// The ruleset in force; threads look at its generation before each event.
#[derive(Debug)]
pub struct Live {
    generation: AtomicU64,
    ruleset: RwLock<Arc<Ruleset>>,
}

impl Live {
    /// Begins with `ruleset`.
    pub fn new(ruleset: Ruleset) -> Self {
        Self { generation: AtomicU64::new(1), ruleset: RwLock::new(Arc::new(ruleset)) }
    }

    /// Changes with every swap.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The ruleset in force.
    pub fn ruleset(&self) -> Arc<Ruleset> {
        Arc::clone(&self.ruleset.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn swap(&self, ruleset: Ruleset) {
        *self.ruleset.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ruleset);
        self.generation.fetch_add(1, Ordering::Release);
    }
}

/// Looks at the rule files when they change, and every `interval`, and takes them over when all of
/// them compile. `seen` is the fingerprint of what is in force.
///
/// # Cancel safety
/// The task ends with `shutdown`; a compilation under way is finished and dropped.
pub async fn watch(
    live: Arc<Live>,
    source: Source,
    mut seen: u64,
    interval: Duration,
    part: Part,
    metrics: Metrics,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut notice = Notice::new(&source.origin);
    notice.watch(&source.origin);
    let mut watched = Watched::new(part);
    loop {
        // Cancel safety: neither `begun` nor `tick` loses anything when dropped; what `changed`
        // loses, the fingerprint still tells.
        tokio::select! {
            () = shutdown.begun() => return Ok(()),
            _ = ticks.tick() => {}
            () = notice.changed() => {}
        }
        let look = source.clone();
        let look = tokio::task::spawn_blocking(move || changed(&look, seen));
        let look = look.await.map_err(Error::Compiler)?;
        if !matches!(look, Look::Same) {
            notice.watch(&source.origin);
        }
        match look {
            Look::Same => watched.is_same(),
            Look::Changed(fingerprint, Ok(ruleset)) => {
                seen = fingerprint;
                take_over(&live, ruleset, &mut watched, &metrics);
            }
            Look::Changed(fingerprint, Err(error)) => {
                seen = fingerprint;
                reject(&error, &mut watched, &metrics);
            }
            Look::Failed(error) => {
                let error = service::telemetry::chain(&error);
                tracing::warn!(error, "cannot look for changed rules; those in force stay");
                watched.is_unseen(error);
            }
        }
    }
}

enum Look {
    Same,
    Changed(u64, Result<Ruleset, Error>),
    Failed(Error),
}

fn changed(source: &Source, seen: u64) -> Look {
    let other = match source.fingerprint() {
        Ok(same) if same == seen => return Look::Same,
        Ok(other) => other,
        Err(error) => return Look::Failed(error),
    };
    match source.compile_whole() {
        Ok(Some(ruleset)) => Look::Changed(other, Ok(ruleset)),
        // A set is just being written: its last part changes the fingerprint again.
        Ok(None) => Look::Same,
        Err(error) => Look::Changed(other, Err(error)),
    }
}

fn take_over(live: &Live, ruleset: Ruleset, watched: &mut Watched, metrics: &Metrics) {
    let (rules, version) = (ruleset.policy.rules(), ruleset.version.clone());
    live.swap(ruleset);
    metrics.rules.set(rules as i64);
    metrics.rule_errors.set(0);
    metrics.reloads.inc();
    watched.is_taken();
    tracing::info!(rules, version, "rules taken over");
}

fn reject(error: &Error, watched: &mut Watched, metrics: &Metrics) {
    let count = match error {
        Error::Rejected { count, .. } => *count,
        _ => 1,
    };
    metrics.rule_errors.set(count as i64);
    let text = service::telemetry::chain(error);
    tracing::error!(error = text, "changed rules refused");
    watched.is_refused(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use service::Status;

    fn rule(id: &str) -> String {
        format!(
            "title: t\nid: {id}\nlogsource: {{product: linux}}\ndetection: {{s: [evil], condition: s}}\n"
        )
    }

    #[test]
    fn a_whole_change_is_taken_over_and_a_broken_one_leaves_the_rules_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        file("a.yml", &rule("a"));
        let source =
            Source::new(Origin::Folders(vec![folder.path().to_owned()]), Placeholders::new())
                .unwrap();
        let live = Live::new(source.compile(|told| panic!("{told}")).unwrap());
        let metrics = Metrics::register(&prometheus::Registry::new()).unwrap();
        let status = Status::new();
        let mut watched = Watched::new(status.part("rules"));
        let mut seen = source.fingerprint().unwrap();
        let mut step = |name: &str, text: &str| {
            file(name, text);
            match changed(&source, seen) {
                Look::Same => return "same".to_owned(),
                Look::Changed(fingerprint, Ok(ruleset)) => {
                    seen = fingerprint;
                    take_over(&live, ruleset, &mut watched, &metrics);
                }
                Look::Changed(fingerprint, Err(error)) => {
                    seen = fingerprint;
                    assert!(error.to_string().contains("the rules in force stay"), "{error}");
                    reject(&error, &mut watched, &metrics);
                }
                Look::Failed(error) => panic!("{error}"),
            }
            let rules = live.ruleset().policy.rules();
            format!("generation {} rules {rules} down {}", live.generation(), status.down().len())
        };
        assert_eq!(step("a.match.log", "not a rule"), "same");
        assert_eq!(step("b.yml", &rule("b")), "generation 2 rules 2 down 0");
        assert_eq!(step("c.yml", "title: broken\n"), "generation 2 rules 2 down 1");
        let (name, why) = &status.down()[0];
        assert!(*name == "rules" && why.contains("c.yml:1:1: detection is missing"), "{why}");
        assert_eq!(metrics.rule_errors.get(), 1);
        assert_eq!(step("c.yml", &rule("c")), "generation 3 rules 3 down 0");
        assert_eq!(
            (metrics.rules.get(), metrics.rule_errors.get(), metrics.reloads.get()),
            (3, 0, 2)
        );
    }

    #[tokio::test]
    async fn a_change_is_taken_over_without_waiting_for_the_next_look() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        // Whole at once, so that no look finds half of it.
        let write = |text: &str| {
            let path = |name| folder.path().join(name);
            std::fs::write(path("new"), text).unwrap();
            std::fs::rename(path("new"), path("inner/a.yml")).unwrap();
        };
        write(&rule("a"));
        let origin = Origin::Folders(vec![folder.path().to_owned()]);
        let source = Source::new(origin, Placeholders::new()).unwrap();
        let seen = source.fingerprint().unwrap();
        let live = Arc::new(Live::new(source.compile(|told| panic!("{told}")).unwrap()));
        let metrics = Metrics::register(&prometheus::Registry::new()).unwrap();
        let (part, shutdown) = (Status::new().part("rules"), Shutdown::new());
        let (own, stop) = (Arc::clone(&live), shutdown.clone());
        let never = Duration::from_secs(3_600);
        let watching = watch(own, source, seen, never, part, metrics, stop);
        let change = async {
            let mut number = 0;
            // The first change may be found by the first look, which no notice led to; not the second.
            while live.generation() < 3 && number < 3_000 {
                number += 1;
                write(&format!("{}---\n{}# {number}\n", rule("a"), rule("b")));
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            shutdown.begin();
        };
        let (watched, ()) = tokio::join!(watching, change);
        watched.unwrap();
        assert!(live.generation() >= 3);
        assert_eq!(live.ruleset().policy.rules(), 2);
    }

    #[test]
    fn texts_are_compiled_as_they_stand() {
        let files = vec![
            ("a.yml".to_owned(), rule("a")),
            ("b.yml".to_owned(), rule("b")),
            ("stages.yml".to_owned(), "b: retired\n".to_owned()),
        ];
        let bundle = ruleset::Bundle::new(files.clone());
        let source = Source::new(Origin::Texts(Arc::new(files)), Placeholders::new()).unwrap();
        let ruleset = source.compile(|told| panic!("{told}")).unwrap();
        assert_eq!((ruleset.version, ruleset.policy.rules()), (bundle.version, 1));
    }
}
