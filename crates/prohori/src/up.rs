//! `prohori up`: a whole SOC on one machine, started in order, kept alive, ended in order.

mod children;
mod layout;
mod parts;
mod ports;
pub(crate) mod ready;
mod screen;
mod state;
mod story;

use crate::cli;
use anyhow::{Context as _, bail};
use children::{Children, Note, Spec};
use layout::Layout;
use parts::{Part, Parts};
use screen::{Screen, Step};
use service::Shutdown;
use state::State;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use story::Story;

/// How long one part may take until it is ready; a cold disk and a busy machine included.
const READY_DEADLINE: Duration = Duration::from_secs(120);
/// A part that died this often before it was ready will not be ready.
const DEATHS_MAX: u32 = 3;
/// Pause between two looks at a part that starts.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Lines of a log that are shown when its program does not start.
const TAIL_LINES: usize = 8;
/// How long the demo waits for its first alert before it says that there is none.
const FIRST_ALERT_DEADLINE: Duration = Duration::from_secs(90);

/// A running stack.
struct Stack {
    screen: Screen,
    layout: Layout,
    parts: Parts,
    children: Children,
    notes: Receiver<Note>,
    state: State,
    shutdown: Shutdown,
    /// The backup that is brought back before the services begin.
    restore: Option<std::path::PathBuf>,
}

/// Runs until Ctrl-C or SIGTERM.
pub(crate) fn run(args: &cli::Up) -> anyhow::Result<()> {
    let screen = Screen::new();
    let layout = Layout::open(&args.data)?;
    layout.remove_state();
    let parts = Parts::plan(args, &layout)?;
    let shutdown = Shutdown::new();
    crate::services::end_on_signals(&shutdown)?;
    screen.say(&format!("Prohori: starting on this machine, data in {}", args.data.display()));
    let (children, notes) = Children::new();
    let state = State::new(&parts);
    let restore = args.restore.clone();
    let mut stack = Stack { screen, layout, parts, children, notes, state, shutdown, restore };
    let outcome = stack.start().and_then(|()| stack.serve(args.demo));
    let stopped = stack.stop();
    outcome.and(stopped)
}

impl Stack {
    fn start(&mut self) -> anyhow::Result<()> {
        for part in self.parts.backing() {
            self.bring_up(&part)?;
        }
        if self.shutdown.has_begun() {
            return Ok(());
        }
        let step = self.screen.step("making topics");
        self.parts.make_topics()?;
        step.done("done");
        if let Some(from) = &self.restore {
            crate::backup::bring_back(&self.layout.path("config"), from)
                .context("cannot restore")?;
        }
        for part in self.parts.services() {
            self.bring_up(&part)?;
        }
        Ok(())
    }

    /// Starts one part and waits until it is ready.
    fn bring_up(&mut self, part: &Part) -> anyhow::Result<()> {
        if self.shutdown.has_begun() {
            return Ok(());
        }
        let log = self.layout.path(&format!("log/{}.log", part.name));
        self.children
            .start(Spec {
                name: part.name.clone(),
                program: part.program.clone(),
                args: part.args.clone(),
                log: log.clone(),
            })
            .with_context(|| format!("cannot start {}", part.name))?;
        let began = Instant::now();
        let mut deaths = 0;
        let screen = Screen::new();
        let step = screen.step(format!("starting {}", part.what));
        while !self.shutdown.has_begun() {
            let missing = match part.check.ask() {
                Ok(()) => {
                    step.done("ready");
                    return Ok(());
                }
                Err(missing) => missing,
            };
            step.tick(&missing);
            while let Ok(note) = self.notes.recv_timeout(LOOK_AGAIN) {
                deaths += u32::from(matches!(&note, Note::Died { name, .. } if *name == part.name));
                self.state.note(&note, &self.layout);
            }
            if deaths >= DEATHS_MAX || began.elapsed() > READY_DEADLINE {
                bail!("{} does not start: {missing}\n{}", part.what, tail(&log));
            }
        }
        drop::<Step<'_>>(step);
        Ok(())
    }

    /// Says that all is up, replays the story if asked to, and supervises until the end.
    fn serve(&mut self, demo: bool) -> anyhow::Result<()> {
        if self.shutdown.has_begun() {
            return Ok(());
        }
        self.state.ready(&self.layout);
        let url = self.parts.dashboard_url();
        let token = self.parts.one_time_login(&self.layout)?;
        let teller = demo.then(|| self.tell_story()).transpose()?;
        self.screen.say("");
        self.screen.say(&format!("  Dashboard        {url}"));
        self.screen.say(&format!("  One-time login   {url}/login#token={token}"));
        self.screen.say("                   (good for 15 minutes; set a password once you are in)");
        self.screen.say("  Stop             Ctrl-C");
        self.screen.say("");
        let mut first_alert = demo.then(Instant::now);
        while !self.shutdown.has_begun() {
            match self.notes.recv_timeout(LOOK_AGAIN) {
                Ok(note) => self.tell(&note),
                Err(RecvTimeoutError::Timeout) => self.watch_for_alert(&mut first_alert),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Some(teller) = teller {
            let _ = teller.join();
        }
        Ok(())
    }

    /// Replays the story from a thread of its own.
    fn tell_story(&self) -> anyhow::Result<std::thread::JoinHandle<()>> {
        let (folder, shutdown) = (self.layout.path("in/demo"), self.shutdown.clone());
        let story = Story::new();
        self.screen.say(&format!("  replaying an attack of {} log lines", story.len()));
        let thread = std::thread::Builder::new().name("story".into()).spawn(move || {
            let wait = |due: Duration| {
                let until = Instant::now() + due;
                while Instant::now() < until && !shutdown.has_begun() {
                    std::thread::sleep(LOOK_AGAIN.min(due));
                }
                !shutdown.has_begun()
            };
            match story.replay(&folder, jiff::Timestamp::now(), wait) {
                Ok(lines) => Screen::new().say(&format!("  {lines} lines of the attack replayed")),
                Err(error) => Screen::new().say(&format!("  cannot replay the attack: {error}")),
            }
        })?;
        Ok(thread)
    }

    /// Says once when the first alert can be seen, or that it stays away.
    fn watch_for_alert(&self, since: &mut Option<Instant>) {
        let Some(began) = *since else { return };
        let seconds = began.elapsed().as_secs();
        match self.parts.alerts() {
            Some(alerts) if alerts > 0 => {
                self.screen.say(&format!("  the first alert is in the queue after {seconds} s"));
            }
            _ if began.elapsed() > FIRST_ALERT_DEADLINE => self.screen.say(&format!(
                "  no alert after {seconds} s: look into {}",
                self.layout.path("log").display()
            )),
            _ => return,
        }
        *since = None;
    }

    fn tell(&mut self, note: &Note) {
        match note {
            Note::Died { name, status } if !self.shutdown.has_begun() => {
                self.screen.say(&format!("  {name} died ({status}); starting it again"));
            }
            Note::Started { name, pid, restarts } if *restarts > 0 => {
                self.screen.say(&format!("  {name} runs again as process {pid}"));
            }
            _ => {}
        }
        self.state.note(note, &self.layout);
    }

    fn stop(self) -> anyhow::Result<()> {
        let step = self.screen.step("stopping");
        let killed = self.children.stop();
        self.layout.remove_state();
        if killed.is_empty() {
            step.done("everything has ended");
            return Ok(());
        }
        bail!("had to be killed, as they did not end in time: {}", killed.join(", "))
    }
}

/// The end of a log, indented.
fn tail(log: &std::path::Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let end: Vec<String> = lines
        .iter()
        .skip(lines.len().saturating_sub(TAIL_LINES))
        .map(|l| format!("  {l}"))
        .collect();
    format!("the end of {}:\n{}", log.display(), end.join("\n"))
}
