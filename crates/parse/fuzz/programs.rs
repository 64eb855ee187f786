//! Bodies of any bytes behind the header that chooses a parser: the first byte names the program or
//! the vendor's beginning.
#![cfg_attr(fuzzing, no_main)]

mod beginnings;
mod checked;

use beginnings::BEGINNINGS;

fuzz::target!(|bytes| {
    let Some((first, body)) = bytes.split_first() else { return };
    let beginning = BEGINNINGS[usize::from(*first) % BEGINNINGS.len()];
    let text = format!("{beginning}{}", String::from_utf8_lossy(body));
    checked::record(&text, &mut checked::scratch(), 0);
});
