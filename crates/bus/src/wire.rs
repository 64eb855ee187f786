//! Kafka's own protocol, as far as librdkafka's Rust binding does not reach: access rules and quotas.
//!
//! One connection to one broker, a request at a time; brokers pass what concerns the cluster on
//! to the controller. Shapes are those of <https://kafka.apache.org/protocol.html>, in the versions
//! that a broker of 4.0 still takes and that have no tagged fields.

mod codec;
mod scram;
mod stream;

pub(crate) use codec::{Reader, Writer};
pub(crate) use scram::Hash;

use crate::{Config, Error};
use std::io::{Read as _, Write as _};
use stream::Stream;

/// An answer longer than this is no answer of these requests.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
const CLIENT_ID: &str = "prohori-admin";
const SASL_HANDSHAKE: i16 = 17;
const SASL_AUTHENTICATE: i16 = 36;

/// A connection, logged in.
pub(crate) struct Connection {
    stream: Stream,
    correlation: i32,
}

impl Connection {
    /// Connects to the first broker that takes us.
    pub(crate) fn open(config: &Config) -> Result<Self, Error> {
        let mut last = None;
        for broker in config.brokers.split(',').map(str::trim) {
            match Self::open_one(config, broker) {
                Ok(connection) => return Ok(connection),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| Error::Brokers { broker: config.brokers.clone() }))
    }

    fn open_one(config: &Config, broker: &str) -> Result<Self, Error> {
        let stream = Stream::connect(config.tls.as_ref(), broker)?;
        let mut connection = Self { stream, correlation: 0 };
        if let Some(sasl) = &config.sasl {
            connection.log_in(sasl)?;
        }
        Ok(connection)
    }

    fn log_in(&mut self, sasl: &crate::config::Sasl) -> Result<(), Error> {
        let password = sasl.password()?;
        let (name, hash) = sasl.mechanism.wire();
        let mut handshake = Writer::default();
        handshake.string(name);
        let answer = self.ask("log in", SASL_HANDSHAKE, 1, &handshake)?;
        Reader::new(&answer).code("log in", None)?;
        let mut scram = scram::Client::new(hash, &sasl.user, &password, &nonce()?);
        let first = self.authenticate(&scram.first())?;
        let last = scram.answer(&first).map_err(refused)?;
        let proof = self.authenticate(&last)?;
        scram.check(&proof).map_err(refused)
    }

    fn authenticate(&mut self, message: &str) -> Result<String, Error> {
        let mut request = Writer::default();
        request.bytes(message.as_bytes());
        let answer = self.ask("log in", SASL_AUTHENTICATE, 0, &request)?;
        let mut answer = Reader::new(&answer);
        let code = answer.i16()?;
        let reason = answer.string()?;
        codec::check(code, "log in", reason.as_deref())?;
        Ok(String::from_utf8_lossy(answer.bytes()?).into_owned())
    }

    /// Sends a request and waits for its answer: what follows the header.
    pub(crate) fn ask(
        &mut self,
        what: &'static str,
        api: i16,
        version: i16,
        body: &Writer,
    ) -> Result<Vec<u8>, Error> {
        self.correlation += 1;
        let mut head = Writer::default();
        head.i16(api).i16(version).i32(self.correlation).string(CLIENT_ID);
        let frame = head.framed_with(body);
        let mut exchange = || -> std::io::Result<Vec<u8>> {
            self.stream.write_all(&frame)?;
            self.stream.flush()?;
            let mut length = [0; 4];
            self.stream.read_exact(&mut length)?;
            let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(usize::MAX);
            if !(4..=ANSWER_BYTES_MAX).contains(&length) {
                return Err(std::io::Error::other(format!("an answer of {length} bytes")));
            }
            let mut answer = vec![0; length];
            self.stream.read_exact(&mut answer)?;
            Ok(answer.split_off(4))
        };
        exchange().map_err(|source| Error::Wire { what, source })
    }
}

fn nonce() -> Result<String, Error> {
    let mut bytes = [0; 18];
    getrandom::fill(&mut bytes).map_err(|error| refused(error.to_string()))?;
    Ok(codec::base64(&bytes))
}

fn refused(reason: String) -> Error {
    Error::Denied { what: "log in", reason }
}
