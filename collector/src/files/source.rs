//! The bytes of a file, as they lie there or unpacked.

use super::prefix::PREFIX_BYTES_MAX;
use flate2::read::MultiGzDecoder;
use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read, Seek as _, SeekFrom};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Bytes before the place of the last read that can be read again without unpacking from the
/// beginning.
const BACK_BYTES: usize = 4096;
/// Bytes unpacked at a time while they are passed over.
const SKIP_BYTES: usize = 64 * 1024;

/// An open file.
pub(crate) struct Source {
    file: File,
    unpacker: Option<Unpacker>,
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
}

/// Reads what is packed from its beginning, as often as need be.
struct Unpacker {
    packing: Packing,
    reader: Option<Box<dyn Read + Send>>,
    /// How many bytes were unpacked, and the last of them.
    at: u64,
    back: Vec<u8>,
    /// The first bytes.
    start: Vec<u8>,
    /// The packed file's size when its end was reached.
    ended_at: Option<u64>,
}

/// Whether the file at `path` is packed, by its name.
pub(crate) fn is_packed(path: &Path) -> bool {
    packing(path).is_some()
}

fn packing(path: &Path) -> Option<Packing> {
    let extension = path.extension()?;
    match extension.to_str()? {
        "gz" => Some(Packing::Gzip),
        "zst" => Some(Packing::Zstd),
        _ => None,
    }
}

impl Source {
    /// Opens a regular file without waiting, whatever it has become since it was looked at.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        let flags = flags.bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        let unpacker = packing(path).map(|packing| Unpacker {
            packing,
            reader: None,
            at: 0,
            back: Vec::new(),
            start: Vec::new(),
            ended_at: None,
        });
        Ok(Self { file, unpacker })
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    pub(crate) fn is_packed(&self) -> bool {
        self.unpacker.is_some()
    }

    /// Whether all of a packed file of `size` bytes was unpacked, as far as it can be.
    pub(crate) fn ended_at(&self, size: u64) -> bool {
        self.unpacker.as_ref().is_some_and(|unpacker| unpacker.ended_at == Some(size))
    }

    /// The first bytes, as many as make a fingerprint.
    pub(crate) fn start(&mut self) -> io::Result<Vec<u8>> {
        let mut start = vec![0; PREFIX_BYTES_MAX];
        let got = self.read(&mut start, 0)?;
        start.truncate(got);
        Ok(start)
    }

    /// Reads from byte `from` on until `buffer` is full or the file ends.
    pub(crate) fn read(&mut self, buffer: &mut [u8], from: u64) -> io::Result<usize> {
        match &mut self.unpacker {
            None => read_full(buffer, |rest, got| self.file.read_at(rest, from + got)),
            Some(unpacker) => unpacker.read(&self.file, buffer, from),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}, packed: {}", self.file, self.is_packed())
    }
}

impl AsRawFd for Source {
    fn as_raw_fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

impl Unpacker {
    fn read(&mut self, file: &File, buffer: &mut [u8], from: u64) -> io::Result<usize> {
        if from == 0 && buffer.len() <= self.start.len() {
            buffer.copy_from_slice(&self.start[..buffer.len()]);
            return Ok(buffer.len());
        }
        let size = file.metadata()?.len();
        if self.ended_at == Some(size) && from >= self.at {
            return Ok(0);
        }
        let behind = self.at.saturating_sub(from) as usize;
        if from > self.at || behind > self.back.len() || self.reader.is_none() {
            self.skip_to(file, from)?;
        }
        let behind = (self.at.saturating_sub(from) as usize).min(buffer.len());
        let kept = self.back.len() - (self.at.saturating_sub(from) as usize).min(self.back.len());
        buffer[..behind].copy_from_slice(&self.back[kept..kept + behind]);
        if self.at < from {
            // It ends before that place.
            return Ok(0);
        }
        Ok(behind + self.unpack(size, &mut buffer[behind..])?)
    }

    /// Unpacks up to byte `to`, from the beginning if need be.
    fn skip_to(&mut self, file: &File, to: u64) -> io::Result<()> {
        let size = file.metadata()?.len();
        if self.reader.is_none() || to < self.at {
            let mut packed = file.try_clone()?;
            packed.seek(SeekFrom::Start(0))?;
            self.reader = Some(match self.packing {
                Packing::Gzip => Box::new(MultiGzDecoder::new(BufReader::new(packed))),
                Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(packed)?),
            });
            (self.at, self.ended_at) = (0, None);
            self.back.clear();
        }
        let mut passed = vec![0; SKIP_BYTES];
        while self.at < to {
            let wanted = passed.len().min((to - self.at) as usize);
            if self.unpack(size, &mut passed[..wanted])? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Unpacks what follows. A file that ends in the middle is still being written: what there is
    /// of it is read, and when it has grown it is unpacked anew.
    fn unpack(&mut self, size: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(reader) = &mut self.reader else { return Ok(0) };
        let mut is_torn = false;
        let got = read_full(buffer, |rest, _| match reader.read(rest) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                is_torn = true;
                Ok(0)
            }
            read => read,
        })?;
        let read = &buffer[..got];
        let room = PREFIX_BYTES_MAX.saturating_sub(self.start.len());
        if self.at == self.start.len() as u64 {
            self.start.extend_from_slice(&read[..room.min(got)]);
        }
        self.at += got as u64;
        self.back.extend_from_slice(&read[got.saturating_sub(BACK_BYTES)..]);
        self.back.drain(..self.back.len().saturating_sub(BACK_BYTES));
        if got < buffer.len() {
            self.ended_at = Some(size);
        }
        if is_torn {
            self.reader = None;
        }
        Ok(got)
    }
}

fn read_full(
    buffer: &mut [u8],
    mut read: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match read(&mut buffer[got..], got as u64) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    pub(super) fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn packed_bytes_are_read_at_any_place_in_any_order() {
        let dir = tempfile::tempdir().unwrap();
        let text: Vec<u8> = (0..200_000_u32).flat_map(|n| n.to_le_bytes()).collect();
        let half = text.len() / 2;
        // Two members, as `gzip >>` makes them.
        let gz = [gzip(&text[..half]), gzip(&text[half..])].concat();
        let zst = zstd::encode_all(&text[..], 1).unwrap();
        for (name, packed) in [("a.gz", gz), ("a.zst", zst)] {
            let path = dir.path().join(name);
            std::fs::write(&path, &packed).unwrap();
            let mut source = Source::open(&path).unwrap();
            let mut buffer = vec![0; 5000];
            for from in [0, 4990, 4980, 100, half - 3, text.len() - 10, text.len() + 5, 0] {
                let got = source.read(&mut buffer, from as u64).unwrap();
                let expected = text.get(from..).unwrap_or_default();
                let expected = &expected[..expected.len().min(5000)];
                assert_eq!((got, &buffer[..got]), (expected.len(), expected), "{name} {from}");
            }
            assert_eq!(source.start().unwrap(), text[..PREFIX_BYTES_MAX]);

            // While it is written: what there is, then all of it.
            std::fs::write(&path, &packed[..packed.len() / 3]).unwrap();
            let mut source = Source::open(&path).unwrap();
            let mut whole = vec![0; text.len() + 1];
            let got = source.read(&mut whole, 0).unwrap();
            assert!(got < text.len() && whole[..got] == text[..got], "{name}");
            assert!(source.ended_at(packed.len() as u64 / 3));
            std::fs::write(&path, &packed).unwrap();
            assert_eq!(source.read(&mut whole, got as u64).unwrap(), text.len() - got);
        }
    }

    #[test]
    fn what_is_no_packed_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.gz", "a.zst"] {
            let path = dir.path().join(name);
            std::fs::write(&path, "this is not packed at all, whatever it is called").unwrap();
            assert!(Source::open(&path).unwrap().start().is_err(), "{name}");
        }
    }
}
