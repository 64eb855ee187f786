//! Any datagrams of one exporter, one after another: every flow is JSON, and memory is bounded.
//! Each datagram begins with its length in two bytes.
#![cfg_attr(fuzzing, no_main)]

use flows::Decoder;

/// An object of a thousand fields of a thousand bytes is more than a datagram holds.
const FLOW_BYTES_MAX: usize = 1024 * 1024;

fuzz::target!(|bytes| {
    let mut decoder = Decoder::default();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (datagram, after) = after.split_at(length);
        rest = after;
        decoder.decode([192, 0, 2, 1].into(), datagram, |flow| {
            assert!(flow.len() <= FLOW_BYTES_MAX);
            assert!(flow.starts_with("{\"flowVersion\":") && flow.ends_with('}'));
            serde_json::from_str::<serde_json::Value>(flow).expect("a flow is JSON");
        });
    }
});
