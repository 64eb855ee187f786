//! JSON of a product that no table knows: read by the names of its keys.

use super::{View, keep_all, text_of};
use crate::words::{Guess, Target, alias};
use crate::{Cx, generic};
use ocsf::{Event, Path};

/// Leaves that are looked at.
const LEAVES_MAX: usize = 400;
/// How deep names are joined.
const DEPTH_MAX: usize = 6;

/// Reads an object.
pub(crate) fn read<'a>(root: View<'_, 'a>, cx: &Cx<'a>, event: &mut Event<'a>) {
    let mut guess = Guess::default();
    let mut leaves = 0;
    walk(root, "", 0, cx, event, &mut guess, &mut leaves);
    keep_all(root, cx, event);
    product(event);
    let said = event.message.filter(|_| !guess.known(Target::Src) || !guess.known(Target::User));
    match said {
        Some(message) => generic::read(message, cx, event, &mut guess),
        _ => super::settle_guess(event, &guess, false),
    }
}

/// Products that say who they are only in their message.
fn product(event: &mut Event<'_>) {
    let message = event.message.unwrap_or("");
    let name = if message.contains(" authentication attempt by user '")
        && (message.starts_with("Unsuccessful ") || message.starts_with("Successful "))
    {
        "Authelia"
    } else if message.ends_with(')') && message.contains(" (ntfy error ") {
        "ntfy"
    } else {
        return;
    };
    event.set_if_absent(Path::METADATA_PRODUCT_NAME, name);
}

fn walk<'a>(
    view: View<'_, 'a>,
    parent: &str,
    depth: usize,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
    guess: &mut Guess,
    leaves: &mut usize,
) {
    for (key, value) in view.members() {
        if value.is_object() && depth < DEPTH_MAX {
            walk(value, key, depth + 1, cx, event, guess, leaves);
            continue;
        }
        *leaves += 1;
        if *leaves > LEAVES_MAX {
            return;
        }
        // `[{"key": "login", "value": "x"}]` is an object written as a list.
        if value.is_array() && value.items().next().and_then(pair).is_some() && depth < DEPTH_MAX {
            for (key, value) in value.items().filter_map(pair).take(PAIRS_MAX) {
                match value.is_object() {
                    true => walk(value, key, depth + 1, cx, event, guess, leaves),
                    false => offer(named("", key, depth), value, cx, event, guess),
                }
            }
            continue;
        }
        let first = if value.is_array() { value.items().next() } else { Some(value) };
        if let Some(first) = first {
            offer(named(parent, key, depth), first, cx, event, guess);
        }
    }
}

/// Items of a list of pairs that are looked at.
const PAIRS_MAX: usize = 64;

fn pair<'t, 'a>(item: View<'t, 'a>) -> Option<(&'a str, View<'t, 'a>)> {
    Some((item.get("key")?.str()?, item.get("value")?))
}

fn offer<'a>(
    known: Option<(Target, u8)>,
    value: View<'_, 'a>,
    cx: &Cx<'a>,
    event: &mut Event<'a>,
    guess: &mut Guess,
) {
    if let Some((target, rank)) = known.filter(|_| !value.is_null())
        && let Some(text) = text_of(value, cx)
    {
        guess.offer(event, cx, target, rank, text);
    }
}

/// What a key tells: with its parent's name (`user.name`), else by itself.
fn named(parent: &str, key: &str, depth: usize) -> Option<(Target, u8)> {
    if parent.is_empty() {
        return alias(key);
    }
    let mut joined = [0; 64];
    let length = parent.len() + key.len();
    if length <= joined.len() {
        joined[..parent.len()].copy_from_slice(parent.as_bytes());
        joined[parent.len()..length].copy_from_slice(key.as_bytes());
        let both = std::str::from_utf8(&joined[..length]).ok().and_then(alias);
        if let Some((target, rank)) = both {
            return Some((target, rank + 1));
        }
    }
    // A name of its own says less the deeper it stands.
    alias(key).map(|(target, rank)| (target, rank + 2 * depth.min(20) as u8))
}
