//! JSON of a product that no table knows: read by the names of its keys.

use super::{View, keep_all, text_of};
use crate::words::{Guess, Target, alias};
use crate::{Cx, generic};
use ocsf::Event;

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
    let said = event.message.filter(|_| !guess.known(Target::Src) || !guess.known(Target::User));
    match said {
        Some(message) => generic::read(message, cx, event, &mut guess),
        _ => super::settle_guess(event, &guess, false),
    }
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
        let first = if value.is_array() { value.items().next() } else { Some(value) };
        let known = named(parent, key, depth);
        if let Some(((target, rank), value)) = known.zip(first.filter(|v| !v.is_null()))
            && let Some(text) = text_of(value, cx)
        {
            guess.offer(event, cx, target, rank, text);
        }
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
