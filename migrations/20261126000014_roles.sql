-- Who sees what: a role for dashboards, one for analysts, one for those who may see everything.

create schema heymilo_analyst;
comment on schema heymilo_analyst is
    'The tables of schema heymilo without names, e-mail addresses, links, pictures and open JSON about a person: what the role heymilo_analyst sees. Free text, such as transcripts, is there.';

create function heymilo_sync.is_identifier(relation regclass, column_name name)
returns boolean
language sql
stable
set search_path = pg_catalog
as $$
    select
        column_name in (
            'candidate_name', 'candidate_email', 'email', 'interview_url', 'resume_url',
            'audio_recording_url', 'video_recording_url', 'image', 'interview_integrity_filename',
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

comment on function heymilo_sync.is_identifier(regclass, name) is
    'Whether a column tells who somebody is, so that the views of schema heymilo_analyst leave it out.';

-- Roles belong to the whole server: another database may have made them, or be making them now.
create function heymilo_sync.make_roles()
returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
    -- Who they are, and where they look for tables.
    roles constant text[] := array[
        ['heymilo_bi_reader', 'heymilo_bi'],
        ['heymilo_analyst', 'heymilo_analyst, heymilo_bi'],
        ['heymilo_full', 'heymilo, heymilo_bi'],
        ['heymilo_demographics_reader', 'heymilo_demographics']
    ];
    role text[];
begin
    foreach role slice 1 in array roles loop
        begin
            execute format('create role %I login', role[1]);
        exception
            when duplicate_object or unique_violation then null;
            when insufficient_privilege then
                raise notice 'role % was not made: let an administrator run the script of heymilo-sync roles', role[1];
        end;
        begin
            execute format(
                'alter role %I in database %I set search_path = %s',
                role[1], current_database(), role[2]
            );
        exception
            when undefined_object then null;
            when insufficient_privilege then
                raise notice 'role % looks for tables in no schema: let an administrator run the script of heymilo-sync roles', role[1];
        end;
    end loop;
end
$$;

comment on function heymilo_sync.make_roles() is
    'Makes the readers'' roles, as far as that is allowed. They have no password: nobody can log in until they are given one.';

create function heymilo_sync.grant_access()
returns void
language plpgsql
set search_path = pg_catalog
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
        select role, schema
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
        execute format(
            'alter default privileges in schema %I grant select on tables to %I',
            allowed.schema, allowed.role
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

comment on function heymilo_sync.grant_access() is
    'Makes the views of schema heymilo_analyst, one for each table and view of schema heymilo, and lets each of the readers'' roles that exist read what it may. To be called by every migration that adds a table or a column to schema heymilo.';

revoke execute on function heymilo.search_transcripts(text, text, text, integer) from public;

select heymilo_sync.make_roles();
select heymilo_sync.grant_access();
