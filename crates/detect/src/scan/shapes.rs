//! The texts between the values of events, as chains of steps that branch where events differ.
//!
//! Between two scalars of an event lies its glue: keys, colons, commas, brackets. A step of a chain
//! is a glue and the path of the scalar after it. Where the event has the same glue and a scalar
//! after it, the general reader would have read the same scalars at the same paths, as it has no
//! state but the bytes it has passed and those are equal.
//!
//! The steps of a chain lie side by side, and so do their glues, in the order in which they are
//! compared: with thousands of kinds of events the memory's latency is what reading costs. A step
//! that does not fit names another to try, which begins a chain of its own.

use super::{Capture, Mark, MarkKind, NO_PATH, Seen};
use crate::bytes::same32;
use crate::token::{Kind, leaf};

/// How many steps may be known, about 60 bytes each with their glue; then all are forgotten.
const STEPS_MAX: usize = 200_000;
/// How many bytes all glues may have, which ends in the same way.
const TEXT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How many steps may be tried at one place: beyond that, comparing them one by one costs more than
/// the general reader.
const OTHERS_MAX: usize = 64;
/// The longest glue, in bytes: events of one kind have short ones.
const GLUE_BYTES_MAX: usize = 4096;
/// How many scalars an event may have to be remembered: larger ones are lists, each of its length.
const SCALARS_MAX: usize = 2000;
/// Glues are compared in one go if they are no longer than this.
const AT_ONCE: usize = 32;
/// In place of a path: the event ends here.
const END: u32 = NO_PATH - 1;
/// No step, no mark.
const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Step {
    /// Where its glue lies in the text of all glues.
    start: u32,
    length: u32,
    /// Where the scalar after the glue belongs.
    path: u32,
    /// The first of its marks.
    marks: u32,
    /// What to try where this does not fit.
    other: u32,
}

/// What begins, ends or is empty within a glue.
#[derive(Debug, Clone, Copy)]
struct StepMark {
    /// From the glue's start.
    offset: u32,
    path: u32,
    kind: MarkKind,
    /// Whether another follows.
    more: bool,
}

/// The known chains.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    steps: Vec<Step>,
    /// All glues, and at the end as many zeros as are compared at once.
    text: Vec<u8>,
    marks: Vec<StepMark>,
    /// Where objects have begun that are wanted, while an event is read.
    open: Vec<u32>,
}

/// An event to be learned: its text, its scalars, and where wanted objects and empty lists lie.
#[derive(Clone, Copy)]
pub(crate) struct Lesson<'a> {
    pub(crate) event: &'a [u8],
    pub(crate) seen: &'a [Seen],
    pub(crate) marks: &'a [Mark],
}

/// A step to be learned.
struct Part<'a> {
    /// Where the glue begins in the event.
    begin: u32,
    glue: &'a [u8],
    path: u32,
    marks: &'a [Mark],
}

impl Lesson<'_> {
    /// Its glues, with what follows each and the marks in it.
    fn steps(&self) -> impl Iterator<Item = Part<'_>> {
        let (mut at, mut marks) = (0, self.marks);
        let end = Seen { path: END, start: self.event.len() as u32, after: 0 };
        self.seen.iter().copied().chain([end]).map(move |scalar| {
            let glue = &self.event[at as usize..scalar.start as usize];
            let count = marks.iter().take_while(|mark| mark.at <= scalar.start).count();
            let (here, later) = marks.split_at(count);
            let part = Part { begin: at, glue, path: scalar.path, marks: here };
            (at, marks) = (scalar.after, later);
            part
        })
    }
}

impl Shapes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Reads `event` if its shape is known: then `true`, and its wanted values are appended.
    /// Otherwise `captures` is left in any state.
    pub(crate) fn read(&mut self, event: &[u8], captures: &mut Vec<Capture>) -> bool {
        self.open.clear();
        let (mut next, mut at) = (0, 0);
        loop {
            let Some(index) = self.fitting(next, event, at) else { return false };
            let Step { length, path, marks, .. } = self.steps[index];
            if marks != NONE {
                self.note(marks, at, captures);
            }
            if path == END {
                return true;
            }
            let Some(leaf) = leaf(event, at + length as usize) else { return false };
            if path != NO_PATH {
                let (start, end) = (leaf.start as u32, leaf.end as u32);
                captures.push(Capture { path, kind: leaf.kind, start, end });
            }
            at = leaf.after;
            next = index + 1;
        }
    }

    /// The step that fits what the event has from `at` on, of those to try at `next`.
    #[inline]
    fn fitting(&self, mut next: usize, event: &[u8], at: usize) -> Option<usize> {
        while let Some(step) = self.steps.get(next) {
            if self.fits(step, event, at) {
                return Some(next);
            }
            next = step.other as usize;
        }
        None
    }

    #[inline]
    fn fits(&self, step: &Step, event: &[u8], at: usize) -> bool {
        let (start, length) = (step.start as usize, step.length as usize);
        let (Some(rest), Some(glue)) = (event.get(at..), self.text.get(start..)) else {
            return false;
        };
        let same = match (rest.first_chunk::<AT_ONCE>(), glue.first_chunk::<AT_ONCE>()) {
            (Some(rest), Some(glue)) if length < AT_ONCE => {
                (same32(rest, glue) | u32::MAX << length) == u32::MAX
            }
            _ => rest.get(..length) == glue.get(..length),
        };
        // One glue may be the start of another, so what follows must be what followed.
        same && match rest.get(length) {
            Some(byte) => {
                matches!(byte, b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') && step.path != END
            }
            None => step.path == END,
        }
    }

    /// Captures what the marks from `mark` on say, of a glue that begins at `at`.
    fn note(&mut self, mark: u32, at: usize, captures: &mut Vec<Capture>) {
        for mark in &self.marks[mark as usize..] {
            let (here, path) = (at as u32 + mark.offset, mark.path);
            match mark.kind {
                MarkKind::Open => self.open.push(here),
                MarkKind::Close => {
                    let start = self.open.pop().unwrap_or_default();
                    captures.push(Capture { path, kind: Kind::Object, start, end: here });
                }
                MarkKind::Empty => {
                    captures.push(Capture { path, kind: Kind::Null, start: here, end: here });
                }
            }
            if !mark.more {
                return;
            }
        }
    }

    /// Remembers the shape of an event, if that is of use.
    pub(crate) fn learn(&mut self, lesson: Lesson<'_>) {
        let glues = lesson.steps().map(|part| part.glue.len());
        if lesson.seen.len() > SCALARS_MAX || glues.max() > Some(GLUE_BYTES_MAX) {
            return;
        }
        if self.steps.len() > STEPS_MAX || self.text.len() > TEXT_BYTES_MAX {
            *self = Self::new();
        }
        let mut next = 0;
        for (index, part) in lesson.steps().enumerate() {
            match self.known(next, &part) {
                Known::At(found) => next = found + 1,
                Known::After(last) => return self.branch(last, lesson, index),
                Known::TooMany => return,
            }
        }
    }

    /// Looks for a step among those to try at `next`.
    fn known(&self, next: usize, part: &Part<'_>) -> Known {
        let (mut at, mut last) = (next, None);
        for _ in 0..OTHERS_MAX {
            let Some(step) = self.steps.get(at) else { return Known::After(last) };
            let text = &self.text[step.start as usize..][..step.length as usize];
            if text == part.glue && (step.path == END) == (part.path == END) {
                return Known::At(at);
            }
            (last, at) = (Some(at), step.other as usize);
        }
        Known::TooMany
    }

    /// Appends the steps of `lesson` from number `from` on, to be tried after the step `last`.
    fn branch(&mut self, last: Option<usize>, lesson: Lesson<'_>, from: usize) {
        if let Some(last) = last {
            self.steps[last].other = self.steps.len() as u32;
        }
        self.text.truncate(self.text.len().saturating_sub(AT_ONCE));
        for Part { begin, glue, path, marks } in lesson.steps().skip(from) {
            let start = self.text.len() as u32;
            self.text.extend_from_slice(glue);
            let first = if marks.is_empty() { NONE } else { self.marks.len() as u32 };
            self.marks.extend(marks.iter().enumerate().map(|(i, mark)| StepMark {
                offset: mark.at - begin,
                path: mark.path,
                kind: mark.kind,
                more: i + 1 < marks.len(),
            }));
            let length = glue.len() as u32;
            self.steps.push(Step { start, length, path, marks: first, other: NONE });
        }
        self.text.resize(self.text.len() + AT_ONCE, 0);
    }
}

/// What is known at a place of a chain.
enum Known {
    /// This step is.
    At(usize),
    /// It is not; this is the last of those to try.
    After(Option<usize>),
    /// It is not, and there are as many as may be.
    TooMany,
}
