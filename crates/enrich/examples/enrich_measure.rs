//! What enrichment costs: `enrich_measure FOLDER` loads the files that `enrich_files FOLDER` made and
//! prints load times, memory, and the time of an event without and with each kind of source.
//!
//! An event is a connection with a reporting host, two addresses, a host name and a user, made,
//! enriched and written. Times are the thread's own on a processor.

use bumpalo::Bump;
use enrich::{Added, Directory, Enricher, Geo, Of, Sources, directory};
use ocsf::{Envelope, Event, Path, Store, complete, write_completed};
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// Events that are timed of each kind.
const EVENTS: u64 = 300_000;

/// Numbers without order, the same in every run.
fn mixed(number: u64) -> u64 {
    let product = u128::from(number + 1) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    (product >> 40) as u64
}

/// How long this thread has run on a processor, in nanoseconds.
fn spent() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

/// Resident memory in MB.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|number| number.parse::<f64>().ok());
    pages.unwrap_or(0.0) * 4096.0 / 1e6
}

/// What an event names.
struct Named {
    inside: String,
    outside: String,
    host: String,
    user: String,
    query: String,
}

/// Events that name one of `peers` addresses of the Internet each, and one of 5,000 hosts of ours.
fn events(peers: u64) -> Vec<Named> {
    let names = (0..EVENTS).map(|number| {
        let (ours, peer) = (mixed(number) % 5_000, mixed(mixed(number) % peers));
        Named {
            inside: Ipv4Addr::from(0x0a00_0000 + ours as u32 * 5).to_string(),
            outside: Ipv4Addr::from(0x0100_0000 + (peer % 3_000_000_000) as u32).to_string(),
            host: format!("host-{ours}.gov.bd"),
            user: format!("user{}", ours * 7),
            query: format!("www.site-{}.example.org", peer % 100_000),
        }
    });
    names.collect()
}

/// Nanoseconds and bytes an event, and what was added.
fn time(events: &[Named], sources: Sources) -> (f64, f64, Added) {
    let mut enricher = Enricher::default();
    enricher.take_over(sources);
    let (mut store, mut arena) = (Store::default(), Bump::new());
    let (mut out, mut bytes, mut added) = (Vec::new(), 0, Added::default());
    let begin = spent();
    for named in events {
        arena.reset();
        out.clear();
        let mut event = Event::new(store);
        event.kind(ocsf::class::DNS, 1);
        event.set(Path::DEVICE_HOSTNAME, named.host.as_str());
        event.set(Path::SRC_ENDPOINT_IP, named.inside.as_str());
        event.set(Path::DST_ENDPOINT_IP, named.outside.as_str());
        event.set(Path::QUERY_HOSTNAME, named.query.as_str());
        event.set(Path::ACTOR_USER_NAME, named.user.as_str());
        let class = complete::complete(&mut event);
        let of = Of { agency: "local", names_persons: true, at_s: 1_795_651_200 };
        added += enricher.enrich(&mut event, class, of, &arena);
        let envelope = Envelope {
            uid: model::EventUid(1),
            tenant: "local",
            raw: "",
            raw_base64: None,
            logged_ms: 0,
            processed_ms: 0,
            fallback_ms: 0,
        };
        write_completed(&mut event, class, &envelope, &mut out);
        bytes += out.len();
        store = event.into_store();
    }
    let count = events.len() as f64;
    ((spent() - begin) / count, bytes as f64 / count, added)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: enrich_measure FOLDER")?;
    let read = |name: &str| -> std::io::Result<Vec<(String, Vec<u8>)>> {
        Ok(vec![(name.to_owned(), std::fs::read(std::path::Path::new(&folder).join(name))?)])
    };
    let mut out = std::io::stdout();
    let (mut begin, mut before) = (spent(), resident());
    let mut loaded = |what: &str, count: usize| -> std::io::Result<()> {
        let (seconds, memory) = ((spent() - begin) / 1e9, resident() - before);
        (begin, before) = (spent(), resident());
        writeln!(out, "loaded {what}: {count}, {seconds:.2} s, {memory:.0} MB")
    };
    let mut files = read("city.mmdb")?;
    files.extend(read("asn.mmdb")?);
    let geo = Arc::new(Geo::new(files)?);
    loaded("databases", geo.versions().count())?;
    let known: Arc<Directory> =
        directory::load(&read("assets.csv")?, &read("people.csv")?)?.0.into();
    loaded("assets and identities", known.len())?;
    let (set, _) = indicators::load(&read("feed.csv")?, &[])?;
    let set = Arc::new(set);
    loaded("indicators", set.len())?;
    let none = Sources::default();
    let kinds = [
        ("nothing", none.clone()),
        ("places", Sources { geo: Arc::clone(&geo), ..none.clone() }),
        ("assets and identities", Sources { directory: Arc::clone(&known), ..none.clone() }),
        ("indicators", Sources { indicators: Arc::clone(&set), ..none }),
        ("all", Sources { geo, directory: known, indicators: set }),
    ];
    for peers in [10_000, 100_000_000] {
        let events = events(peers);
        writeln!(out, "events that name one of {peers} peers")?;
        for (name, sources) in &kinds {
            let mut runs: Vec<_> = (0..5).map(|_| time(&events, sources.clone())).collect();
            runs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (ns, bytes, added) = runs[2];
            writeln!(out, "  {name}: {ns:.0} ns and {bytes:.0} bytes an event; {added:?}")?;
        }
    }
    Ok(())
}
