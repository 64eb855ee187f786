//! The single looks.

use crate::files::FileInput;
use crate::journal::JournalInput;
use crate::{Config, Error};
use service::doctor::{Finding, Text, clock};
use service::telemetry::chain;
use spool::WhenFull;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long brokers have to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// The buffer that is asked of the kernel for each UDP socket.
const KERNEL_BYTES: u64 = 8 * 1024 * 1024;
/// Unreadable files that are named; the others are counted.
const NAMED_MAX: usize = 5;

/// All that `config` calls for.
pub(super) fn all(config: &Config) -> Vec<Finding> {
    let mut findings = vec![match config.try_out() {
        Ok(_) => Finding::good(Text::new(
            "the configuration, its certificates and tokens can be read",
            "কনফিগারেশন, এর সার্টিফিকেট ও টোকেন পড়া যাচ্ছে",
        )),
        Err(error) => configuration(&error),
    }];
    findings.extend(kafka(config));
    findings.push(clock());
    findings.extend(state(config));
    findings.extend(config.files.iter().map(files));
    findings.extend(watches(config));
    findings.extend(config.journal.as_ref().map(journal));
    findings.extend(datagrams(config));
    findings
}

pub(super) fn configuration(error: &Error) -> Finding {
    let error = chain(error);
    Finding::problem(
        Text::same(error),
        Text::new(
            "correct it, then: systemctl reload prohori-collector",
            "ঠিক করে চালান: systemctl reload prohori-collector",
        ),
    )
}

fn kafka(config: &Config) -> Vec<Finding> {
    let brokers = &config.bus.brokers;
    if let Err(error) = bus::admin::wait_ready(&config.bus, 1, ANSWER) {
        let error = chain(&error);
        return vec![Finding::problem(
            Text::new(
                format!("kafka does not answer at {brokers}: {error}"),
                format!("{brokers} ঠিকানায় কাফকা সাড়া দিচ্ছে না: {error}"),
            ),
            Text::new(
                "check name, port, firewall and, with [bus.tls], the authority; meanwhile records wait",
                "নাম, পোর্ট, ফায়ারওয়াল এবং [bus.tls] থাকলে সার্টিফিকেট যাচাই করুন; ততক্ষণ লগ জমা থাকবে",
            ),
        )];
    }
    let answers = Finding::good(Text::new(
        format!("kafka answers at {brokers}"),
        format!("{brokers} ঠিকানায় কাফকা সাড়া দিচ্ছে"),
    ));
    let topic = model::topic::raw(&config.agency);
    let there = match bus::admin::end_offsets(&config.bus, &[&topic]) {
        Ok(ends) if !ends.is_empty() => {
            Finding::good(Text::new(format!("topic {topic} is there"), format!("টপিক {topic} আছে")))
        }
        _ => Finding::problem(
            Text::new(format!("topic {topic} cannot be seen"), format!("টপিক {topic} দেখা যাচ্ছে না")),
            Text::new(
                "have the SOC make it, or give this collector's certificate or user the right to it",
                "এসওসি-কে টপিকটি তৈরি করতে, অথবা এই কালেক্টরকে এর অনুমতি দিতে বলুন",
            ),
        ),
    };
    vec![answers, there]
}

fn state(config: &Config) -> Vec<Finding> {
    let dir = &config.state_dir;
    let shown = dir.display();
    let probe = dir.join("doctor-probe");
    let written = fs::create_dir_all(dir).and_then(|()| fs::write(&probe, b"probe"));
    let removed = written.and_then(|()| fs::remove_file(&probe));
    if let Err(error) = removed {
        return vec![Finding::problem(
            Text::new(
                format!("state directory {shown} cannot be written: {error}"),
                format!("স্টেট ডিরেক্টরি {shown}-এ লেখা যাচ্ছে না: {error}"),
            ),
            Text::new(
                "run the doctor as the collector's user; give that user the directory",
                "কালেক্টরের ব্যবহারকারী হিসেবে চালান এবং ডিরেক্টরিটি তাকে দিন",
            ),
        )];
    }
    let waiting = size_of(&config.spool_dir());
    let sockets = config.syslog.iter().flat_map(|input| {
        let listeners = [input.udp.is_some(), input.tcp.is_some(), input.tls.is_some()];
        let count = listeners.into_iter().filter(|there| *there).count();
        std::iter::repeat_n(input.spool, count)
    });
    let others = config.http_inputs.iter().map(|input| input.spool);
    let flows = config.netflow.iter().map(|input| input.spool);
    let limits =
        sockets.chain(others).chain(flows).chain(config.stdin.iter().map(|input| input.spool));
    let wanted: u64 = limits.map(|spool| spool.limits(WhenFull::Block).bytes_max).sum();
    let free = rustix::fs::statvfs(dir).map_or(0, |stat| stat.f_bavail * stat.f_frsize);
    let level = Text::new(
        format!("{shown} can be written; {} wait for kafka, {} are free", mib(waiting), mib(free)),
        format!("{shown}-এ লেখা যাচ্ছে; কাফকার অপেক্ষায় {}, খালি {}", mib(waiting), mib(free)),
    );
    if free + waiting >= wanted {
        return vec![Finding::good(level)];
    }
    vec![Finding::warning(
        level,
        Text::new(
            format!("spools may grow to {}: free some space, or lower bytes_max", mib(wanted)),
            format!("স্পুল {} পর্যন্ত বাড়তে পারে: জায়গা খালি করুন বা bytes_max কমান", mib(wanted)),
        ),
    )]
}

fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes / 1024 / 1024)
}

/// Bytes of the files two levels below `dir`.
fn size_of(dir: &Path) -> u64 {
    let entries = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten();
    let files = entries(dir).flat_map(|stream| entries(&stream.path()).collect::<Vec<_>>());
    files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
}

fn files(input: &FileInput) -> Finding {
    let (found, name) = (input.globs.walk().files, &input.name);
    if found.is_empty() {
        return Finding::warning(
            Text::new(
                format!("input {name}: no file matches"),
                format!("ইনপুট {name}: কোনো ফাইল মেলেনি"),
            ),
            Text::new(
                "check the patterns and the rights to the directories above the files",
                "প্যাটার্ন এবং ডিরেক্টরিগুলোর অনুমতি যাচাই করুন",
            ),
        );
    }
    let closed: Vec<_> = found.iter().filter(|path| fs::File::open(path).is_err()).collect();
    if closed.is_empty() {
        let count = found.len();
        return Finding::good(Text::new(
            format!("input {name}: {count} files, all readable"),
            format!("ইনপুট {name}: {count}টি ফাইল, সবই পড়া যাচ্ছে"),
        ));
    }
    let named: Vec<_> = closed.iter().take(NAMED_MAX).map(|p| p.display().to_string()).collect();
    let (count, named) = (closed.len(), named.join(", "));
    Finding::problem(
        Text::new(
            format!("input {name}: {count} files cannot be read: {named}"),
            format!("ইনপুট {name}: {count}টি ফাইল পড়া যাচ্ছে না: {named}"),
        ),
        Text::new(
            "run as the unit does (CAP_DAC_READ_SEARCH), or put the user into the files' group (adm)",
            "সিস্টেমডি ইউনিট দিয়ে চালান (CAP_DAC_READ_SEARCH), অথবা ব্যবহারকারীকে adm গ্রুপে যোগ করুন",
        ),
    )
}

fn watches(config: &Config) -> Option<Finding> {
    let dirs: usize = config.files.iter().map(|input| input.globs.walk().dirs.len()).sum();
    let max = number_in("/proc/sys/fs/inotify/max_user_watches")?;
    (dirs as u64 > max).then(|| {
        Finding::warning(
            Text::new(
                format!("{dirs} directories are to be watched, the kernel allows {max}"),
                format!("{dirs}টি ডিরেক্টরি নজরে রাখতে হবে, কার্নেল দেয় {max}টি"),
            ),
            Text::new(
                format!("sysctl fs.inotify.max_user_watches={}", 2 * dirs),
                format!("sysctl fs.inotify.max_user_watches={}", 2 * dirs),
            ),
        )
    })
}

fn journal(input: &JournalInput) -> Finding {
    let mut command = Command::new(&input.program);
    command.args(["--output=json", "--lines=1", "--quiet", "--no-pager"]);
    if let Some(directory) = &input.directory {
        command.arg("--directory").arg(directory);
    }
    let read = command.output().is_ok_and(|o| o.status.success() && !o.stdout.is_empty());
    if read {
        return Finding::good(Text::new("the journal can be read", "জার্নাল পড়া যাচ্ছে"));
    }
    Finding::problem(
        Text::new("the journal cannot be read, or is empty", "জার্নাল পড়া যাচ্ছে না, অথবা খালি"),
        Text::new(
            "put the collector's user into group systemd-journal",
            "কালেক্টরের ব্যবহারকারীকে systemd-journal গ্রুপে যোগ করুন",
        ),
    )
}

fn datagrams(config: &Config) -> Option<Finding> {
    config.syslog.iter().find(|input| input.udp.is_some())?;
    let max = number_in("/proc/sys/net/core/rmem_max")?;
    (max < KERNEL_BYTES).then(|| {
        Finding::warning(
            Text::new(
                format!("the kernel buffers at most {max} bytes of UDP: bursts may be lost"),
                format!("কার্নেল UDP-র সর্বোচ্চ {max} বাইট ধরে রাখে: হঠাৎ চাপে বার্তা হারাতে পারে"),
            ),
            Text::new(
                format!("sysctl net.core.rmem_max={KERNEL_BYTES}"),
                format!("sysctl net.core.rmem_max={KERNEL_BYTES}"),
            ),
        )
    })
}

fn number_in(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}
