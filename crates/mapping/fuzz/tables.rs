//! Mapping tables of any bytes, which must become a table that answers or an error.
#![cfg_attr(fuzzing, no_main)]

use mapping::Tables;

fuzz::target!(|bytes| {
    let text = String::from_utf8_lossy(bytes);
    match Tables::new([("t.yml", &*text)]) {
        Ok(tables) => {
            for (_, _, key) in tables.examples() {
                let map = tables.event_map(&key).expect("an entry is about its own example");
                for name in map.sigma_names() {
                    assert!(!map.paths(name).is_empty(), "{name}");
                }
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
