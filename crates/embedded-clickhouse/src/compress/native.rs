//! ClickHouse's compressed blocks, as `compress=1` and `decompress=1` have them.
//!
//! A block is a checksum of 16 bytes (CityHash128 1.0.2 of all that follows), a method byte, the
//! compressed size with these 9 bytes (u32), the size of the data (u32), and the compressed data.
//! Source: ClickHouse's documentation, "Native format: frame format".

use crate::exception::{Exception, code};
use bytes::{Buf, Bytes, BytesMut};

const CHECKSUM_BYTES: usize = 16;
const HEADER_BYTES: usize = 9;
const META_BYTES: usize = CHECKSUM_BYTES + HEADER_BYTES;
const LZ4: u8 = 0x82;
const NONE: u8 = 0x02;

/// A block's size, compressed or not. Clients send 256 KiB to 1 MiB, or one row if that is
/// larger; ClickHouse's own limit of 1 GiB would let one client take all memory.
const BLOCK_BYTES_MAX: usize = 64 << 20;

/// ClickHouse writes blocks of this size.
const ENCODED_BYTES: usize = 1 << 20;

/// Turns a body that comes in arbitrary parts into the data of its blocks.
#[derive(Default)]
pub(crate) struct Decoder {
    buffer: BytesMut,
}

impl Decoder {
    /// Takes a part of the body.
    pub(crate) fn push(&mut self, part: &[u8]) {
        self.buffer.extend_from_slice(part);
    }

    /// The data of the next whole block, if it has arrived.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, Exception> {
        if self.buffer.len() < META_BYTES {
            return Ok(None);
        }
        let mut header = &self.buffer[CHECKSUM_BYTES..META_BYTES];
        let method = header.get_u8();
        let (packed, unpacked) = (header.get_u32_le() as usize, header.get_u32_le() as usize);
        if packed < HEADER_BYTES || packed.max(unpacked) > BLOCK_BYTES_MAX {
            let why = format!(
                "a compressed block of {packed} bytes with {unpacked} bytes of data: \
                 at most {BLOCK_BYTES_MAX} bytes are taken"
            );
            return Err(Exception::new(code::TOO_LARGE_SIZE_COMPRESSED, why));
        }
        let whole = CHECKSUM_BYTES + packed;
        if self.buffer.len() < whole {
            self.buffer.reserve(whole - self.buffer.len());
            return Ok(None);
        }
        let block = self.buffer.split_to(whole).freeze();
        check_sum(&block)?;
        unpack(method, &block.slice(META_BYTES..), unpacked).map(Some)
    }

    /// The body has ended: nothing of a block may be left.
    pub(crate) fn finish(&self) -> Result<(), Exception> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let why = format!("the body ends within a compressed block, {} bytes", self.buffer.len());
        Err(Exception::new(code::CANNOT_READ_ALL_DATA, why))
    }
}

fn check_sum(block: &Bytes) -> Result<(), Exception> {
    let expected = (&block[..CHECKSUM_BYTES]).get_u128_le();
    if checksum(&block[CHECKSUM_BYTES..]) == expected {
        return Ok(());
    }
    let why = "a compressed block's checksum does not match: it was damaged on its way";
    Err(Exception::new(code::CHECKSUM_DOESNT_MATCH, why))
}

fn unpack(method: u8, packed: &Bytes, unpacked: usize) -> Result<Bytes, Exception> {
    match method {
        NONE if packed.len() == unpacked => Ok(packed.clone()),
        LZ4 => {
            let mut data = vec![0; unpacked];
            let length = lz4_flex::block::decompress_into(packed, &mut data);
            match length {
                Ok(length) if length == unpacked => Ok(data.into()),
                Ok(length) => Err(damaged(format!("{length} bytes instead of {unpacked}"))),
                Err(error) => Err(damaged(error)),
            }
        }
        NONE => Err(damaged(format!("{} bytes instead of {unpacked}", packed.len()))),
        method => {
            let why = format!("compression method {method:#04x}: LZ4 and NONE are understood");
            Err(Exception::new(code::UNKNOWN_COMPRESSION_METHOD, why))
        }
    }
}

fn damaged(why: impl std::fmt::Display) -> Exception {
    Exception::new(code::CANNOT_DECOMPRESS, format!("cannot decompress a block: {why}"))
}

/// `data` as blocks.
pub(super) fn encode(data: &[u8]) -> Result<Vec<u8>, Exception> {
    let mut blocks = Vec::with_capacity(data.len() / 2);
    for data in data.chunks(ENCODED_BYTES) {
        let start = blocks.len();
        blocks.resize(start + META_BYTES + lz4_flex::block::get_maximum_output_size(data.len()), 0);
        let packed = lz4_flex::block::compress_into(data, &mut blocks[start + META_BYTES..])
            .map_err(super::failed)?;
        blocks.truncate(start + META_BYTES + packed);
        let block = &mut blocks[start..];
        block[CHECKSUM_BYTES] = LZ4;
        // Neither exceeds a few MiB.
        let (packed, unpacked) = ((packed + HEADER_BYTES) as u32, data.len() as u32);
        block[CHECKSUM_BYTES + 1..][..4].copy_from_slice(&packed.to_le_bytes());
        block[CHECKSUM_BYTES + 5..][..4].copy_from_slice(&unpacked.to_le_bytes());
        let sum = checksum(&block[CHECKSUM_BYTES..]);
        block[..CHECKSUM_BYTES].copy_from_slice(&sum.to_le_bytes());
    }
    Ok(blocks)
}

/// ClickHouse has the two halves the other way round.
fn checksum(bytes: &[u8]) -> u128 {
    cityhash_rs::cityhash_102_128(bytes).rotate_right(64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(body: &[u8], step: usize) -> Result<Vec<u8>, Exception> {
        let (mut decoder, mut data) = (Decoder::default(), Vec::new());
        for part in body.chunks(step) {
            decoder.push(part);
            while let Some(block) = decoder.next()? {
                data.extend_from_slice(&block);
            }
        }
        decoder.finish().map(|()| data)
    }

    #[test]
    fn damage_is_found() {
        let body = encode(b"hello, hello, hello, hello, hello, hello").unwrap();
        let check = |at: usize, code: &str| {
            let mut body = body.clone();
            body[at] ^= 0x81;
            assert!(decode(&body, 7).unwrap_err().says(code), "byte {at}");
        };
        check(0, "CHECKSUM_DOESNT_MATCH");
        check(16, "CHECKSUM_DOESNT_MATCH");
        check(body.len() - 1, "CHECKSUM_DOESNT_MATCH");
        check(20, "TOO_LARGE_SIZE_COMPRESSED");
        assert!(decode(&body[..body.len() - 1], 9).unwrap_err().says("CANNOT_READ_ALL_DATA"));
    }

    #[test]
    fn a_method_that_is_not_understood_is_named() {
        let mut body = encode(b"x").unwrap();
        body[16] = 0x90;
        let sum = checksum(&body[16..]);
        body[..16].copy_from_slice(&sum.to_le_bytes());
        assert!(decode(&body, 100).unwrap_err().says("compression method 0x90"));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            data in proptest::collection::vec(0_u8..4, 0..5000),
            step in 1_usize..600,
        ) {
            prop_assert_eq!(decode(&encode(&data).unwrap(), step).unwrap(), data);
        }

        #[test]
        fn any_bytes_end_in_data_or_an_error(
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = decode(&body, 13);
        }
    }
}
