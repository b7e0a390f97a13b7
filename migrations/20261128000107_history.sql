-- What changed when, as far as it was observed: HeyMilo keeps no history.

create table heymilo.interview_changes (
    workspace_id      text not null,
    interview_id      text not null,
    field             text not null,
    observed_at       timestamptz not null,
    old_value         text,
    new_value         text,
    changed_at        timestamptz,
    first_observation boolean not null,
    constraint interview_changes_pkey primary key (interview_id, workspace_id, observed_at, field)
);

comment on table heymilo.interview_changes is
    'What changed in an interview, one row per observed change of one field. HeyMilo keeps no history: this is what heymilo-sync saw.';
comment on column heymilo.interview_changes.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.interview_changes.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.interview_changes.field is
    'What changed: status, score, shortlisted, dismissed or deleted (true once HeyMilo has the interview no more, NULL again if it comes back).';
comment on column heymilo.interview_changes.observed_at is
    'When the answer that showed the change was received. The change itself happened at some time before.';
comment on column heymilo.interview_changes.old_value is
    'The value before, as text. NULL when there was none.';
comment on column heymilo.interview_changes.new_value is
    'The value after, as text. NULL when the value was removed.';
comment on column heymilo.interview_changes.changed_at is
    'When the change happened, where HeyMilo tells: the workflow''s last activity for a change of status. Otherwise NULL.';
comment on column heymilo.interview_changes.first_observation is
    'Whether this is the first value ever seen of the field: it may have been so for long. Leave these out when counting changes.';

create index interview_changes_observed_at_idx on heymilo.interview_changes using brin (observed_at);
comment on index heymilo.interview_changes_observed_at_idx is
    'The changes of a minute, for the looks at interviews that became final, without reading older ones.';

create table heymilo.workflow_step_changes (
    workspace_id      text not null,
    interview_id      text not null,
    position          integer not null,
    observed_at       timestamptz not null,
    step_id           text,
    old_status        text,
    new_status        text,
    changed_at        timestamptz,
    first_observation boolean not null,
    constraint workflow_step_changes_pkey primary key (interview_id, workspace_id, observed_at, position)
);

comment on table heymilo.workflow_step_changes is
    'How an interview''s steps changed their status, one row per observed change of one step. HeyMilo keeps no history: this is what heymilo-sync saw.';
comment on column heymilo.workflow_step_changes.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.workflow_step_changes.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.workflow_step_changes.position is
    'Place of the step in HeyMilo''s answer, from 1.';
comment on column heymilo.workflow_step_changes.observed_at is
    'When the answer that showed the change was received.';
comment on column heymilo.workflow_step_changes.step_id is
    'HeyMilo''s id of the step. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_step_changes.old_status is
    'The status before. NULL when the step was not known before.';
comment on column heymilo.workflow_step_changes.new_status is
    'The status after. NULL when HeyMilo gives none.';
comment on column heymilo.workflow_step_changes.changed_at is
    'When the step changed, as HeyMilo tells it (last_updated_at of the step). NULL when it does not.';
comment on column heymilo.workflow_step_changes.first_observation is
    'Whether the step was not known before: it may have had this status for long.';
