//! The words that tell series apart: a few, known beforehand, and never what came from outside.

/// An enum whose variants are a label's values.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them, so that each is exposed before it happens.
            pub(super) const ALL: &[Self] = &[$(Self::$variant),*];

            /// The label's value.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

words! {
    /// What became of a delivery whose token was right.
    Delivery {
        /// It is in the database.
        Committed = "committed",
        /// It is on this machine's disk, until the database is back.
        Spooled = "spooled",
        /// It could not be kept, and its sender was told so.
        Refused = "refused",
        /// It was one too many at that moment, and its sender was told so.
        Limited = "limited",
        /// It is larger than the settings let it be.
        TooLarge = "too_large",
    }
}

words! {
    /// How a request to HeyMilo's API ended.
    Answer {
        /// With what was asked for.
        Ok = "ok",
        /// The key is refused.
        Unauthorized = "unauthorized",
        /// HeyMilo does not know what was asked for.
        NotFound = "not_found",
        /// It was one too many.
        RateLimited = "rate_limited",
        /// Any other refusal.
        ClientError = "client_error",
        /// An error of HeyMilo's own, or of something on the way.
        ServerError = "server_error",
        /// What came is not what is known, or too much of it.
        Unreadable = "unreadable",
        /// No answer in time.
        Timeout = "timeout",
        /// No connection.
        Unreachable = "unreachable",
    }
}

words! {
    /// What became of a job.
    Job {
        /// The interview's rows were written.
        Written = "written",
        /// The interview was as it had been.
        Unchanged = "unchanged",
        /// It is of somebody who was erased: nothing was written.
        Erased = "erased",
        /// HeyMilo has it no more.
        Gone = "gone",
        /// Only a delivery named it, and HeyMilo does not know it.
        Unknown = "unknown",
        /// It will be tried again.
        Retried = "retried",
        /// It was set aside.
        Failed = "failed",
    }
}

words! {
    /// A stage on the way from a delivery to rows.
    Stage {
        /// A delivery, from its arrival until it is on disk.
        Keep = "keep",
        /// The due jobs are read.
        Due = "due",
        /// An interview is fetched.
        Fetch = "fetch",
        /// An answer becomes records.
        Normalize = "normalize",
        /// Interviews are written in one transaction.
        Write = "write",
        /// A list is read, its pages fetched and written.
        List = "list",
        /// Search documents that are due are built.
        Index = "index",
        /// The figures of a posting are computed.
        Figures = "figures",
    }
}
