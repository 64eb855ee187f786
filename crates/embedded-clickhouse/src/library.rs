//! Whether the engine's library is the pinned one.

use crate::Error;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Read size: large enough to hash half a gigabyte with few calls.
const READ_BYTES: usize = 1 << 20;

/// Checks `library` against `expected` (64 hexadecimal digits). The library has half a gigabyte
/// and takes seconds to hash, so the sum is kept in `cache` beside the file's identity and is
/// computed again only for another file, size, inode or time.
pub(crate) fn verify(library: &Path, expected: &str, cache: &Path) -> Result<(), Error> {
    let read = |source| Error::LibraryRead { path: library.into(), source };
    let mut file = File::open(library).map_err(read)?;
    let identity = identity(&file, library).map_err(read)?;
    let known = std::fs::read_to_string(cache).ok();
    let known = known.as_deref().and_then(|known| known.trim_end().split_once(' '));
    let found = match known {
        Some((sum, of)) if of == identity => sum.to_owned(),
        _ => sum(&mut file).map_err(read)?,
    };
    if !found.eq_ignore_ascii_case(expected) {
        let (path, expected) = (library.into(), expected.to_owned());
        return Err(Error::LibraryChecksum { path, expected, found });
    }
    std::fs::write(cache, format!("{found} {identity}\n"))
        .map_err(|source| Error::Data { path: cache.into(), source })
}

fn identity(file: &File, path: &Path) -> std::io::Result<String> {
    let meta = file.metadata()?;
    let path = path.canonicalize()?;
    let (inode, size) = (meta.ino(), meta.size());
    let (mtime, ctime) = (meta.mtime_nsec(), meta.ctime_nsec());
    let seconds = (meta.mtime(), meta.ctime());
    Ok(format!("{inode} {size} {}.{mtime} {}.{ctime} {path:?}", seconds.0, seconds.1))
}

fn sum(file: &mut File) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_sum_is_checked_and_remembered_for_this_very_file() {
        let folder = tempfile::tempdir().unwrap();
        let (library, cache) = (folder.path().join("lib.so"), folder.path().join("sum"));
        std::fs::write(&library, "").unwrap();
        verify(&library, EMPTY, &cache).unwrap();
        verify(&library, EMPTY, &cache).unwrap();

        // A remembered sum is what is compared: it is not computed again for the same file.
        let kept = std::fs::read_to_string(&cache).unwrap();
        std::fs::write(&cache, kept.replace(EMPTY, "00")).unwrap();
        let error = verify(&library, EMPTY, &cache).unwrap_err();
        assert!(matches!(error, Error::LibraryChecksum { found, .. } if found == "00"));

        // Another file at the same path is hashed.
        std::fs::write(&cache, kept).unwrap();
        std::fs::write(&library, "x").unwrap();
        let error = verify(&library, EMPTY, &cache).unwrap_err();
        assert!(matches!(error, Error::LibraryChecksum { found, .. } if found.starts_with("2d71")));
    }

    #[test]
    fn a_missing_library_says_what_to_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.so");
        let error = verify(&path, EMPTY, &folder.path().join("sum")).unwrap_err();
        assert!(error.to_string().contains("make setup"), "{error}");
    }
}
