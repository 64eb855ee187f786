//! What is done to the site, and how it is done.

use crate::dice::Dice;
use crate::ground::{self, Ground};
use crate::site::{Site, Size};
use bus::{Consumer, ConsumerOptions, Outgoing, Polled, Producer, ProducerOptions, Subscription};
use model::topic;
use rustix::process::Signal;
use std::fmt;
use std::time::{Duration, Instant};

/// Longer than a consumer group waits for a member: who wakes finds its partitions with another.
const PAUSE: Duration = Duration::from_secs(8);
/// How long a disk stays full, and a network cut.
const DISK_FULL: Duration = Duration::from_secs(4);
const CUT: Duration = Duration::from_secs(5);
/// Records that are delivered once more.
const DUPLICATES: usize = 500;
/// How long one may be waited for.
const READ: Duration = Duration::from_secs(5);
/// How long Kafka may take to confirm what is written to it by hand.
const CONFIRMED: Duration = Duration::from_secs(60);
/// The raw topic of the site's one agency.
pub(crate) const RAW: &str = "raw.local";
/// Records that are not of their topic's kind; each breaks another step of reading.
const POISON: [&[u8]; 4] = [b"", b"no JSON", b"{\"class_uid\":", b"\xff\xfe\x00\x01"];

/// One way to break something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL, all in one moment.
    Kill(Vec<String>),
    /// SIGKILL to `prohori up`, and so to everything that it started.
    KillAll,
    /// SIGSTOP, and SIGCONT after a while.
    Pause(String),
    /// SIGTERM: the group shares its work anew, twice.
    Leave(String),
    /// No room for what a service writes, for a while.
    DiskFull(&'static str),
    /// No packet arrives anywhere, for a while.
    NetworkCut,
    /// A rule file comes, changes and goes.
    Reload,
    /// Records in every topic that are not of its kind.
    Poison,
    /// Raw records that were delivered are delivered again.
    Duplicates,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(names) => write!(f, "kill -9 {}", names.join(" + ")),
            Self::KillAll => write!(f, "kill -9 prohori up"),
            Self::Pause(name) => write!(f, "stop {name} for {PAUSE:?}"),
            Self::Leave(name) => write!(f, "restart {name}"),
            Self::DiskFull(name) => write!(f, "disk of {name} full for {DISK_FULL:?}"),
            Self::NetworkCut => write!(f, "network cut for {CUT:?}"),
            Self::Reload => write!(f, "rules reloaded"),
            Self::Poison => write!(f, "poison in every topic"),
            Self::Duplicates => write!(f, "records delivered twice"),
        }
    }
}

/// What was done, as far as the oracle must know.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Raw records without an origin.
    pub(crate) poisoned_raw: u64,
    /// Raw records that were there before.
    pub(crate) duplicates: u64,
}

/// Every fault once that can happen to `site`, in an order that the dice decide.
pub(crate) fn deck(site: &Site, size: Size, ground: Ground, dice: &mut Dice) -> Vec<Fault> {
    let all = site.processes();
    let like = |name: &str| -> Vec<String> {
        all.iter().filter(|of| of.starts_with(name)).cloned().collect()
    };
    let mut deck: Vec<Fault> = all.iter().map(|name| Fault::Kill(vec![name.clone()])).collect();
    // What a collector sends again is told by what the normalizer remembers; what a loader must
    // find out is known to the engine alone.
    let pair = |one: &str, other: &str| Fault::Kill([like(one), like(other)].concat());
    deck.extend([pair("collector", "normalizer"), pair("loader", "clickhouse"), Fault::KillAll]);
    deck.extend([Fault::Reload, Fault::Poison, Fault::Duplicates]);
    let services = ["collector", "normalizer", "detector", "loader", "clickhouse", "kafka"];
    for service in services {
        deck.push(Fault::Pause(dice.one(&like(service)).clone()));
    }
    if size == Size::Cluster {
        deck.extend(["normalizer", "normalizer-2", "detector"].map(|n| Fault::Leave(n.to_owned())));
    }
    if ground == Ground::Private {
        deck.extend(site.disks.keys().map(|name| Fault::DiskFull(name)));
        deck.push(Fault::NetworkCut);
    }
    if let Ok(only) = std::env::var("PROHORI_CHAOS_ONLY").as_deref() {
        let is_asked = |fault: &Fault| only.split(',').any(|word| fault.to_string().contains(word));
        deck.retain(is_asked);
        assert!(!deck.is_empty(), "PROHORI_CHAOS_ONLY={only:?}: no fault has a name like that");
    }
    dice.shuffle(&mut deck);
    // One of each kind comes first, so that a short run has met every kind.
    let (mut first, mut rest) = (Vec::<Fault>::new(), Vec::new());
    for fault in deck {
        let kind = std::mem::discriminant(&fault);
        let is_met = first.iter().any(|met| std::mem::discriminant(met) == kind);
        if is_met { rest.push(fault) } else { first.push(fault) }
    }
    first.append(&mut rest);
    first
}

impl Fault {
    /// Breaks it. Returns when it was over, from which moment on the site is to recover.
    pub(crate) fn strike(&self, site: &mut Site, done: &mut Done) -> Instant {
        match self {
            Self::Kill(names) => kill(site, names, Signal::KILL),
            Self::Leave(name) => kill(site, std::slice::from_ref(name), Signal::TERM),
            Self::KillAll => {
                let now = Instant::now();
                site.stack.kill_and_start_again();
                now
            }
            Self::Pause(name) => {
                site.signal(name, Signal::STOP);
                std::thread::sleep(PAUSE);
                site.signal(name, Signal::CONT);
                Instant::now()
            }
            Self::DiskFull(name) => {
                site.disks[name].fill();
                std::thread::sleep(DISK_FULL);
                site.disks[name].free();
                Instant::now()
            }
            Self::NetworkCut => {
                ground::network(false);
                std::thread::sleep(CUT);
                ground::network(true);
                Instant::now()
            }
            Self::Reload => reload(site),
            Self::Poison => poison(site, done),
            Self::Duplicates => duplicate(site, done),
        }
    }
}

fn kill(site: &Site, names: &[String], what: Signal) -> Instant {
    let now = Instant::now();
    let old: Vec<i32> = names.iter().map(|name| site.signal(name, what)).collect();
    for (name, pid) in names.iter().zip(old) {
        site.wait_restarted(name, pid);
    }
    now
}

/// A rule that nothing matches, then a broken one, which must leave in force what is, then none.
fn reload(site: &Site) -> Instant {
    let file = site.rules().join("more.yml");
    let rule = "title: More\nid: 6b1f0a8e-0000-4000-8000-0000000000ff\nlogsource: {product: linux}\n\
                detection: {words: ['no line says this'], condition: words}\nlevel: low\n";
    let seen = Duration::from_millis(1_500);
    for text in [rule, "title: [broken\n"] {
        std::fs::write(&file, text).expect("a rule is written");
        std::thread::sleep(seen);
    }
    std::fs::remove_file(&file).expect("the rule is there");
    Instant::now()
}

fn producer(site: &Site) -> Producer {
    let opened = Producer::open(&site.bus(), &ProducerOptions::default(), |_, outcome| {
        assert!(outcome.is_ok(), "{outcome:?}");
    });
    opened.expect("a producer")
}

fn poison(site: &Site, done: &mut Done) -> Instant {
    let producer = producer(site);
    for topic in [RAW, topic::EVENTS, topic::MATCHES, topic::ALERTS, topic::DEAD_LETTERS] {
        for (number, value) in POISON.iter().enumerate() {
            let record = Outgoing {
                topic,
                partition: i32::try_from(number).ok(),
                key: None,
                value,
                headers: &[],
            };
            producer.try_send(&record, 0).expect("there is room");
            done.poisoned_raw += u64::from(topic == RAW);
        }
    }
    producer.flush(CONFIRMED).expect("Kafka takes them");
    Instant::now()
}

fn duplicate(site: &Site, done: &mut Done) -> Instant {
    let producer = producer(site);
    // A group of its own each time, so that it begins at the beginning.
    let group = format!("chaos-{}", done.duplicates);
    let options = ConsumerOptions::new(&group, Subscription::topic(RAW));
    let consumer = Consumer::open(&site.bus(), &options).expect("a consumer");
    let began = Instant::now();
    let mut sent = 0;
    while sent < DUPLICATES && began.elapsed() < READ {
        let polled = consumer.next(Duration::from_millis(100)).expect("Kafka answers");
        let Polled::Record(message) = polled else { continue };
        let record = message.record();
        // What the poison left has no origin: sent again, it would be poison again.
        let Some(origin) = record.headers.get(model::origin::HEADER) else { continue };
        let again = Outgoing {
            topic: RAW,
            partition: Some(record.partition),
            key: record.key,
            value: record.value,
            headers: &[(model::origin::HEADER, origin)],
        };
        producer.try_send(&again, 0).expect("there is room");
        sent += 1;
    }
    assert!(sent > 0, "no raw record could be read");
    producer.flush(CONFIRMED).expect("Kafka takes them");
    done.duplicates += sent as u64;
    Instant::now()
}
