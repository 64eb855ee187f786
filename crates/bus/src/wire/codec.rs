//! Kafka's basic types, written and read.

use crate::Error;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Builds a request.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn i8(&mut self, value: i8) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    pub(crate) fn i16(&mut self, value: i16) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    pub(crate) fn i32(&mut self, value: i32) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    pub(crate) fn f64(&mut self, value: f64) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// The number of elements that follow.
    pub(crate) fn count(&mut self, count: usize) -> &mut Self {
        self.i32(i32::try_from(count).unwrap_or(i32::MAX))
    }

    /// A name: at most 32,767 bytes, which is checked where names are made.
    pub(crate) fn string(&mut self, text: &str) -> &mut Self {
        self.i16(i16::try_from(text.len()).unwrap_or(i16::MAX)).raw(text.as_bytes())
    }

    pub(crate) fn nullable(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.string(text),
            None => self.i16(-1),
        }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.count(bytes.len()).raw(bytes)
    }

    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// This as the head and `body` behind it, with the length of both before them.
    pub(super) fn framed_with(&self, body: &Self) -> Vec<u8> {
        let mut frame = Self::default();
        frame.count(self.0.len() + body.0.len()).raw(&self.0).raw(&body.0);
        frame.0
    }
}

/// Reads an answer.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(answer: &'a [u8]) -> Self {
        Self(answer)
    }

    fn take(&mut self, bytes: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or_else(cut_short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        self.take(N)?.try_into().map_err(|_| cut_short())
    }

    pub(crate) fn i8(&mut self) -> Result<i8, Error> {
        self.array().map(i8::from_be_bytes)
    }

    pub(crate) fn i16(&mut self) -> Result<i16, Error> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Error> {
        self.array().map(i32::from_be_bytes)
    }

    /// How many elements follow. Each has at least a byte, so that a false count cannot make
    /// anybody reserve memory.
    pub(crate) fn count(&mut self) -> Result<usize, Error> {
        let count = usize::try_from(self.i32()?).unwrap_or_default();
        if count > self.0.len() { Err(cut_short()) } else { Ok(count) }
    }

    pub(crate) fn string(&mut self) -> Result<Option<String>, Error> {
        let Ok(length) = usize::try_from(self.i16()?) else { return Ok(None) };
        Ok(Some(String::from_utf8_lossy(self.take(length)?).into_owned()))
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let length = usize::try_from(self.i32()?).unwrap_or_default();
        self.take(length)
    }

    /// Reads an error code, and fails with it if it is one.
    pub(crate) fn code(&mut self, what: &'static str, reason: Option<&str>) -> Result<(), Error> {
        check(self.i16()?, what, reason)
    }

    /// Reads an error code and what is said of it.
    pub(crate) fn outcome(&mut self, what: &'static str) -> Result<(), Error> {
        let code = self.i16()?;
        let reason = self.string()?;
        check(code, what, reason.as_deref())
    }
}

/// Whether `code` is none of an error; the number means little, `reason` says more.
pub(super) fn check(code: i16, what: &'static str, reason: Option<&str>) -> Result<(), Error> {
    let known = match code {
        0 => return Ok(()),
        31 => "we are not allowed to (CLUSTER_AUTHORIZATION_FAILED)",
        33 => "this way to prove a password is not enabled",
        41 => "the broker asked is not the controller",
        54 => "the brokers have no authorizer: set authorizer.class.name",
        58 => "wrong user or password",
        _ => "refused",
    };
    let reason = match reason {
        Some(reason) => format!("{known}: {reason} (code {code})"),
        None => format!("{known} (code {code})"),
    };
    Err(Error::Denied { what, reason })
}

fn cut_short() -> Error {
    let source = std::io::Error::other("the answer is cut short");
    Error::Wire { what: "read an answer", source }
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::default();
        writer.i8(-3).i16(7).i32(9).string("a").nullable(None).bytes(b"xy").count(1).i8(0);
        let mut reader = Reader::new(&writer.0);
        assert_eq!((reader.i8().unwrap(), reader.i16().unwrap()), (-3, 7));
        assert_eq!(reader.i32().unwrap(), 9);
        assert_eq!(reader.string().unwrap().as_deref(), Some("a"));
        assert_eq!(reader.string().unwrap(), None);
        assert_eq!((reader.bytes().unwrap(), reader.count().unwrap()), (&b"xy"[..], 1));
        let error = check(54, "grant", Some("why")).unwrap_err().to_string();
        assert!(error.contains("cannot grant") && error.contains("authorizer"), "{error}");
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut reader = Reader::new(&bytes);
            while reader.string().is_ok() && reader.bytes().is_ok() && reader.count().is_ok() {}
            prop_assert!(reader.0.len() <= bytes.len());
        }
    }
}
