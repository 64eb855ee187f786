//! Dead letters sent once more: what is asked of whoever can, which is the normalizer's own tool.

/// Which dead letters, and whether to send them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplayAsked {
    /// Of these agencies; none: of any.
    pub agencies: Vec<String>,
    /// With these codes; none: with any.
    pub codes: Vec<String>,
    /// Whether they are sent, or only counted.
    pub send: bool,
}

/// What becomes of dead letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ReplayCounts {
    /// Dead letters that were looked at.
    pub found: usize,
    /// Such as are to be sent again: the others can become no event, or did.
    pub again: usize,
    /// Records that were sent, and that Kafka has confirmed.
    pub sent: usize,
    /// Records that their raw topic no longer holds.
    pub gone: usize,
    /// Older dead letters that were not looked at.
    pub left_out: usize,
}

/// Who sends dead letters' raw records to the normalizers once more, with the same ids, so that each
/// becomes events once. It blocks.
///
/// The normalizer has the tool, and services do not import one another: the command that starts the
/// API hands it in.
pub trait Replayer: Send + Sync {
    /// Does it; what went wrong, in words.
    fn replay(&self, asked: &ReplayAsked) -> Result<ReplayCounts, String>;
}
