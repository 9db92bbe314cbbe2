use viva_protocol::problem::Problem;

/// What the server said instead of doing what it was asked for.
#[derive(Debug, Clone, Default)]
pub struct Refused {
    /// The HTTP status of its refusal; `None` when it did not answer.
    pub status: Option<u16>,
    /// What went wrong, in its words.
    pub problem: Option<Problem>,
    /// When it wants to be asked again.
    pub wait_s: Option<u32>,
}
