-- Search finds what the views count: no test postings, and none that are gone.

create or replace function heymilo.search_transcripts(
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
language sql
stable
-- Whoever may search need not be allowed to read the tables: no name is among the columns. Named
-- last, a caller's own temporary types cannot take the place of ours.
security definer
set search_path = pg_catalog, pg_temp
as $$
    with recursive languages (language) as (
        -- The few distinct values, each by one look into the index.
        select min(search_documents.language)
        from heymilo_sync.search_documents
        union all
        select (
            select min(search_documents.language)
            from heymilo_sync.search_documents
            where search_documents.language > languages.language
        )
        from languages
        where languages.language is not null
    ),
    -- The same words mean other lexemes in each language.
    parsed as materialized (
        select
            languages.language,
            languages.language::regconfig as config,
            websearch_to_tsquery(languages.language::regconfig, search_transcripts.query) as query
        from languages
        where languages.language is not null
    ),
    queries as materialized (
        select
            parsed.*,
            -- A turn need not hold all the words: the interview does. Words that must not occur are
            -- left out of the comparison.
            replace(nullif(querytree(parsed.query), 'T'), '&', '|')::tsquery as any_word
        from parsed
    ),
    -- What no view counts is not found either. Few: they are compared in memory.
    hidden as materialized (
        select postings.workspace_id, postings.posting_id
        from heymilo.postings
        where postings.test_posting is true
           or postings.deleted_at is not null
    ),
    ranked as materialized (
        select matches.*, queries.config, queries.any_word
        from queries
        cross join lateral (
            select
                documents.workspace_id,
                documents.interview_id,
                ts_rank(documents.document, queries.query, 1) as rank
            from heymilo_sync.search_documents as documents
            where documents.document @@ queries.query
              -- Not by the index of languages, which would find nearly all.
              and documents.language || '' = queries.language
              and not exists (
                  select
                  from hidden
                  where hidden.workspace_id = documents.workspace_id
                    and hidden.posting_id = documents.posting_id
              )
              and (search_transcripts.workspace is null
                   or documents.workspace_id = search_transcripts.workspace)
              and (search_transcripts.posting is null
                   or documents.posting_id = search_transcripts.posting)
            -- Planned for one language at a time, so that the words lead to the documents.
            offset 0
        ) as matches
        order by matches.rank desc
        -- A word can be in nearly all: only the best are looked up. Some of them may have been deleted
        -- a moment ago.
        fetch first (search_transcripts.max_results + 100) rows with ties
    ),
    found as materialized (
        select ranked.*, interviews.posting_id, interviews.interviewed_at
        from ranked
        join heymilo.interviews using (workspace_id, interview_id)
        where interviews.deleted_at is null
        order by ranked.rank desc, interviews.interviewed_at desc nulls last, ranked.interview_id
        limit search_transcripts.max_results
    )
    select
        found.workspace_id,
        found.interview_id,
        found.posting_id,
        postings.title,
        found.interviewed_at,
        found.rank,
        highlighted.turns
    from found
    left join heymilo.postings using (workspace_id, posting_id)
    cross join lateral (
        select array_agg(
            coalesce(shown.speaker || ': ', '')
            || ts_headline(
                found.config,
                shown.text,
                found.any_word,
                'StartSel=**, StopSel=**, MaxWords=35, MinWords=15'
            )
            order by shown.conversation, shown.position
        ) as turns
        from (
            select turns.conversation, turns.position, turns.speaker, turns.text
            from (
                -- A single turn can be too long to be compared.
                select conversation, position, speaker, left(text, 100000) as text
                from heymilo_sync.turns
                where turns.workspace_id = found.workspace_id
                  and turns.interview_id = found.interview_id
            ) as turns
            where to_tsvector(found.config, turns.text) @@ found.any_word
            order by turns.conversation, turns.position
            limit 3
        ) as shown
    ) as highlighted
    order by found.rank desc, found.interviewed_at desc nulls last, found.interview_id
$$;

comment on function heymilo.search_transcripts(text, text, text, integer) is
    'Interviews in which something was said or written, best first, each with up to three of the turns and the words found between **. The query is as in a web search: words must all occur, "in quotes" side by side, or, -without. Optional: only one workspace, only one posting, how many at most (10). What candidates said counts for more than what the interviewer asked. Without test postings, and without deleted postings and interviews. Example: select * from heymilo.search_transcripts(''kubernetes -docker'');';
