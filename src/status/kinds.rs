//! The kinds of findings, each with its remedy.

use serde::Serialize;
use utoipa::ToSchema;

/// An enum whose variants stand beside their remedies.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $remedy:literal,)*) => {
        /// The kinds of findings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// The remedy of this kind.
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
        "Start it, or mend the way to it (DATABASE_URL).",
    /// The database answers, but not with the figures.
    DatabaseRefuses =>
        "See that its migrations are those of this program (`heymilo-sync migrate`), and that the \
         role has its grants (config/daemon-role.sql): `heymilo-sync doctor` says which are \
         missing.",
    /// The database answers slowly.
    DatabaseSlow =>
        "See what it is busy with (pg_stat_activity), whether its disk is full or slow, and \
         whether database.max_connections are enough.",
    /// Another session of the database blocks writes.
    Blocked =>
        "See what the session does (pg_stat_activity), and end it when it hangs: \
         select pg_terminate_backend(pid). The daemon goes on by itself then.",
    /// Another program keeps a transaction open.
    LongTransaction =>
        "End the transaction, or the session: select pg_terminate_backend(pid). Until then Postgres \
         removes no dead row that is newer, and every query becomes slower. A prepared transaction \
         (session 0) ends with `rollback prepared`.",
    /// A replication slot is lost, or fills the disk.
    ReplicationSlot =>
        "See whether the reader of the slot still runs. If it does not, drop the slot: \
         select pg_drop_replication_slot(name). Kept log fills the disk of the database.",
    /// HeyMilo refuses the key.
    KeyRefused =>
        "Set HEYMILO_API_KEY to a valid key of this workspace and start the daemon again. \
         Deliveries are kept meanwhile.",
    /// The key belongs to another workspace.
    OtherWorkspace =>
        "Set HEYMILO_API_KEY to a key of the workspace that is in these tables, or copy the other \
         one under a name of its own ([[workspaces]]). Deliveries are kept meanwhile.",
    /// HeyMilo does not say which workspace the key is of.
    WorkspaceUnidentified =>
        "Nothing to do, but make sure that HEYMILO_API_KEY is of the workspace in these tables: a key \
         of another one would not be noticed.",
    /// HeyMilo does not answer.
    ApiDown =>
        "Wait: the daemon asks it at intervals, and continues when it answers. If others reach it, see \
         this machine's way out (heymilo.base_url, DNS, proxy).",
    /// No daemon polls the workspace.
    NoDaemon =>
        "Start `heymilo-sync run`. Just after its start this passes within half a minute. If not, \
         its log says why.",
    /// The workspace is kept up to date by commands.
    SyncedByCommand =>
        "Nothing to do when cron runs it. For changes within minutes start `heymilo-sync run`.",
    /// No command has read the lists for more than a day.
    SyncOverdue =>
        "See why cron did not run `heymilo-sync sync`, or start `heymilo-sync run`.",
    /// The first copy is under way.
    FirstCopy =>
        "Nothing to do: the newest interviews come first. Views and dashboards are not complete \
         until then.",
    /// A command that ended early began the first copy.
    FirstCopyUnfinished =>
        "Run `heymilo-sync sync` again, or start `heymilo-sync run`: both go on where it stopped.",
    /// No list was ever read.
    NeverRead =>
        "See the daemon's log, and `heymilo-sync doctor`: it tries the address and the key.",
    /// Interviews wait too long to be fetched.
    Backlog =>
        "Wait if their number falls: each costs one request. If it does not, see the daemon's \
         log, and whether others use the same key.",
    /// Interviews are in flight, and none is written.
    Stalled =>
        "See the daemon's log and the sessions of the database (pg_stat_activity). If neither says \
         why, start the daemon again: what is in flight stays due.",
    /// Lists wait too long to be read.
    ListsOverdue =>
        "See the daemon's log for lists that could not be read, and the API budget: polling needs \
         a part of it.",
    /// Lists could not be read.
    ListsUnread =>
        "The daemon's log says why, and for which posting. Each list is tried again with the next \
         poll.",
    /// Webhooks do not arrive.
    WebhooksMissing =>
        "See whether webhooks.public_url reaches this daemon from outside (proxy, firewall, \
         certificate), and `heymilo-sync webhooks list`. The poll finds everything meanwhile, \
         only later.",
    /// Search is behind the tables.
    SearchBehind =>
        "It catches up by itself after a backfill. If it does not, see the daemon's log.",
    /// Interviews were set aside.
    InterviewsFailed =>
        "Read the reasons, correct the causes, and retry: here, or with `heymilo-sync failed`. The \
         next delivery or full scan retries an interview too, and all others go on.",
    /// Interviews keep failing.
    InterviewsTroubled =>
        "They are retried after ever longer waits. Read the reasons: where HeyMilo fails, tell HeyMilo \
         which interviews.",
    /// HeyMilo refused registrations.
    RegistrationsMissing =>
        "The daemon's log names them. `heymilo-sync webhooks ensure` tries again.",
    /// HeyMilo's answers differ from the contract, and columns stay empty.
    SchemaDrift =>
        "The columns are NULL there; the answers are kept as received. Bring heymilo-sync up to \
         date, then `heymilo-sync replay` fills them.",
    /// HeyMilo's answers have fields without a column.
    NewFields =>
        "Nothing to do: the values are in the column `extra`. A newer heymilo-sync may have \
         columns for them.",
    /// Finished interviews have no results.
    ResultsMissing =>
        "`heymilo-sync verify` lists them, and with `--repair` it makes them due. Where a fetch was \
         given up, the reason stands above.",
    /// Requests to erase a person are overdue.
    ErasureOverdue =>
        "`heymilo-sync erasures due` lists them, and `heymilo-sync erase --request N` does one.",
    /// HeyMilo's counts differ.
    CountsDiffer =>
        "`heymilo-sync verify` tells which interviews differ, and with `--repair` it puts them \
         right. HeyMilo has counted twice, so it is no interview that moved at that moment.",
    /// The inbox is nearly full.
    InboxFull =>
        "Contents of answered deliveries are dropped when the limit (retention.inbox_bytes) is \
         reached. Raise it to keep more, or see why deliveries are not answered for.",
    /// Repeated deliveries cause fetches of unchanged interviews.
    FetchedUnchanged =>
        "Nothing to do: each further delivery waits longer, up to 15 minutes. See which program \
         sends them when they do not come from HeyMilo.",
    /// Recordings and resumes wait too long to be downloaded.
    FilesWaiting =>
        "See the daemon's log: the servers of the links cannot be reached, or files.url takes nothing. \
         Links expire meanwhile; then HeyMilo is asked for fresh ones.",
    /// Recordings and resumes are not kept.
    FilesNotKept =>
        "`heymilo-sync files list` says why. A file without a working link cannot be downloaded.",
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
    /// The spool could not keep a delivery.
    SpoolBlocked =>
        "Free space in spool.directory, or let the daemon write there: otherwise deliveries are \
         refused while the database is away.",
}
