//! Threads that take pieces of a stream by turns, and whose results come out in order.
//!
//! A [`Source`] fills one numbered piece at a time, whichever thread asks; [`run`] hands what each
//! thread made of its piece to a [`Sink`] in the order of the numbers. A thread that is far ahead
//! waits, so that what is held back stays small; the first failure of any thread ends them all.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// More threads than this would wait for their turn to read.
pub const THREADS_MAX: usize = 64;

/// How many finished pieces a thread may be ahead of the slowest, for each thread.
const AHEAD_MAX: usize = 4;

/// Where pieces come from.
pub trait Source: Send {
    /// A piece; its memory is used again.
    type Piece: Default;
    /// Why there is none.
    type Error;

    /// Fills `piece` with what comes next; `false` at the end.
    fn fill(&mut self, piece: &mut Self::Piece) -> Result<bool, Self::Error>;
}

/// Where results go.
pub trait Sink: Send {
    /// What was made of a piece.
    type Done: Send;
    /// Why it cannot be taken.
    type Error: Send;

    /// Takes the result of the next piece.
    fn take(&mut self, done: Self::Done) -> Result<(), Self::Error>;
}

/// The number of threads to use: as asked for, or as many as there are cores.
pub fn threads(asked: Option<NonZero<usize>>) -> usize {
    let threads = asked.or_else(|| thread::available_parallelism().ok());
    threads.map_or(1, NonZero::get).min(THREADS_MAX)
}

/// Makes something of every piece of `source`, on `threads` threads, and hands it to `sink` in
/// order. `worker` is called once on each thread and makes what works there.
///
/// # Panics
/// When a worker does.
pub fn run<S, K, W, E>(
    threads: usize,
    source: S,
    sink: &mut K,
    worker: impl Fn() -> W + Sync,
) -> Result<(), E>
where
    S: Source<Error = E>,
    K: Sink<Error = E>,
    W: FnMut(&mut S::Piece) -> K::Done,
    E: Send,
{
    let source = Mutex::new((source, 0));
    let state = State { sink, next: 0, held: BTreeMap::new(), failed: None, broken: false };
    let output =
        Output { state: Mutex::new(state), moved: Condvar::new(), held_max: threads * AHEAD_MAX };
    let work = || output.keep(work(&source, &output, worker()));
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let state = output.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    state.failed.map_or(Ok(()), Err)
}

/// One thread's way: piece after piece, until the source or the sink has ended.
fn work<S, K, E>(
    source: &Mutex<(S, u64)>,
    output: &Output<'_, K>,
    mut make: impl FnMut(&mut S::Piece) -> K::Done,
) -> Result<(), E>
where
    S: Source<Error = E>,
    K: Sink<Error = E>,
{
    let _guard = Guard(output);
    let mut piece = S::Piece::default();
    loop {
        let number = {
            let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
            if !source.0.fill(&mut piece)? {
                return Ok(());
            }
            source.1 += 1;
            source.1 - 1
        };
        if !output.put(number, make(&mut piece))? {
            return Ok(());
        }
    }
}

/// The results that wait for an earlier one.
struct Output<'k, K: Sink> {
    state: Mutex<State<'k, K>>,
    moved: Condvar,
    held_max: usize,
}

struct State<'k, K: Sink> {
    sink: &'k mut K,
    next: u64,
    held: BTreeMap<u64, K::Done>,
    /// The first failure of any thread, which ends them all.
    failed: Option<K::Error>,
    /// Whether a piece was lost, with its thread or on its way into the sink.
    broken: bool,
}

impl<K: Sink> State<'_, K> {
    fn ended(&self) -> bool {
        self.broken || self.failed.is_some()
    }
}

impl<'k, K: Sink> Output<'k, K> {
    fn lock(&self) -> MutexGuard<'_, State<'k, K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what came of piece `number` and hands on what is next in order. `false` where there
    /// is no use in going on.
    fn put(&self, number: u64, done: K::Done) -> Result<bool, K::Error> {
        let mut state = self.lock();
        state.held.insert(number, done);
        loop {
            let next = state.next;
            let Some(done) = state.held.remove(&next) else { break };
            state.next += 1;
            let taken = state.sink.take(done);
            self.moved.notify_all();
            if taken.is_err() {
                state.broken = true;
                return taken.map(|()| false);
            }
        }
        while state.held.len() > self.held_max && !state.ended() {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(!state.ended())
    }

    /// Keeps the first failure and ends all threads by it.
    fn keep(&self, outcome: Result<(), K::Error>) {
        if let Err(error) = outcome {
            self.lock().failed.get_or_insert(error);
            self.moved.notify_all();
        }
    }
}

/// Tells the others when a thread is lost in a panic, for whose piece they would wait for ever.
struct Guard<'a, 'k, K: Sink>(&'a Output<'k, K>);

impl<K: Sink> Drop for Guard<'_, '_, K> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().broken = true;
            self.0.moved.notify_all();
        }
    }
}

#[cfg(test)]
mod tests;
