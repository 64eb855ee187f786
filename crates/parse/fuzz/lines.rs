//! Records of any bytes: each becomes at least one event that is JSON with what every event has, or
//! says why it is none.
#![cfg_attr(fuzzing, no_main)]

mod checked;

fuzz::target!(|bytes| {
    let text = String::from_utf8_lossy(bytes);
    checked::record(&text, &mut checked::scratch(), 0);
});
