//! The tailer on a real directory, moved step by step.

mod cases;
mod lab;
mod model;
mod packed;
mod restarts;

use super::*;
use crate::output::{Output, Record};
use lab::{Lab, Taken};
