//! Files of 32 random bytes in the data folder, for keys that must not lie in the database.

use crate::Error;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The bytes of file `name`, which is made where there is none yet; only its owner may read it.
pub(crate) fn read_or_make(data_dir: &Path, name: &str) -> Result<[u8; 32], Error> {
    let path = data_dir.join(name);
    let failed = |source| Error::KeyFile { path: path.clone(), source };
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|source| Error::Random { source })?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made {
        Ok(mut file) => {
            file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let mut file = File::open(&path).map_err(failed)?;
            file.read_exact(&mut bytes).map_err(failed)?;
        }
        Err(error) => return Err(failed(error)),
    }
    Ok(bytes)
}
