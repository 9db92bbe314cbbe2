/// What a session gets that leaves a choice open; the server's catalogue knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// Model id; `None` where the provider has no choice, or the operator must name one.
    pub model: Option<String>,
    /// Voice id; `None` for roles that do not speak.
    pub voice: Option<String>,
}
