//! What a person sees while the stack starts: one line a step, with the time it took.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// The width to which the name of a step is filled up.
const NAME_WIDTH: usize = 58;
/// Shorter steps show no clock.
const CLOCK_AFTER: Duration = Duration::from_secs(1);

/// Standard output, with lines that are rewritten while a step runs if it is a terminal.
pub(crate) struct Screen {
    terminal: bool,
}

/// A step that has begun.
pub(crate) struct Step<'a> {
    screen: &'a Screen,
    name: String,
    began: Instant,
}

impl Screen {
    /// Looks whether standard output is a terminal.
    pub(crate) fn new() -> Self {
        Self { terminal: io::stdout().is_terminal() }
    }

    /// A line of its own.
    pub(crate) fn say(&self, text: &str) {
        // Nobody reads a closed standard output; the work goes on.
        let _ = writeln!(io::stdout(), "{text}");
    }

    /// Begins a step.
    pub(crate) fn step(&self, name: impl Into<String>) -> Step<'_> {
        Step { screen: self, name: name.into(), began: Instant::now() }
    }

    fn rewrite(&self, text: &str) {
        if self.terminal {
            let mut out = io::stdout();
            let _ = write!(out, "\r  {text}\u{1b}[K").and_then(|()| out.flush());
        }
    }
}

impl Step<'_> {
    /// Shows that time passes, and what is being waited for.
    pub(crate) fn tick(&self, detail: &str) {
        let passed = self.began.elapsed();
        if passed >= CLOCK_AFTER {
            let (name, seconds) = (&self.name, passed.as_secs());
            self.screen.rewrite(&format!("{name:<NAME_WIDTH$} {seconds:>4} s  {detail:.40}"));
        }
    }

    /// The step is done.
    pub(crate) fn done(self, detail: &str) {
        let (name, seconds) = (&self.name, self.began.elapsed().as_secs_f32());
        self.screen.rewrite("");
        let start = if self.screen.terminal { "\r" } else { "" };
        self.screen.say(&format!("{start}  {name:<NAME_WIDTH$} {detail}, {seconds:.1} s"));
    }
}
