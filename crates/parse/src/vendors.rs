//! JSON of products that are known: how to tell them, and their tables.

mod cloud;
mod flows;
mod hosts;
mod identity;
pub(crate) mod keycloak;
mod network;
mod servers;
mod xroad;

use crate::fields::source;
use crate::json::{Table, View, Walk, keep};
use crate::words::Guess;
use crate::{Cx, Scratch, generic};
use ocsf::{Event, Path, class};
use std::sync::LazyLock;

/// A product whose JSON is known.
pub(crate) struct Vendor {
    /// The source type.
    pub(crate) source: &'static str,
    /// Parser and version.
    pub(crate) parser: &'static str,
    /// Vendor and product.
    pub(crate) product: (&'static str, &'static str),
    /// Class, unless `finish` knows better.
    pub(crate) class: u32,
    /// Key paths and targets.
    pub(crate) rows: &'static [(&'static str, &'static str)],
    /// Whether native fields stay in `unmapped` even where they have an attribute, because Sigma's
    /// rules name them.
    pub(crate) keep_all: bool,
    /// The object that holds the record, if this is the vendor's.
    pub(crate) detect: for<'t, 'a> fn(View<'t, 'a>) -> Option<View<'t, 'a>>,
    /// What the table cannot say.
    pub(crate) finish: for<'a> fn(View<'_, 'a>, &Cx<'a>, &mut Event<'a>),
}

/// A vendor with its table compiled.
pub(crate) struct Known {
    vendor: &'static Vendor,
    table: Table,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let all = [
        network::VENDORS,
        cloud::VENDORS,
        identity::VENDORS,
        keycloak::VENDORS,
        servers::VENDORS,
        hosts::VENDORS,
        flows::VENDORS,
        xroad::VENDORS,
    ];
    let known = |vendor: &'static Vendor| Known { vendor, table: Table::new(vendor.rows) };
    all.into_iter().flatten().map(known).collect()
});

/// Finds whose JSON this is, and the object that matters.
pub(crate) fn find<'t, 'a>(
    root: View<'t, 'a>,
    hint: Option<&str>,
) -> Option<(&'static Known, View<'t, 'a>)> {
    let hinted = KNOWN.iter().find(|known| hint == Some(known.vendor.source));
    let detected = |known: &'static Known| Some((known, (known.vendor.detect)(root)?));
    // A name that the object does not bear out counts where nothing else does.
    hinted
        .and_then(detected)
        .or_else(|| KNOWN.iter().find_map(detected))
        .or_else(|| hinted.map(|known| (known, root)))
}

impl Known {
    /// Reads a record; `whole` is what surrounds it.
    pub(crate) fn read<'a>(
        &self,
        body: View<'_, 'a>,
        whole: View<'_, 'a>,
        cx: &Cx<'a>,
        scratch: &mut Scratch,
        event: &mut Event<'a>,
    ) {
        let vendor = self.vendor;
        source(event, vendor.parser, vendor.source);
        event.product(vendor.product.0, vendor.product.1);
        event.class = vendor.class;
        let mut walk = Walk { cx, event, guess: Guess::default() };
        self.table.walk(body, &mut walk);
        (vendor.finish)(body, cx, event);
        if vendor.source == "journald" {
            let program = event.text(Path::METADATA_LOG_PROVIDER).unwrap_or("");
            let message = event.message.unwrap_or("");
            if !crate::syslog::read_message(program, message, cx, scratch, event) {
                generic::read(message, cx, event, &mut Guess::default());
            }
        }
        keep(
            if vendor.keep_all { body } else { whole },
            Some(&self.table).filter(|_| !vendor.keep_all),
            cx,
            scratch,
            event,
        );
    }
}

/// Sets the activity of Create, Read, Update, Delete by the verb that a name begins with.
pub(crate) fn crud(event: &mut Event<'_>, name: &str) {
    let is = |words: &[&str]| {
        words.iter().any(|w| name.get(..w.len()).is_some_and(|p| p.eq_ignore_ascii_case(w)))
    };
    event.activity = if is(&[
        "create", "add", "put", "run", "insert", "register", "import", "upload", "attach",
        "allocate",
    ]) {
        1
    } else if is(&[
        "get", "list", "describe", "read", "head", "lookup", "batchget", "watch", "view",
        "download", "query", "scan", "search",
    ]) {
        2
    } else if is(&[
        "update", "modify", "set", "change", "patch", "enable", "disable", "replace", "rename",
        "edit", "write", "restore", "reset", "start", "stop",
    ]) {
        3
    } else if is(&[
        "delete",
        "remove",
        "terminate",
        "detach",
        "deregister",
        "destroy",
        "purge",
        "revoke",
    ]) {
        4
    } else {
        99
    };
}

/// As [`crud`], with the operation's own name where the verb is another.
pub(crate) fn operation<'a>(event: &mut Event<'a>, name: &'a str) {
    event.set(Path::API_OPERATION, name);
    crud(event, name.rsplit(['.', '/']).next().unwrap_or(name));
    if event.activity == 99 {
        event.activity_name = Some(name);
    }
    event.class = class::API;
}

/// Nothing more to say.
pub(crate) fn nothing<'a>(_: View<'_, 'a>, _: &Cx<'a>, _: &mut Event<'a>) {}
