-- Recordings and resumes that are kept outside the database, and the links that are still to be downloaded.

create table heymilo.files (
    workspace_id  text        not null,
    interview_id  text        not null,
    kind          text        not null,
    link_digest   text        not null,
    state         text        not null,
    reason        text,
    sha256        text,
    bytes         bigint,
    media_type    text,
    first_seen_at timestamptz not null default now(),
    last_seen_at  timestamptz not null default now(),
    kept_at       timestamptz,
    constraint files_pkey primary key (interview_id, workspace_id, kind, link_digest),
    constraint files_kind_check check (kind in ('audio', 'video', 'resume')),
    constraint files_state_check
        check (state in ('waiting', 'kept', 'failed', 'expired', 'too_large', 'removed')),
    constraint files_kept_check check ((state = 'kept') = (sha256 is not null))
);

create index files_sha256_idx on heymilo.files (sha256) where sha256 is not null;

comment on index heymilo.files_sha256_idx is
    'Whether another interview has the same content, before the content is removed.';
comment on table heymilo.files is
    'Recordings and resumes of interviews: one row for each file that HeyMilo linked to. The files themselves are kept at files.url under their SHA-256. Empty unless files.url is set. Only the role heymilo_full reads it.';
comment on column heymilo.files.workspace_id is
    'Name of the workspace, as in the settings.';
comment on column heymilo.files.interview_id is
    'HeyMilo''s id of the interview.';
comment on column heymilo.files.kind is
    'audio or video (recordings of the interview) or resume.';
comment on column heymilo.files.link_digest is
    'SHA-256 of the link without its signature: tells the files of an interview apart.';
comment on column heymilo.files.state is
    'waiting (to be downloaded), kept, failed, expired (the link no longer worked, nor did a fresh one), too_large (files.max_bytes) or removed (retention.files).';
comment on column heymilo.files.reason is
    'Why the file is not kept. NULL while it is waiting or kept.';
comment on column heymilo.files.sha256 is
    'SHA-256 of the content in hexadecimal, and its name at files.url. Interviews with the same content share it. NULL unless the state is kept.';
comment on column heymilo.files.bytes is
    'Size of the content. NULL until it was kept.';
comment on column heymilo.files.media_type is
    'Media type that the server gave with the content, such as audio/mpeg. NULL until the content was kept, or where the server gave none.';
comment on column heymilo.files.first_seen_at is
    'Time at which an answer first had the link.';
comment on column heymilo.files.last_seen_at is
    'Time at which an answer last had the link, up to an hour late.';
comment on column heymilo.files.kept_at is
    'Time at which the content was kept. NULL until then.';

create table heymilo_sync.downloads (
    workspace_id  text        not null,
    interview_id  text        not null,
    kind          text        not null,
    link_digest   text        not null,
    link          text        not null,
    due_at        timestamptz not null default now(),
    attempt       integer     not null default 0,
    is_refreshed  boolean     not null default false,
    last_error    text,
    waiting_since timestamptz not null default now(),
    constraint downloads_pkey primary key (workspace_id, interview_id, kind, link_digest)
);

create index downloads_due_idx on heymilo_sync.downloads (workspace_id, due_at);

comment on table heymilo_sync.downloads is
    'Files that are still to be downloaded: the rows of heymilo.files whose state is waiting.';
comment on column heymilo_sync.downloads.workspace_id is
    'The workspace that the row belongs to.';
comment on column heymilo_sync.downloads.interview_id is
    'The interview of the file.';
comment on column heymilo_sync.downloads.kind is
    'audio, video or resume.';
comment on column heymilo_sync.downloads.link_digest is
    'As in heymilo.files.';
comment on index heymilo_sync.downloads_due_idx is
    'The next downloads of a workspace, those that wait longest first.';
comment on column heymilo_sync.downloads.link is
    'The signed link, as last received. It expires. Empty when the content was lost, until an answer brings the link.';
comment on column heymilo_sync.downloads.due_at is
    'Time from which the download may begin.';
comment on column heymilo_sync.downloads.attempt is
    'Number of downloads that failed.';
comment on column heymilo_sync.downloads.is_refreshed is
    'Whether the interview was fetched again because the link had expired.';
comment on column heymilo_sync.downloads.last_error is
    'Why the last download failed. NULL after none.';
comment on column heymilo_sync.downloads.waiting_since is
    'Time from which the file waits to be downloaded.';

create table heymilo_sync.unclaimed_contents (
    sha256 text        not null,
    due_at timestamptz not null default now(),
    constraint unclaimed_contents_pkey primary key (sha256)
);

comment on table heymilo_sync.unclaimed_contents is
    'Contents at files.url that may have no row of heymilo.files: each lost a row, or does not have it yet. The daemon removes those that no row has, and then the row here.';

comment on column heymilo_sync.unclaimed_contents.sha256 is
    'SHA-256 of the content in hexadecimal.';
comment on column heymilo_sync.unclaimed_contents.due_at is
    'Time from which the content may be removed: at once for one that lost a row, an hour later for one that does not have it yet.';
