//! Whether any event can fulfil a condition, or any fail to.
//!
//! A search over what each field may be: absent, one of the values that the rule names, or something
//! else. It errs on one side only: of something else, it takes any combination of patterns to be
//! possible, so what it calls impossible is. A field that holds a list is more than one of these at
//! once, which the message says.

use crate::formula::{Atoms, Formula, Group};
use sigma::{Detection, Matcher, Part, Value};
use std::collections::HashMap;

/// How many atoms are looked at before the search gives up, which it then does without a finding.
const WORK_MAX: usize = 3_000_000;
/// How deep the search goes: one step for each field or free pattern that is decided.
const DEPTH_MAX: usize = 200;

/// What is certain about a rule's condition.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Truth {
    /// No event fulfils the condition.
    pub(crate) never: bool,
    /// Every event fulfils it.
    pub(crate) always: bool,
    /// Selections that no event fulfils, by index.
    pub(crate) empty: Vec<usize>,
}

/// Fields of which every value is known, by Sigma name, such as the event ids of a log source.
pub(crate) type Domains = HashMap<String, Vec<String>>;

/// Looks at a rule's condition, and at each selection by itself.
pub(crate) fn truth(detection: &Detection, domains: &Domains) -> Truth {
    let mut atoms = Atoms::default();
    let selections = atoms.selections(detection);
    let whole = Formula::condition(&detection.condition, &selections);
    let possible = |formula: &Formula| {
        let decided = vec![false; atoms.groups.len()];
        let mut search = Search { atoms: &atoms, domains, decided, work: WORK_MAX };
        search.possible(formula, &mut vec![None; atoms.matchers.len()], 0)
    };
    if !possible(&whole) {
        return Truth { never: true, ..Truth::default() };
    }
    let empty = selections.iter().enumerate().filter(|(_, selection)| !possible(selection));
    let empty = empty.map(|(index, _)| index).collect();
    Truth { never: false, always: !possible(&Formula::Not(Box::new(whole))), empty }
}

struct Search<'a> {
    atoms: &'a Atoms<'a>,
    domains: &'a Domains,
    /// By group: whether it is settled what the field is.
    decided: Vec<bool>,
    work: usize,
}

/// One way in which a field may be.
enum World {
    /// It has this value.
    Value(String),
    /// It is not there.
    Absent,
    /// It has some value that the rule does not name.
    Other,
}

impl Search<'_> {
    /// Whether some event makes `formula` true; true as well where it cannot be told.
    fn possible(&mut self, formula: &Formula, values: &mut [Option<bool>], depth: usize) -> bool {
        self.work = self.work.saturating_sub(values.len() + 1);
        if self.work == 0 || depth > DEPTH_MAX {
            return true;
        }
        let mut undecided = None;
        let Some(atom) = (match formula.value(values, &mut undecided) {
            Some(value) => return value,
            None => undecided,
        }) else {
            return true;
        };
        let number = self.atoms.group_of[atom];
        let group = &self.atoms.groups[number];
        if self.decided[number] || group.field.is_none() {
            // A pattern of a field whose value is none of those that are named, or a keyword.
            return [true, false].into_iter().any(|value| {
                values[atom] = Some(value);
                let possible = self.possible(formula, values, depth + 1);
                values[atom] = None;
                possible
            });
        }
        self.decided[number] = true;
        let possible = self.worlds(group).into_iter().any(|world| {
            self.enter(group, &world, values);
            self.possible(formula, values, depth + 1)
        });
        self.decided[number] = false;
        for atom in &group.atoms {
            values[*atom] = None;
        }
        possible
    }

    /// The ways in which a field may be.
    fn worlds(&self, group: &Group) -> Vec<World> {
        let domain = group.field.as_ref().and_then(|field| self.domains.get(field));
        if let Some(domain) = domain {
            return domain.iter().cloned().map(World::Value).collect();
        }
        let named = group.atoms.iter().filter_map(|atom| named(self.atoms.matchers[*atom]));
        let mut worlds: Vec<World> = named.map(World::Value).collect();
        worlds.push(World::Other);
        worlds.push(World::Absent);
        worlds
    }

    /// Decides a field's atoms.
    fn enter(&mut self, group: &Group, world: &World, values: &mut [Option<bool>]) {
        self.work = self.work.saturating_sub(group.atoms.len());
        for atom in &group.atoms {
            let matcher = self.atoms.matchers[*atom];
            values[*atom] = match (world, matcher) {
                (World::Absent, Matcher::Null | Matcher::Exists(false)) => Some(true),
                (World::Absent, _) => Some(false),
                (_, Matcher::Null | Matcher::Exists(false)) => Some(false),
                (_, Matcher::Exists(true)) => Some(true),
                (_, Matcher::Reference { .. }) => None,
                (World::Value(value), matcher) => Some(matches(matcher, value)),
                (World::Other, matcher) if named(matcher).is_some() => Some(false),
                (World::Other, _) => None,
            };
        }
    }
}

/// The only value that fulfils a matcher, if there is one; in one of its forms.
fn named(matcher: &Matcher) -> Option<String> {
    match matcher {
        Matcher::Text { pattern, .. } => {
            let parts = pattern.parts();
            match parts {
                [] => Some(String::new()),
                [Part::Text(text)] => Some(text.clone()),
                _ => None,
            }
        }
        Matcher::Equals(_, written) => Some(written.clone()),
        _ => None,
    }
}

/// A value from a rule may stand in an event as text or as a number.
fn matches(matcher: &Matcher, value: &str) -> bool {
    matcher.matches(Value::Text(value)) || matcher.matches(Value::Number(value))
}
