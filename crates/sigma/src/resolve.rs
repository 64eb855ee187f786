//! What the rules of correlations refer to, across all files.

use crate::correlation_condition::unknown_rule;
use crate::error::Fault;
use crate::{Correlation, Error, Named, Problem, Rule};
use std::collections::HashMap;

/// What a correlation refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Member {
    /// A rule, by its index among the rules given.
    Rule(usize),
    /// A correlation, by its index among [`Resolved::correlations`]; it stands before this one.
    Correlation(usize),
}

/// Correlations whose references are all there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Those that can be used; what one refers to stands before it.
    pub correlations: Vec<(Correlation, Vec<Member>)>,
    /// Those that cannot.
    pub errors: Vec<Error>,
}

/// Finds what `correlations` refer to, by id or by name, among `rules` and each other.
///
/// A name that several documents have means the one in the correlation's own file, if one is there.
pub fn resolve<'a>(
    rules: impl IntoIterator<Item = &'a Rule>,
    correlations: Vec<Correlation>,
) -> Resolved {
    let mut names = Names::default();
    for (index, rule) in rules.into_iter().enumerate() {
        names.add(Target::Rule(index), &rule.file, rule.id.as_deref(), rule.name.as_deref());
        names.title(&rule.title, rule.id.as_deref());
    }
    for (index, c) in correlations.iter().enumerate() {
        names.add(Target::Correlation(index), &c.file, c.id.as_deref(), c.name.as_deref());
        names.title(&c.title, c.id.as_deref());
    }
    let mut resolver = Resolver {
        names,
        states: vec![State::New; correlations.len()],
        found: Resolved::default(),
    };
    for index in 0..correlations.len() {
        let mut path = Vec::new();
        resolver.visit(index, &correlations, &mut path);
    }
    resolver.found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Rule(usize),
    Correlation(usize),
}

/// A document under a name.
#[derive(Debug, Clone)]
struct Place {
    target: Target,
    file: String,
    id: Option<String>,
}

#[derive(Default)]
struct Names {
    places: HashMap<String, Vec<Place>>,
    titles: HashMap<String, Option<String>>,
}

impl Names {
    fn add(&mut self, target: Target, file: &str, id: Option<&str>, name: Option<&str>) {
        for key in [id, name].into_iter().flatten() {
            let (file, id) = (file.to_owned(), id.map(str::to_owned));
            self.places.entry(key.to_owned()).or_default().push(Place { target, file, id });
        }
    }

    fn title(&mut self, title: &str, id: Option<&str>) {
        self.titles.entry(title.to_owned()).or_insert_with(|| id.map(str::to_owned));
    }

    fn find(&self, name: &Named, file: &str) -> Result<Target, Fault> {
        let Some(places) = self.places.get(&name.text) else {
            return Err(unknown_rule(name, self.mend(&name.text)));
        };
        if let Some(near) = places.iter().find(|place| place.file == file) {
            return Ok(near.target);
        }
        // The same document may have been read twice, from two folders.
        let first = &places[0];
        let same = |place: &Place| place.id.is_some() && place.id == first.id;
        if places.len() == 1 || places.iter().all(same) {
            return Ok(first.target);
        }
        let files: Vec<&str> = places.iter().map(|place| place.file.as_str()).collect();
        let (name_text, files) = (name.text.clone(), files.join(", "));
        Err((name.at, Problem::Ambiguous { name: name_text, files }))
    }

    fn mend(&self, name: &str) -> String {
        match self.titles.get(name) {
            Some(Some(id)) => format!("that is a title; write the rule's id {id}"),
            Some(None) => "that is a title; give the rule a name and write that".to_owned(),
            None => "write the id or the name of a rule that is loaded".to_owned(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done(usize),
    Refused,
}

struct Resolver {
    names: Names,
    states: Vec<State>,
    found: Resolved,
}

impl Resolver {
    /// Resolves a correlation after those that it refers to; its depth is bounded by the cycle
    /// check and [`CHAIN_MAX`].
    fn visit(&mut self, index: usize, all: &[Correlation], path: &mut Vec<usize>) -> State {
        if self.states[index] != State::New {
            return self.states[index];
        }
        self.states[index] = State::Open;
        path.push(index);
        let state = match self.members(index, all, path) {
            Ok(members) => {
                self.found.correlations.push((all[index].clone(), members));
                State::Done(self.found.correlations.len() - 1)
            }
            Err((at, problem)) => {
                self.found.errors.push(Error { file: all[index].file.clone(), at, problem });
                State::Refused
            }
        };
        path.pop();
        self.states[index] = state;
        state
    }

    fn members(
        &mut self,
        index: usize,
        all: &[Correlation],
        path: &mut Vec<usize>,
    ) -> Result<Vec<Member>, Fault> {
        let correlation = &all[index];
        let mut members = Vec::new();
        for name in &correlation.rules {
            let inner = match self.names.find(name, &correlation.file)? {
                Target::Rule(rule) => {
                    members.push(Member::Rule(rule));
                    continue;
                }
                Target::Correlation(inner) => inner,
            };
            if path.len() >= CHAIN_MAX {
                let (what, mend) = ("the chain of correlations".to_owned(), "make it shorter");
                return Err((name.at, Problem::Limit { what, max: CHAIN_MAX, mend }));
            }
            match self.visit(inner, all, path) {
                State::Done(place) => members.push(Member::Correlation(place)),
                State::Refused => {
                    let mend = "that correlation is refused itself; mend it first".to_owned();
                    return Err(unknown_rule(name, mend));
                }
                State::New | State::Open => {
                    let from = path.iter().position(|step| *step == inner).unwrap_or_default();
                    let names = path[from..].iter().chain([&inner]).map(|step| all[*step].uid());
                    let path = names.collect::<Vec<_>>().join(" -> ");
                    return Err((name.at, Problem::Cycle { path }));
                }
            }
        }
        Ok(members)
    }
}

/// How many correlations may refer to one another in a row.
pub const CHAIN_MAX: usize = 16;
