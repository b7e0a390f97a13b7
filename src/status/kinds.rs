//! What can be found, and what to do about each.

use serde::Serialize;
use utoipa::ToSchema;

/// An enum whose variants stand beside what to do about each.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $remedy:literal,)*) => {
        /// What can be found.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// What to do about it.
            pub fn remedy(self) -> &'static str {
                match self {
                    $(Self::$kind => $remedy,)*
                }
            }
        }
    };
}

kinds! {
    /// The database does not answer.
    DatabaseAway =>
        "Start it, or mend the way to it (DATABASE_URL). Nothing is lost: a running daemon keeps \
         deliveries on disk and goes on by itself.",
    /// The database answers, but not with the figures.
    DatabaseRefuses =>
        "See that its migrations are those of this program (`heymilo-sync migrate`), and that the \
         role has its grants (config/daemon-role.sql): `heymilo-sync doctor` says which are \
         missing.",
    /// The database takes long to answer.
    DatabaseSlow =>
        "See what it is busy with (pg_stat_activity), whether its disk is full or slow, and \
         whether database.max_connections are enough.",
    /// Another session of the database holds up the writing.
    Blocked =>
        "See what the session does (pg_stat_activity), and end it when it hangs: \
         select pg_terminate_backend(pid). Nothing is lost meanwhile.",
    /// HeyMilo refuses the key.
    KeyRefused =>
        "Set HEYMILO_API_KEY to a valid key of this workspace and start the daemon again. \
         Deliveries are kept meanwhile.",
    /// The key is of another workspace than the tables.
    OtherWorkspace =>
        "Set HEYMILO_API_KEY to a key of the workspace that is in these tables, or copy the other \
         one under a name of its own ([[workspaces]]). Deliveries are kept meanwhile.",
    /// HeyMilo does not tell which workspace the key is of.
    WorkspaceUnidentified =>
        "Nothing to do, but make sure that HEYMILO_API_KEY is of the workspace in these tables: a key \
         of another one would not be noticed.",
    /// HeyMilo does not answer.
    ApiDown =>
        "Wait: it is asked now and then, and all goes on when it answers. If others reach it, see \
         this machine's way out (heymilo.base_url, DNS, proxy).",
    /// No daemon polls the workspace.
    NoDaemon =>
        "Start `heymilo-sync run`. Just after its start this passes within half a minute; if not, \
         its log says why.",
    /// Interviews wait for long to be fetched.
    Backlog =>
        "Wait if their number falls: each costs one request. If it does not, see the daemon's \
         log, and whether others use the same key.",
    /// Lists wait for long to be read.
    ListsOverdue =>
        "See the daemon's log for lists that could not be read, and the API budget: polling needs \
         a part of it.",
    /// Webhooks do not arrive.
    WebhooksMissing =>
        "See whether webhooks.public_url reaches this daemon from outside (proxy, firewall, \
         certificate), and `heymilo-sync webhooks list`. The poll finds everything meanwhile, \
         only later.",
    /// The search is behind the tables.
    SearchBehind =>
        "It catches up by itself after a backfill. If it does not, see the daemon's log.",
    /// Interviews were given up.
    InterviewsFailed =>
        "Read the reasons, mend what can be mended, and retry: here, or with `heymilo-sync \
         failed`. Any news of an interview revives it, and all others go on.",
    /// Interviews are tried in vain.
    InterviewsTroubled =>
        "They are tried on, ever more rarely. Read the reasons: where HeyMilo fails, tell HeyMilo \
         which interviews.",
    /// HeyMilo did not take all registrations.
    RegistrationsMissing =>
        "The daemon's log names them; `heymilo-sync webhooks ensure` tries again.",
    /// HeyMilo's answers are not as expected, and columns stay empty.
    SchemaDrift =>
        "The columns are NULL there; the answers are kept as received. Bring heymilo-sync up to \
         date, then `heymilo-sync replay` fills them.",
    /// HeyMilo's answers tell more than there are columns for.
    NewFields =>
        "Nothing to do: the values are in the column `extra`. A newer heymilo-sync may have \
         columns for them.",
    /// HeyMilo counts otherwise.
    CountsDiffer =>
        "`heymilo-sync verify` tells which interviews differ, and with `--repair` it puts them \
         right. An interview that moves at that moment shows until the next full look.",
    /// Deliveries wait on disk.
    SpoolInUse =>
        "Nothing to do: the daemon replays them once the database takes them.",
    /// Deliveries wait on disk although the database answers.
    SpoolStuck =>
        "After an outage their number falls by itself. If it does not, the daemon's log says why: a \
         file belongs to another user (chown it), no daemon runs on this machine, or the database \
         is too slow.",
    /// Deliveries were set aside on disk.
    SpoolAside =>
        "They could not be read, or failed alone while the database took others: see the .aside \
         files in spool.directory. Renamed to .spool they are tried again.",
    /// No delivery could wait on disk.
    SpoolBlocked =>
        "Make room in spool.directory, or let the daemon write there: otherwise deliveries are \
         refused while the database is away.",
}
