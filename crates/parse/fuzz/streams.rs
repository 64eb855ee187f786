//! Lines of one file, whose header lines hold for those behind them; and all of them as one record.
#![cfg_attr(fuzzing, no_main)]

mod checked;

fuzz::target!(|bytes| {
    let text = String::from_utf8_lossy(bytes);
    let mut scratch = checked::scratch();
    for line in text.lines().take(64) {
        checked::record(line, &mut scratch, 1);
    }
    checked::record(&text, &mut scratch, 2);
});
