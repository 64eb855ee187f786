//! Lines of any bytes through our own parsers and one of each shape; the first byte chooses the hint.
#![cfg_attr(fuzzing, no_main)]

mod checked;

use custom::Set;
use std::sync::LazyLock;

/// Our own, and one of each shape that they lack.
const FILES: [&str; 9] = [
    include_str!("../../../rules/parsers/clamav.yml"),
    include_str!("../../../rules/parsers/fail2ban.yml"),
    include_str!("../../../rules/parsers/freeradius.yml"),
    include_str!("../../../rules/parsers/nextcloud.yml"),
    include_str!("../../../rules/parsers/openvpn.yml"),
    include_str!("../../../rules/parsers/samba-audit.yml"),
    "name: pairs\nversion: 1\nwhen: {contains: 'kind='}\nread: record\npairs: {}\n\
     set: {class: 4001}\nfields: {src: src_endpoint.ip, at: time, n: traffic.bytes}\n",
    "name: rows\nversion: 1\nwhen: {contains: ',ROW,'}\nread: record\n\
     columns: [a, _, b, c]\nset: {class: 3002}\nfields: {c: user.name}\n",
    "name: every\nversion: 1\nwhen: {hint_only: true}\nread: record\nforms:\n  \
     - pattern: '{i:int} {f:float} {h:hex} {a:ip} {m:mac} {q:quoted} {t:time} {w:word}/{s*}: {p:pairs}'\n  \
     - pattern: '{?[{i:int}] }{t:time:%d.%m.%Y %H:%M:%S}{? {q:quoted}} {s*} {_}'\n\
     set: {class: 4001}\nfields: {i: src_endpoint.port, a: src_endpoint.ip, m: src_endpoint.mac, \
     f: unmapped, h: unmapped, q: message, t: time, w: unmapped, s: unmapped}\n",
];
const HINTS: [Option<&str>; 6] =
    [None, Some("every"), Some("nextcloud"), Some("pairs"), Some("openvpn"), Some("samba-audit")];

static SET: LazyLock<Set> = LazyLock::new(|| {
    let name = |(number, text): (usize, &&str)| (format!("{number}.yml"), (*text).to_owned());
    let files: Vec<_> = FILES.iter().enumerate().map(name).collect();
    let read = custom::read(&files);
    assert_eq!(read.first_error(), None);
    read.set
});

fuzz::target!(|bytes| {
    let Some((first, line)) = bytes.split_first() else { return };
    let hint = HINTS[usize::from(*first) % HINTS.len()];
    checked::record(&String::from_utf8_lossy(line), &SET, hint);
});
