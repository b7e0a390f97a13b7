//! The urgency of a request to HeyMilo.

/// The purpose of a request, the most urgent first. The type `heymilo_sync.urgency` has the same
/// words in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Urgency {
    /// An operator asks for an interview.
    Command,
    /// A webhook delivery names an interview.
    Delivery,
    /// The list row of an interview changed.
    Change,
    /// New and recent rows of a list, and all other requests that are not about one interview.
    List,
    /// A second look at an interview, or at a whole list.
    Look,
    /// A list shows an interview for the first time.
    FirstCopy,
    /// An operator asks for known interviews again.
    Backfill,
    /// The refresh asks for an interview that nothing else asked for.
    Refresh,
}

impl Urgency {
    /// All urgencies, the most urgent first.
    pub const ALL: [Self; 8] = [
        Self::Command,
        Self::Delivery,
        Self::Change,
        Self::List,
        Self::Look,
        Self::FirstCopy,
        Self::Backfill,
        Self::Refresh,
    ];

    /// The word for it in the database, in logs and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Delivery => "delivery",
            Self::Change => "change",
            Self::List => "list",
            Self::Look => "look",
            Self::FirstCopy => "first_copy",
            Self::Backfill => "backfill",
            Self::Refresh => "refresh",
        }
    }

    /// Whether a change is known, so that analysts wait for the new rows.
    pub fn is_fresh(self) -> bool {
        self <= Self::Change
    }
}
