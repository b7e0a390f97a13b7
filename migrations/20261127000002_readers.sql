-- Closes what readers' roles and erasure let through.

-- Named last, a caller's own temporary types cannot take the place of ours.
alter function heymilo_sync.tombstone(text, text) set search_path = pg_catalog, pg_temp;
alter function heymilo_sync.refuse_erased_job() set search_path = pg_catalog, pg_temp;
alter function heymilo_sync.make_roles() set search_path = pg_catalog, pg_temp;

create or replace function heymilo_sync.blank_erased_delivery()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from heymilo_sync.tombstones) then
        return new;
    end if;
    if exists (
        select
        from (
            select unnest(new.interview_ids) as id
            union
            select regexp_split_to_table(
                encode(new.body, 'escape') || ' ' || coalesce(new.query, ''),
                '[^[:alnum:]_-]+'
            )
            union
            -- Addresses, whose letters have no case.
            select regexp_split_to_table(
                lower(encode(new.body, 'escape') || ' ' || coalesce(new.query, '')),
                '[^[:alnum:]_.@+-]+'
            )
        ) as words
        cross join heymilo_sync.salts
        join heymilo_sync.tombstones on tombstones.digest
            = sha256(salts.salt || convert_to(jsonb_build_array(new.workspace_id, words.id)::text, 'UTF8'))
    ) then
        new.body := '';
        new.query := null;
        new.interview_ids := array(
            select id
            from unnest(new.interview_ids) as id
            where not exists (
                select from heymilo_sync.tombstones
                where digest = heymilo_sync.tombstone(new.workspace_id, id)
            )
        );
    end if;
    return new;
end
$$;

create or replace function heymilo_sync.is_identifier(relation regclass, column_name name)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        column_name in (
            'candidate_name', 'candidate_email', 'email', 'interview_url', 'resume_url',
            'audio_recording_url', 'video_recording_url', 'image', 'interview_integrity_filename',
            -- Whoever knows it may send in candidates.
            'ingestion_url_key',
            -- What forms ask for is often a name, a number or an address.
            'candidate_answer'
        )
        or (column_name = 'name' and relation = 'heymilo.candidates'::regclass)
        -- Open JSON about a person may hold anything.
        or exists (
            select
            from pg_attribute
            join pg_attribute as owner using (attrelid)
            where pg_attribute.attrelid = relation
              and pg_attribute.attname = column_name
              and pg_attribute.atttypid = 'jsonb'::regtype
              and owner.attname = 'interview_id'
        )
$$;

create or replace function heymilo_sync.grant_access()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    relation record;
    allowed  record;
    shown    text;
    col      record;
begin
    for relation in
        select pg_class.oid, relname, obj_description(pg_class.oid, 'pg_class') as description
        from pg_class
        where relnamespace = 'heymilo'::regnamespace
          and relkind in ('r', 'p', 'v', 'm')
    loop
        select string_agg(quote_ident(attname), ', ' order by attnum)
        into shown
        from pg_attribute
        where attrelid = relation.oid
          and attnum > 0
          and not attisdropped
          and not heymilo_sync.is_identifier(relation.oid, attname);
        execute format(
            'create or replace view heymilo_analyst.%I as select %s from heymilo.%I',
            relation.relname, shown, relation.relname
        );
        execute format(
            'comment on view heymilo_analyst.%I is %L', relation.relname, relation.description
        );
        for col in
            select attname, col_description(relation.oid, attnum) as description
            from pg_attribute
            where attrelid = relation.oid
              and attnum > 0
              and not attisdropped
              and not heymilo_sync.is_identifier(relation.oid, attname)
        loop
            execute format(
                'comment on column heymilo_analyst.%I.%I is %L',
                relation.relname, col.attname, col.description
            );
        end loop;
    end loop;

    for allowed in
        select
            role,
            schema,
            (select nspowner::regrole::name from pg_namespace where nspname = schema) as owner
        from (values
            ('heymilo_bi_reader', 'heymilo_bi'),
            ('heymilo_analyst', 'heymilo_bi'),
            ('heymilo_analyst', 'heymilo_analyst'),
            ('heymilo_full', 'heymilo_bi'),
            ('heymilo_full', 'heymilo'),
            ('heymilo_demographics_reader', 'heymilo_demographics')
        ) as access (role, schema)
        where to_regrole(role) is not null
          and to_regnamespace(schema) is not null
    loop
        execute format('grant usage on schema %I to %I', allowed.schema, allowed.role);
        execute format('grant select on all tables in schema %I to %I', allowed.schema, allowed.role);
        -- What the owner makes later, whoever calls this.
        execute format(
            'alter default privileges for role %I in schema %I grant select on tables to %I',
            allowed.owner, allowed.schema, allowed.role
        );
    end loop;

    if to_regrole('heymilo_analyst') is not null then
        -- Only to call the function: its tables stay closed.
        grant usage on schema heymilo to heymilo_analyst;
        grant execute on function heymilo.search_transcripts(text, text, text, integer) to heymilo_analyst;
    end if;
    if to_regrole('heymilo_full') is not null then
        grant execute on function heymilo.search_transcripts(text, text, text, integer) to heymilo_full;
    end if;
end
$$;

-- A view cannot lose a column.
drop view heymilo_analyst.postings;
select heymilo_sync.grant_access();

create or replace function heymilo_sync.publish()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    missing text;
begin
    begin
        create publication heymilo;
        comment on publication heymilo is
            'All tables of schema heymilo, for logical replication to a warehouse. Personal data.';
    exception
        when duplicate_object then null;
        when insufficient_privilege then
            raise notice 'publication heymilo was not made: creating one needs the right to create in this database';
            return;
    end;
    -- One by one, since a whole schema can only be published by a superuser.
    select string_agg(format('heymilo.%I', relname), ', ' order by relname)
    into missing
    from pg_class
    where relnamespace = 'heymilo'::regnamespace
      and relkind in ('r', 'p')
      and not exists (select from pg_publication where pubname = 'heymilo' and puballtables)
      and not exists (
          select
          from pg_publication_rel
          join pg_publication on pg_publication.oid = prpubid
          where prrelid = pg_class.oid
            and pubname = 'heymilo'
      );
    if missing is not null then
        begin
            execute 'alter publication heymilo add table ' || missing;
        exception
            when insufficient_privilege then
                raise notice 'publication heymilo belongs to somebody else and lacks %', missing;
        end;
    end if;
end
$$;

select heymilo_sync.publish();
