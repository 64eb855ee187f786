//! Where inputs write down how far they have come, when they are asked.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// How far one stream has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) stream: String,
    pub(crate) generation: u64,
    /// The number of the next record, and its offset.
    pub(crate) sequence: u64,
    pub(crate) offset: u64,
    /// What was received and is not confirmed, where that is known.
    pub(crate) waiting_records: Option<u64>,
    /// What is not confirmed; of a file also what is not read yet.
    pub(crate) waiting_bytes: u64,
}

/// One page for the files, one for the journal.
#[derive(Debug, Default)]
pub(crate) struct Board {
    wanted: AtomicBool,
    files: Mutex<Vec<Place>>,
    journal: Mutex<Option<Place>>,
}

impl Board {
    /// Asks the files to write: to gather twenty thousand of them every second would cost more than
    /// it tells.
    pub(crate) fn ask(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    /// Writes the files' page, if it was asked for.
    pub(crate) fn files(&self, places: impl FnOnce() -> Vec<Place>) {
        if self.wanted.swap(false, Ordering::Relaxed) {
            *self.files.lock().unwrap_or_else(PoisonError::into_inner) = places();
        }
    }

    /// Writes the journal's page.
    pub(crate) fn journal(&self, place: Place) {
        *self.journal.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    }

    /// Everything that was written last.
    pub(crate) fn read(&self) -> Vec<Place> {
        let mut places = self.files.lock().unwrap_or_else(PoisonError::into_inner).clone();
        places.extend(self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone());
        places
    }
}
