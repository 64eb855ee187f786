//! Tests of the whole: the real stack end to end, and the shape of the code itself.
