//! The compressions of bodies: ClickHouse's own blocks both ways, and LZ4 frames for responses.

mod native;

pub(crate) use native::Decoder;

use crate::exception::{Exception, code};
use bytes::Bytes;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use std::io::Write;

/// How a response's body is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is.
    #[default]
    Plain,
    /// ClickHouse's blocks, asked for by `compress=1`; no header tells of it.
    Native,
    /// An LZ4 frame, asked for by `Accept-Encoding: lz4`.
    Lz4,
}

/// Writes one body.
pub(crate) enum Encoder {
    Plain,
    Native,
    Lz4(Box<FrameEncoder<Vec<u8>>>),
}

impl Encoder {
    pub(crate) fn new(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Plain => Self::Plain,
            Encoding::Native => Self::Native,
            Encoding::Lz4 => {
                // Readers hold a block: 256 KiB is a good ratio and small. Independent blocks
                // keep readers from holding a window beside it.
                let info = FrameInfo::new()
                    .block_size(BlockSize::Max256KB)
                    .block_mode(BlockMode::Independent);
                Self::Lz4(Box::new(FrameEncoder::with_frame_info(info, Vec::new())))
            }
        }
    }

    /// Encodes a part; nothing of it is held back, so that a reader sees it at once.
    pub(crate) fn encode(&mut self, part: Bytes) -> Result<Bytes, Exception> {
        match self {
            Self::Plain => Ok(part),
            Self::Native => native::encode(&part).map(Bytes::from),
            Self::Lz4(encoder) => {
                encoder.write_all(&part).and_then(|()| encoder.flush()).map_err(failed)?;
                Ok(std::mem::take(encoder.get_mut()).into())
            }
        }
    }

    /// What ends the body.
    pub(crate) fn finish(self) -> Result<Bytes, Exception> {
        match self {
            Self::Plain | Self::Native => Ok(Bytes::new()),
            Self::Lz4(encoder) => encoder.finish().map(Bytes::from).map_err(failed),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> Exception {
    Exception::new(code::LOGICAL_ERROR, format!("cannot compress the result: {error}"))
}
