//! What comes of asking for a promotion.

/// What the platform says of a promotion that it was asked to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromotionAnswer {
    /// It has made it, under this id.
    Made(String),
    /// It refused it, in these words.
    Refused(String),
    /// It took the call, and says nothing of it.
    Silent,
}
