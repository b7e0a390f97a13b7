-- Full-text search over what was said: one document per interview, built after the interview was
-- written, so that writing does not wait for it.

create function heymilo_sync.search_language(language text)
returns text
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        (
            select cfgname::text
            from pg_ts_config
            where cfgnamespace = 'pg_catalog'::regnamespace
              and cfgname = coalesce(
                  (
                      select known.name
                      from (values
                          ('ar', 'arabic'), ('ca', 'catalan'), ('da', 'danish'), ('de', 'german'),
                          ('el', 'greek'), ('en', 'english'), ('es', 'spanish'), ('eu', 'basque'),
                          ('fi', 'finnish'), ('fr', 'french'), ('ga', 'irish'), ('hi', 'hindi'),
                          ('hu', 'hungarian'), ('hy', 'armenian'), ('id', 'indonesian'),
                          ('it', 'italian'), ('lt', 'lithuanian'), ('nb', 'norwegian'),
                          ('ne', 'nepali'), ('nl', 'dutch'), ('nn', 'norwegian'),
                          ('no', 'norwegian'), ('pt', 'portuguese'), ('ro', 'romanian'),
                          ('ru', 'russian'), ('sr', 'serbian'), ('sv', 'swedish'), ('ta', 'tamil'),
                          ('tr', 'turkish'), ('yi', 'yiddish')
                      ) as known (code, name)
                      where known.code = substring(lower(language) from '^([a-z]+)')
                  ),
                  lower(language)
              )
        ),
        'simple'
    )
$$;

comment on function heymilo_sync.search_language(text) is
    'The text search configuration for a posting''s language: a code such as en or pt-BR, or a name such as german. simple, which knows no word forms, when there is none for it.';

create view heymilo_sync.turns as
select
    workspace_id,
    interview_id,
    1 as conversation,
    position,
    speaker,
    text
from heymilo.transcript_entries
union all
select
    workspace_id,
    interview_id,
    2 as conversation,
    position,
    role as speaker,
    text
from heymilo.sms_messages;

comment on view heymilo_sync.turns is
    'What was said and written in interviews, one row per turn: what the search looks through. Personal data.';
comment on column heymilo_sync.turns.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.turns.interview_id is
    'The interview the row belongs to.';
comment on column heymilo_sync.turns.conversation is
    '1 for the web interview, 2 for the SMS conversation.';
comment on column heymilo_sync.turns.position is
    'Place in the conversation, from 1.';
comment on column heymilo_sync.turns.speaker is
    'Speaker or sender of the turn, in HeyMilo''s word.';
comment on column heymilo_sync.turns.text is
    'What was said or written. Personal data.';

-- Ranking reads every document found, and one that is stored elsewhere costs another look.
create table heymilo_sync.search_documents (
    workspace_id text not null,
    interview_id text not null,
    posting_id   text,
    language     text not null,
    document     tsvector not null,
    is_cut       boolean not null,
    fetched_at   timestamptz not null,
    indexed_at   timestamptz not null default now(),
    constraint search_documents_pkey primary key (interview_id, workspace_id)
) with (toast_tuple_target = 8160);

comment on table heymilo_sync.search_documents is
    'The words of each interview''s conversations, for heymilo.search_transcripts. The daemon builds a document after it has written the interview, and can build it again at any time. Personal data.';
comment on column heymilo_sync.search_documents.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.search_documents.interview_id is
    'The interview the row belongs to.';
comment on column heymilo_sync.search_documents.posting_id is
    'Which posting the candidate was invited to. NULL when HeyMilo gives none.';
comment on column heymilo_sync.search_documents.language is
    'The text search configuration of the document, after the posting''s language. A name, since pg_upgrade does not carry regconfig over.';
comment on column heymilo_sync.search_documents.document is
    'The words with their places. Weight D for the interviewer''s words, A for all other words.';
comment on column heymilo_sync.search_documents.is_cut is
    'Whether the conversation is longer than a document can be, so that its end is not found.';
comment on column heymilo_sync.search_documents.fetched_at is
    'Which results it was built from: interviews.fetched_at at that time. Another value there makes the document due to be built anew.';
comment on column heymilo_sync.search_documents.indexed_at is
    'When it was built.';

-- No request waits for this index to be written, so Postgres may keep it in order at once: a list of pending
-- entries would slow down every search.
create index search_documents_document_idx on heymilo_sync.search_documents
    using gin (document) with (fastupdate = off);
comment on index heymilo_sync.search_documents_document_idx is
    'The words of heymilo.search_transcripts. Without pending entries: a search never reads a list that waits to be sorted in.';

create index search_documents_language_idx on heymilo_sync.search_documents (language);
comment on index heymilo_sync.search_documents_language_idx is
    'In which languages there are documents: a query is read in each of them.';

create view heymilo_sync.search_due as
with languages as materialized (
    -- Once per posting, and not once per interview.
    select workspace_id, posting_id, heymilo_sync.search_language(language) as language
    from heymilo.postings
)
select
    interviews.workspace_id,
    interviews.interview_id,
    interviews.fetched_at
from heymilo.interviews
left join languages using (workspace_id, posting_id)
left join heymilo_sync.search_documents as documents using (workspace_id, interview_id)
where interviews.fetched_at is not null
  and interviews.deleted_at is null
  and (documents.fetched_at is distinct from interviews.fetched_at
       or documents.language <> coalesce(languages.language, 'simple'));

comment on view heymilo_sync.search_due is
    'Interviews whose search document is missing, or was built from older results or in another language.';
comment on column heymilo_sync.search_due.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_sync.search_due.interview_id is
    'The interview the row belongs to.';
comment on column heymilo_sync.search_due.fetched_at is
    'When the results were received that cannot be found yet.';

create view heymilo_bi.search_lag as
select
    workspaces.workspace_id,
    count(search_due.interview_id) as interviews,
    min(search_due.fetched_at) as oldest_fetched_at,
    coalesce(extract(epoch from now() - min(search_due.fetched_at)), 0)::double precision
        as lag_seconds
from heymilo.workspaces
left join heymilo_sync.search_due using (workspace_id)
group by workspaces.workspace_id;

comment on view heymilo_bi.search_lag is
    'How far the search is behind the tables, one row per workspace. Normally seconds. The lag grows without end where search is switched off.';
comment on column heymilo_bi.search_lag.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo_bi.search_lag.interviews is
    'Interviews whose newest results cannot be found by a search yet.';
comment on column heymilo_bi.search_lag.oldest_fetched_at is
    'When the oldest of these results were received. NULL when there are none.';
comment on column heymilo_bi.search_lag.lag_seconds is
    'Seconds since oldest_fetched_at. 0 when the search is up to date.';

create function heymilo_sync.search_document(
    workspace    text,
    interview    text,
    language     text,
    out document tsvector,
    out is_cut   boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- A tsvector holds 1 MiB: a text of this length nearly always fits.
    longest integer := 500000;
    asked   text;
    said    text;
begin
    select
        string_agg(turns.text, E'\n' order by turns.conversation, turns.position)
            filter (where turns.is_interviewer),
        string_agg(turns.text, E'\n' order by turns.conversation, turns.position)
            filter (where not turns.is_interviewer)
    into asked, said
    from (
        select
            turns.conversation,
            turns.position,
            turns.text,
            lower(coalesce(turns.speaker, '')) in
                ('agent', 'ai', 'assistant', 'bot', 'interviewer', 'system') as is_interviewer
        from heymilo_sync.turns
        where turns.workspace_id = workspace
          and turns.interview_id = interview
    ) as turns;
    asked := coalesce(asked, '');
    said := coalesce(said, '');
    loop
        is_cut := length(said) > longest or length(asked) > longest;
        begin
            document := setweight(to_tsvector(language::regconfig, left(said, longest)), 'A')
                     || setweight(to_tsvector(language::regconfig, left(asked, longest)), 'D');
            return;
        exception
            when program_limit_exceeded then
                longest := longest / 2;
        end;
    end loop;
end
$$;

comment on function heymilo_sync.search_document(text, text, text) is
    'The words of an interview''s conversations. Conversations that are too long are cut, each as late as possible.';

create function heymilo_sync.write_search_document(workspace text, interview text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    posting     text;
    received_at timestamptz;
    words_of    text;
begin
    -- Without the lock, an interview that is removed meanwhile would leave its document behind.
    select posting_id, fetched_at
    into posting, received_at
    from heymilo.interviews
    where interview_id = interview
      and workspace_id = workspace
      and fetched_at is not null
      and deleted_at is null
    for key share;

    if not found then
        return;
    end if;

    select heymilo_sync.search_language(language)
    into words_of
    from heymilo.postings
    where workspace_id = workspace
      and posting_id = posting;

    insert into heymilo_sync.search_documents (
        workspace_id, interview_id, posting_id, language, document, is_cut, fetched_at
    )
    select workspace, interview, posting, coalesce(words_of, 'simple'), document, is_cut, received_at
    from heymilo_sync.search_document(workspace, interview, coalesce(words_of, 'simple'))
    on conflict (interview_id, workspace_id) do update
        set posting_id = excluded.posting_id,
            language   = excluded.language,
            document   = excluded.document,
            is_cut     = excluded.is_cut,
            fetched_at = excluded.fetched_at,
            indexed_at = excluded.indexed_at;
end
$$;

comment on function heymilo_sync.write_search_document(text, text) is
    'Builds the search document of an interview from the rows that it has now.';

create function heymilo_sync.search_document_languages()
returns setof text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    found_language text;
begin
    -- The few distinct values, each by one look into the index.
    loop
        select min(language)
        into found_language
        from heymilo_sync.search_documents
        where language > coalesce(found_language, '');

        exit when found_language is null;
        return next found_language;
    end loop;
end
$$;

comment on function heymilo_sync.search_document_languages() is
    'The languages of the search documents, each once.';

create function heymilo_sync.rank_documents(
    query       tsquery,
    language    text,
    workspace   text,
    posting     text,
    max_results integer
)
returns table (workspace_id text, interview_id text, rank real)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        -- What no view counts is not found either. Few: they are compared in memory.
        with hidden as materialized (
            select postings.workspace_id, postings.posting_id
            from heymilo.postings
            where postings.test_posting is true
               or postings.deleted_at is not null
        )
        select
            documents.workspace_id,
            documents.interview_id,
            ts_rank(documents.document, rank_documents.query, 1) as rank
        from heymilo_sync.search_documents as documents
        left join hidden
          on hidden.workspace_id = documents.workspace_id
         and hidden.posting_id = documents.posting_id
        where documents.document @@ rank_documents.query
          -- Not by the index of languages, which would find nearly all.
          and documents.language || '' = rank_documents.language
          and hidden.posting_id is null
          and (rank_documents.workspace is null or documents.workspace_id = rank_documents.workspace)
          and (rank_documents.posting is null or documents.posting_id = rank_documents.posting)
        order by rank desc
        fetch first (rank_documents.max_results) rows with ties;
end
$$;

comment on function heymilo_sync.rank_documents(tsquery, text, text, text, integer) is
    'The best documents of one language for a query, with their ties.';

create function heymilo_sync.highlight_turns(workspace text, interview text, config regconfig, any_word tsquery)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return nullif(array(
        select
            coalesce(found.speaker || ': ', '')
            || ts_headline(config, found.text, any_word, 'StartSel=**, StopSel=**, MaxWords=35, MinWords=15')
        from (
            select turns.conversation, turns.position, turns.speaker, turns.text
            from (
                -- A single turn can be too long to be compared.
                select conversation, position, speaker, left(text, 100000) as text
                from heymilo_sync.turns
                where turns.workspace_id = workspace
                  and turns.interview_id = interview
            ) as turns
            where to_tsvector(config, turns.text) @@ any_word
            order by turns.conversation, turns.position
            limit 3
        ) as found
        order by found.conversation, found.position
    ), '{}');
end
$$;

comment on function heymilo_sync.highlight_turns(text, text, regconfig, tsquery) is
    'Up to three turns of an interview that hold one of the words, with the words between **.';

create function heymilo.search_transcripts(
    query       text,
    workspace   text default null,
    posting     text default null,
    max_results integer default 10
)
returns table (
    workspace_id   text,
    interview_id   text,
    posting_id     text,
    posting_title  text,
    interviewed_at timestamptz,
    rank           real,
    turns          text[]
)
language plpgsql
stable
-- A role may search without the right to read the tables: no name is among the columns. pg_temp stands
-- last, so that a caller's own temporary types cannot take the place of ours.
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
        -- The same words mean other lexemes in each language.
        with parsed as materialized (
            select
                languages.language,
                languages.language::regconfig as config,
                websearch_to_tsquery(languages.language::regconfig, search_transcripts.query) as query
            from heymilo_sync.search_document_languages() as languages (language)
        ),
        -- A word can be in nearly all: only the best are looked up. Some of them may have been deleted
        -- a moment ago.
        ranked as materialized (
            select documents.*, parsed.config, parsed.query
            from parsed
            cross join lateral heymilo_sync.rank_documents(
                parsed.query, parsed.language, search_transcripts.workspace, search_transcripts.posting,
                search_transcripts.max_results + 100
            ) as documents
            order by documents.rank desc
            fetch first (search_transcripts.max_results + 100) rows with ties
        ),
        found as materialized (
            select ranked.*, interviews.posting_id, postings.title, interviews.interviewed_at
            from ranked
            join heymilo.interviews using (workspace_id, interview_id)
            left join heymilo.postings using (workspace_id, posting_id)
            where interviews.deleted_at is null
            order by ranked.rank desc, interviews.interviewed_at desc nulls last, ranked.interview_id
            limit search_transcripts.max_results
        )
        select
            found.workspace_id,
            found.interview_id,
            found.posting_id,
            found.title,
            found.interviewed_at,
            found.rank,
            heymilo_sync.highlight_turns(
                found.workspace_id,
                found.interview_id,
                found.config,
                -- A turn need not hold all the words: the interview does. Words that must not occur are
                -- left out of the comparison.
                replace(nullif(querytree(found.query), 'T'), '&', '|')::tsquery
            )
        from found
        order by found.rank desc, found.interviewed_at desc nulls last, found.interview_id;
end
$$;

comment on function heymilo.search_transcripts(text, text, text, integer) is
    'Interviews in which something was said or written, best first, each with up to three of the turns and the words found between **. The query is as in a web search: words must all occur, "in quotes" side by side, or, -without. Optional: only one workspace, only one posting, how many at most (10). What candidates said counts for more than what the interviewer asked. Without test postings, and without deleted postings and interviews. For example, select * from heymilo.search_transcripts(''kubernetes -docker'') finds interviews with kubernetes and without docker.';

revoke execute on function heymilo.search_transcripts(text, text, text, integer) from public;
