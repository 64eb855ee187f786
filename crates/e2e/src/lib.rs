//! Tests of the whole: the real stack end to end, and the shape of the code itself.
//!
//! The harness here starts `prohori up` as a person would, with its data in a temporary folder and
//! every port a free one, and looks at it only from outside: through ClickHouse's and the
//! dashboard's HTTP, the state file and signals.

pub mod binary;
pub mod http;
pub mod stack;

pub use stack::Stack;
