//! The values of labels: a few words that are known beforehand, never a text from outside.

/// An enum whose variants are the values of a label.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All values, so that each series is exposed before its first event.
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
    /// The outcome of a delivery with a right token.
    Delivery {
        /// It is in the database.
        Committed = "committed",
        /// It is on this machine's disk, until the database is back.
        Spooled = "spooled",
        /// It could not be kept, and was refused.
        Refused = "refused",
        /// It exceeded a limit, and was refused.
        Limited = "limited",
        /// It is larger than the settings allow.
        TooLarge = "too_large",
    }
}

words! {
    /// The outcome of a request to HeyMilo's API.
    Answer {
        /// It succeeded.
        Ok = "ok",
        /// HeyMilo refused the key.
        Unauthorized = "unauthorized",
        /// HeyMilo does not have the subject.
        NotFound = "not_found",
        /// It exceeded the rate limit.
        RateLimited = "rate_limited",
        /// Any other refusal.
        ClientError = "client_error",
        /// HeyMilo's own error, or a proxy's.
        ServerError = "server_error",
        /// The answer is not the known JSON, or is too large.
        Unreadable = "unreadable",
        /// There was no answer within the timeout.
        Timeout = "timeout",
        /// There was no connection.
        Unreachable = "unreachable",
    }
}

words! {
    /// The outcome of a job.
    Job {
        /// The interview's rows were written.
        Written = "written",
        /// The interview was unchanged.
        Unchanged = "unchanged",
        /// The person was erased, so nothing was written.
        Erased = "erased",
        /// HeyMilo does not have the interview any longer.
        Gone = "gone",
        /// Only a delivery named the interview, and HeyMilo does not know it.
        Unknown = "unknown",
        /// The job will be retried.
        Retried = "retried",
        /// The job was set aside.
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
