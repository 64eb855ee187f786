//! The `origin` header, written quickly: what is the same for all records of a stream only once.

use frame::Cut;
use std::fmt::Write as _;

/// Writes the `origin` headers of one generation of a stream.
///
/// The form's home is [`model::Origin::encode`]; a test holds this to it.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    /// Up to and with the tab after the generation.
    head: Box<str>,
    /// From the tab after the time up to and with the tab after the host.
    labels: Box<str>,
}

/// What differs from record to record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) sequence: u64,
    pub(crate) offset: u64,
    pub(crate) collected_ms: i64,
    pub(crate) sender: Option<&'a str>,
    pub(crate) cut: Option<Cut>,
}

impl Header {
    /// The header's constant parts. The names must have passed [`model::origin::check_name`].
    pub(crate) fn new(
        collector: &str,
        stream: &str,
        generation: u64,
        source: Option<&str>,
        host: Option<&str>,
    ) -> Self {
        let labels = format!("\t{}\t{}\t", source.unwrap_or("-"), host.unwrap_or("-"));
        let head = format!("1\t{collector}\t{stream}\t{generation}\t");
        Self { head: head.into(), labels: labels.into() }
    }

    /// Writes the header of `line` over `out`.
    #[inline]
    pub(crate) fn write(&self, line: &Line<'_>, out: &mut String) {
        let mut digits = itoa::Buffer::new();
        out.clear();
        out.push_str(&self.head);
        out.push_str(digits.format(line.sequence));
        out.push('\t');
        out.push_str(digits.format(line.offset));
        out.push('\t');
        out.push_str(digits.format(line.collected_ms));
        out.push_str(&self.labels);
        out.push_str(line.sender.unwrap_or("-"));
        match line.cut {
            None => out.push_str("\t-\t-"),
            Some(cut) => {
                let _ = write!(out, "\t{}\t{}", cut.bytes, cut.sha256_hex());
            }
        }
    }
}

/// The origin that `header` is of, for tests.
#[cfg(test)]
pub(crate) fn read(header: &str) -> model::Origin<'_> {
    model::Origin::decode(header.as_bytes()).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Origin;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_form_in_model(
            (generation, sequence, offset, collected_ms) in any::<(u64, u64, u64, i64)>(),
            source in prop::option::of("[a-z]{1,8}"),
            host in prop::option::of("[a-z.]{1,8}"),
            sender in prop::option::of("[0-9a-f:.]{1,8}"),
            cut in prop::option::of((any::<u64>(), any::<[u8; 16]>())),
        ) {
            let cut = cut.map(|(bytes, sha256)| Cut { bytes, sha256 });
            let sender = sender.as_deref();
            let (source, host) = (source.as_deref(), host.as_deref());
            let mut quick = "left from before".to_owned();
            Header::new("c-1", "file:/a b", generation, source, host)
                .write(&Line { sequence, offset, collected_ms, sender, cut }, &mut quick);

            let hash = cut.map(|cut| (cut.bytes, cut.sha256_hex()));
            let cut = hash.as_ref().map(|(bytes, hash)| model::Cut { bytes: *bytes, sha256: hash });
            let (collector, stream) = ("c-1", "file:/a b");
            let origin = Origin {
                collector, stream, generation, sequence, offset, collected_ms, source, host,
                sender, cut,
            };
            let mut plain = String::new();
            origin.encode(&mut plain);
            prop_assert_eq!(&quick, &plain);
            prop_assert_eq!(read(&quick), origin);
        }
    }
}
