//! The single looks.

use crate::config::Kind;
use crate::up::ready;
use anyhow::Context as _;
use bus::TopicSpec;
use serde::Deserialize;
use service::doctor::{Finding, Text};
use service::telemetry::chain;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use store::Store;

/// How long brokers have to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// Free disk under which something should be done, in percent.
const FREE_PERCENT_MIN: u64 = 10;
/// A certificate that ends sooner should be renewed.
const CERTIFICATE_LEFT_MIN: Duration = Duration::from_secs(14 * 86_400);
/// A backup older than this is none of last night.
const BACKUP_AGE_MAX: Duration = Duration::from_secs(36 * 3_600);

/// Of a service's file only this.
#[derive(Deserialize)]
struct Served {
    #[serde(default)]
    http: Option<Listening>,
    #[serde(default)]
    data_dir: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Listening {
    /// Without it, a free port: nobody can ask there.
    listen: Option<SocketAddr>,
    tls: Option<tls::Files>,
}

#[derive(Deserialize)]
struct Engine {
    engine: EnginePaths,
}

#[derive(Deserialize)]
struct EnginePaths {
    data: PathBuf,
    backups: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Broker {
    data: PathBuf,
}

/// All that the service with this file calls for.
pub(super) fn of(kind: Kind, file: &Path) -> anyhow::Result<Vec<Finding>> {
    let served: Served = service::load(file)?;
    let mut findings = Vec::new();
    match kind {
        Kind::Kafka => findings.extend(disk(&service::load::<Broker>(file)?.data)),
        Kind::Clickhouse => {
            let EnginePaths { data, backups } = service::load::<Engine>(file)?.engine;
            findings.extend(disk(&data));
            findings.push(backup(backups.as_deref()));
        }
        // Its own doctor looks at more, on the hosts.
        Kind::Collector => return Ok(findings),
        Kind::Loader => {
            let config = service::load::<loader::Config>(file)?;
            findings.extend(kafka(&config.bus));
            findings.push(clickhouse(config.store)?);
        }
        Kind::Normalizer | Kind::Detector | Kind::Dashboard | Kind::Enrolment => {}
    }
    if let Some(folder) = &served.data_dir {
        findings.push(private(kind, folder));
    }
    if let Some(Listening { listen, tls }) = served.http {
        let answer = |listen| match &tls {
            None => ready::ask(listen, "/ready"),
            Some(tls) => ready::ask_by_tls(listen, "/ready", tls),
        };
        findings.extend(listen.map(|listen| answers(kind, listen, answer(listen))));
        findings.extend(tls.map(|tls| certificate(&tls)));
    }
    Ok(findings)
}

fn kafka(config: &bus::Config) -> Vec<Finding> {
    let brokers = &config.brokers;
    if let Err(error) = bus::admin::wait_ready(config, 1, ANSWER) {
        let error = chain(&error);
        return vec![Finding::problem(
            Text::new(
                format!("kafka does not answer at {brokers}: {error}"),
                format!("{brokers} ঠিকানায় কাফকা সাড়া দিচ্ছে না: {error}"),
            ),
            Text::new(
                "start it (systemctl start prohori-kafka), or check [bus]; meanwhile collectors wait, and lose nothing",
                "চালু করুন (systemctl start prohori-kafka), নয়তো [bus] দেখুন; ততক্ষণ কালেক্টর অপেক্ষা করে, কিছু হারায় না",
            ),
        )];
    }
    let mut findings = vec![Finding::good(Text::new(
        format!("kafka answers at {brokers}"),
        format!("{brokers} ঠিকানায় কাফকা সাড়া দিচ্ছে"),
    ))];
    findings.push(match bus::admin::topics(config) {
        Ok(found) => topics(&found),
        Err(error) => Finding::problem(
            Text::same(chain(&error)),
            Text::new(
                "give this user the right to see topics",
                "এই ব্যবহারকারীকে টপিক দেখার অনুমতি দিন",
            ),
        ),
    });
    findings
}

fn topics(found: &std::collections::BTreeMap<String, usize>) -> Finding {
    let wanted = TopicSpec::shared(1);
    let missing: Vec<&str> = wanted
        .iter()
        .map(|topic| topic.name.as_str())
        .filter(|name| !found.contains_key(*name))
        .collect();
    let agencies = found.keys().filter(|name| name.starts_with(model::topic::RAW_PREFIX)).count();
    if missing.is_empty() && agencies > 0 {
        return Finding::good(Text::new(
            format!("all topics are there, with those of {agencies} agencies"),
            format!("সব টপিক আছে, {agencies}টি সংস্থার টপিকসহ"),
        ));
    }
    let (english, bangla) = match missing.is_empty() {
        true => ("there is no topic of any agency".to_owned(), "কোনো সংস্থার টপিক নেই".to_owned()),
        false => {
            let names = missing.join(", ");
            (format!("topics are missing: {names}"), format!("টপিক নেই: {names}"))
        }
    };
    Finding::problem(
        Text::new(english, bangla),
        Text::new(
            "prohori topics --config FILE --agency NAME",
            "চালান: prohori topics --config FILE --agency NAME",
        ),
    )
}

fn clickhouse(raw: store::RawConfig) -> anyhow::Result<Finding> {
    let config = store::Config::try_from(raw)?;
    let url = config.url().to_owned();
    let store = Store::connect(&config);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let asked = runtime.block_on(async {
        tokio::time::timeout(ANSWER, store.pending_migrations()).await.context("no answer in time")
    });
    Ok(
        match asked
            .map_err(|error| error.to_string())
            .and_then(|asked| asked.map_err(|e| chain(&e)))
        {
            Ok(0) => Finding::good(Text::new(
                format!("clickhouse answers at {url}, its tables are this version's"),
                format!("{url} ঠিকানায় ক্লিকহাউস সাড়া দিচ্ছে, টেবিলগুলো এই সংস্করণের"),
            )),
            Ok(pending) => Finding::warning(
                Text::new(
                    format!(
                        "clickhouse answers at {url}; {pending} changes of its tables are to come"
                    ),
                    format!("{url} ঠিকানায় ক্লিকহাউস সাড়া দিচ্ছে; টেবিলের {pending}টি পরিবর্তন বাকি"),
                ),
                Text::new(
                    "start the loader of this version: it makes them",
                    "এই সংস্করণের লোডার চালু করুন: সে-ই করে নেবে",
                ),
            ),
            Err(error) => Finding::problem(
                Text::new(
                    format!("clickhouse does not answer at {url}: {error}"),
                    format!("{url} ঠিকানায় ক্লিকহাউস সাড়া দিচ্ছে না: {error}"),
                ),
                Text::new(
                    "start it (systemctl start prohori-clickhouse), or check [store]; meanwhile events wait in Kafka",
                    "চালু করুন (systemctl start prohori-clickhouse), নয়তো [store] দেখুন; ততক্ষণ ইভেন্ট কাফকায় থাকে",
                ),
            ),
        },
    )
}

fn certificate(files: &tls::Files) -> Finding {
    let path = files.certificate_file.display();
    let remedy = Text::new(
        "put a new certificate and its key into the files; the service takes them up within a minute",
        "ফাইলে নতুন সার্টিফিকেট ও চাবি রাখুন; সেবা এক মিনিটের মধ্যে তা নেয়",
    );
    let usable = files.acceptor().and_then(|_| files.ends());
    let left = usable.map(|ends| ends.duration_since(SystemTime::now()).unwrap_or_default());
    match left {
        Err(error) => Finding::problem(Text::same(error.to_string()), remedy),
        Ok(left) if left.is_zero() => Finding::problem(
            Text::new(
                format!("the certificate {path} has ended"),
                format!("{path} সার্টিফিকেটের মেয়াদ শেষ"),
            ),
            remedy,
        ),
        Ok(left) => {
            let days = left.as_secs() / 86_400;
            let text = Text::new(
                format!("the certificate {path} is good for another {days} days"),
                format!("{path} সার্টিফিকেটের মেয়াদ আর {days} দিন"),
            );
            if left < CERTIFICATE_LEFT_MIN {
                Finding::warning(text, remedy)
            } else {
                Finding::good(text)
            }
        }
    }
}

fn answers(kind: Kind, address: SocketAddr, answer: Result<(), String>) -> Finding {
    let name = kind.name();
    match answer {
        Ok(()) => Finding::good(Text::new(
            format!("{name} is ready at {address}"),
            format!("{address} ঠিকানায় {name} প্রস্তুত"),
        )),
        Err(why) => Finding::problem(
            Text::new(
                format!("{name} does not answer at {address}, or is not ready: {why}"),
                format!("{address} ঠিকানায় {name} সাড়া দিচ্ছে না, অথবা প্রস্তুত নয়: {why}"),
            ),
            Text::new(
                format!("journalctl -u prohori-{name} says why; docs/faults.md has what to do"),
                format!("কারণ দেখুন: journalctl -u prohori-{name}; কী করবেন তা docs/faults.md-এ"),
            ),
        ),
    }
}

/// What only the owner may read: accounts, keys.
fn private(kind: Kind, folder: &Path) -> Finding {
    let (name, shown) = (kind.name(), folder.display());
    let Ok(metadata) = std::fs::metadata(folder) else {
        return Finding::warning(
            Text::new(
                format!("{name}: {shown} is not there, or cannot be seen"),
                format!("{name}: {shown} নেই, অথবা দেখা যাচ্ছে না"),
            ),
            Text::new(
                "run the doctor as root or as the service's user; the service makes it at its start",
                "root বা সার্ভিসের ব্যবহারকারী হিসেবে চালান; সার্ভিস শুরুতে এটি বানায়",
            ),
        );
    };
    if metadata.permissions().mode() & 0o007 == 0 {
        return Finding::good(Text::new(
            format!("{name}: {shown} is closed to others"),
            format!("{name}: {shown} অন্যদের জন্য বন্ধ"),
        ));
    }
    Finding::warning(
        Text::new(
            format!("{name}: everybody on this machine may look into {shown}"),
            format!("{name}: এই যন্ত্রের সবাই {shown} দেখতে পারে"),
        ),
        Text::same(format!("chmod o-rwx {shown}")),
    )
}

/// Nothing where the folder is not there yet.
fn disk(folder: &Path) -> Option<Finding> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    let (free, all) = (stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize);
    let percent = (free * 100).checked_div(all).unwrap_or_default();
    let (shown, gib) = (folder.display(), free >> 30);
    let what = Text::new(
        format!("{shown}: {gib} GiB are free, {percent} %"),
        format!("{shown}: {gib} GiB খালি, {percent} %"),
    );
    Some(if percent >= FREE_PERCENT_MIN {
        Finding::good(what)
    } else {
        Finding::warning(
            what,
            Text::new(
                "make room, or shorten retention (Governance, docs/governance.md)",
                "জায়গা করুন, অথবা সংরক্ষণকাল কমান (পরিচালনা, docs/governance.md)",
            ),
        )
    })
}

fn backup(folder: Option<&Path>) -> Finding {
    let remedy = Text::new(
        "prohori backup --to FOLDER/NAME, each night (docs/backup.md)",
        "প্রতি রাতে চালান: prohori backup --to FOLDER/NAME (docs/backup.md)",
    );
    let Some(folder) = folder else {
        return Finding::warning(
            Text::new(
                "[engine] backups is not set: nothing can be backed up",
                "[engine] backups লেখা নেই: ব্যাকআপ নেওয়া যাবে না",
            ),
            remedy,
        );
    };
    let manifests = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let made = |entry: std::fs::DirEntry| {
        std::fs::metadata(entry.path().join("manifest.json")).ok()?.modified().ok()
    };
    let newest = manifests.filter_map(made).max();
    let age = newest.and_then(|made| SystemTime::now().duration_since(made).ok());
    match age {
        Some(age) if age <= BACKUP_AGE_MAX => Finding::good(Text::new(
            format!("the newest backup is {} hours old", age.as_secs() / 3_600),
            format!("শেষ ব্যাকআপ {} ঘণ্টা আগের", age.as_secs() / 3_600),
        )),
        Some(age) => {
            let days = age.as_secs() / 86_400;
            Finding::warning(
                Text::new(
                    format!("the newest backup is {days} days old"),
                    format!("শেষ ব্যাকআপ {days} দিন আগের"),
                ),
                remedy,
            )
        }
        None => Finding::warning(
            Text::new(
                format!("there is no backup in {}", folder.display()),
                format!("{}-এ কোনো ব্যাকআপ নেই", folder.display()),
            ),
            remedy,
        ),
    }
}
