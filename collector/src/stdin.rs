//! Standard input, line by line.

use crate::Error;
use crate::queue::{Queue, Received, StreamId};
use crate::syslog::now_ms;
use frame::{Frame, Lines};
use model::RAW_BYTES_MAX;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use service::Shutdown;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

/// Bytes read at a time.
const READ_BYTES: usize = 64 * 1024;
/// How often the shutdown is looked for while nothing comes in.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
/// Pause while the queue is full.
const FULL_PAUSE: Duration = Duration::from_millis(5);

/// Reads lines from `input` into `queue` until it ends or the shutdown begins; on a thread of its
/// own. While the queue is full nothing is read.
pub(crate) fn run(
    input: &impl AsFd,
    queue: &Arc<Queue>,
    stream: StreamId,
    shutdown: &Shutdown,
) -> Result<(), Error> {
    let mut lines = Lines::new(RAW_BYTES_MAX);
    let mut buffer = vec![0; READ_BYTES];
    while !shutdown.has_begun() {
        match poll(&mut [PollFd::new(input, PollFlags::IN)], Some(&LOOK)) {
            Ok(0) | Err(Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(Error::Stdin(error.into())),
        }
        let bytes = match rustix::io::read(input, &mut buffer) {
            Ok(0) => break,
            Ok(bytes) => bytes,
            Err(Errno::INTR | Errno::AGAIN) => continue,
            Err(error) => return Err(Error::Stdin(error.into())),
        };
        let mut rest = &buffer[..bytes];
        while let Some(frame) = lines.next(&mut rest) {
            push(queue, stream, &frame, shutdown);
        }
        queue.flush(stream);
    }
    if let Some(frame) = lines.finish() {
        push(queue, stream, &frame, shutdown);
    }
    queue.flush(stream);
    Ok(())
}

fn push(queue: &Queue, stream: StreamId, frame: &Frame<'_>, shutdown: &Shutdown) {
    let received =
        Received { bytes: frame.bytes, cut: frame.cut, sender: None, collected_ms: now_ms() };
    while queue.push(stream, &[received]) == 0 && !shutdown.has_begun() {
        queue.flush(stream);
        std::thread::sleep(FULL_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::testing;

    #[test]
    fn lines_come_through_and_the_last_one_too() {
        let (_dir, queue, stream) = testing::queue("stdin");
        let (read, write) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut &write, b"one\n\ntwo\nlast").unwrap();
        drop(write);
        run(&read, &queue, stream, &Shutdown::new()).unwrap();
        assert_eq!(queue.left(), (3, 0));
    }

    #[test]
    fn the_shutdown_ends_an_input_that_does_not() {
        let (_dir, queue, stream) = testing::queue("stdin");
        let (read, _write) = std::io::pipe().unwrap();
        let shutdown = Shutdown::new();
        shutdown.begin();
        run(&read, &queue, stream, &shutdown).unwrap();
        assert!(queue.is_empty());
    }
}
