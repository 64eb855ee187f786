//! Templates: which fields a record has, in which order, how long.

use crate::bytes::Bytes;

/// Fields of one template. Real ones have some thirty.
const FIELDS_MAX: usize = 256;
/// A length that says that the record itself says it.
pub(crate) const VARIABLE: u16 = 65_535;

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    /// IANA's number, or the enterprise's own.
    pub(crate) id: u16,
    /// Whose number it is; 0: IANA's.
    pub(crate) enterprise: u32,
    /// Bytes, or [`VARIABLE`].
    pub(crate) length: u16,
}

/// What a record looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) fields: Vec<Field>,
    /// It describes the exporter, not a flow.
    pub(crate) is_options: bool,
}

impl Template {
    /// The least bytes that a record has; 0 for a template that has no fields.
    pub(crate) fn bytes_min(&self) -> usize {
        let least = |field: &Field| if field.length == VARIABLE { 1 } else { field.length.into() };
        self.fields.iter().map(least).sum()
    }

    /// Reads the fields of a template that has `count`.
    pub(crate) fn read(bytes: &mut Bytes<'_>, count: usize, ipfix: bool) -> Option<Vec<Field>> {
        if count > FIELDS_MAX {
            return None;
        }
        let mut fields = Vec::with_capacity(count);
        for _ in 0..count {
            let (id, length) = (bytes.u16()?, bytes.u16()?);
            let foreign = ipfix && id & 0x8000 != 0;
            let enterprise = if foreign { bytes.u32()? } else { 0 };
            // NetFlow 9 has no variable lengths: what says so there is damaged.
            if !ipfix && length == VARIABLE {
                return None;
            }
            fields.push(Field { id: if foreign { id & 0x7fff } else { id }, enterprise, length });
        }
        Some(fields)
    }
}
