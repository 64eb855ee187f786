//! Places for what goes on for minutes: so many at a time, and so many of one user.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places; clones share them.
#[derive(Clone)]
pub(crate) struct Seats {
    permits: Arc<Semaphore>,
    of_user_max: usize,
    by_user: Arc<Mutex<HashMap<i64, usize>>>,
}

/// A place; given back when dropped.
pub(crate) struct Seat {
    seats: Seats,
    user: i64,
    _permit: OwnedSemaphorePermit,
}

impl Seats {
    pub(crate) fn new(max: usize, of_user_max: usize) -> Self {
        let permits = Arc::new(Semaphore::new(max));
        Self { permits, of_user_max, by_user: Arc::default() }
    }

    /// A place for this user, where there is one.
    pub(crate) fn take(&self, user: i64) -> Option<Seat> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        let mut by_user = self.by_user.lock().unwrap_or_else(PoisonError::into_inner);
        let held = by_user.entry(user).or_default();
        if *held >= self.of_user_max {
            return None;
        }
        *held += 1;
        Some(Seat { seats: self.clone(), user, _permit: permit })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut by_user = self.seats.by_user.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = by_user.get_mut(&self.user) {
            *held -= 1;
            if *held == 0 {
                by_user.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_holds_a_few_and_gives_them_back() {
        let seats = Seats::new(4, 2);
        let held: Vec<_> = (0..3).map(|_| seats.take(1)).collect();
        assert_eq!(held.iter().flatten().count(), 2);
        let others = [seats.take(2), seats.take(3)];
        assert!(others.iter().all(Option::is_some));
        assert!(seats.take(4).is_none(), "all are taken");
        drop(held);
        assert!(seats.take(1).is_some() && seats.by_user.lock().unwrap().len() == 2);
    }
}
