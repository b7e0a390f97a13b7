-- What each role sees: the class of each column, the readers' roles, the analysts' views, and the publication
-- for warehouses. The program fills heymilo_sync.column_classes after it has migrated, and then calls
-- the functions of this file.

create table heymilo_sync.column_classes (
    relation    text not null,
    column_name text not null,
    class       text not null,
    constraint column_classes_pkey primary key (relation, column_name)
);

comment on table heymilo_sync.column_classes is
    'What each column of each table and view of heymilo-sync holds, as the program knows it. The views of schema heymilo_analyst show a column by its class. Readers'' roles are granted the tables and views that stand here, and no others.';
comment on column heymilo_sync.column_classes.relation is
    'The table or view with its schema, such as heymilo.interviews.';
comment on column heymilo_sync.column_classes.column_name is
    'The column.';
comment on column heymilo_sync.column_classes.class is
    'fact, identifier, free_text, conversation or open. fact: numbers, times, ids, words of HeyMilo. identifier: tells which person it is, or leads to the person. free_text: written about a person or a posting. conversation: what was said or written in an interview. open: JSON that may hold any of these.';

-- Roles belong to the whole server: another database may have made them, or be making them now.
create function heymilo_sync.make_roles()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Each role, and where it looks for tables.
    roles constant text[] := array[
        ['heymilo_bi_reader', 'heymilo_bi'],
        ['heymilo_analyst', 'heymilo_analyst, heymilo_bi'],
        ['heymilo_full', 'heymilo, heymilo_bi'],
        ['heymilo_demographics_reader', 'heymilo_demographics'],
        ['heymilo_bi_fairness', 'heymilo_bi, heymilo_demographics']
    ];
    made_by_us constant text := 'Reads the database of heymilo-sync.';
    role text[];
begin
    foreach role slice 1 in array roles loop
        begin
            execute format('create role %I login', role[1]);
            execute format('comment on role %I is %L', role[1], made_by_us);
        exception
            when duplicate_object or unique_violation then
                if shobj_description(to_regrole(role[1]), 'pg_authid') is distinct from made_by_us then
                    raise notice 'role % existed already and now reads this database: if it is another program''s, revoke what schema % gives it', role[1], split_part(role[2], ',', 1);
                end if;
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
                raise notice 'search_path of role % was not set: let an administrator run the script of heymilo-sync roles', role[1];
        end;
    end loop;
end
$$;

comment on function heymilo_sync.make_roles() is
    'Makes the readers'' roles, as far as that is allowed. They have no password, so no login is possible until one is set.';

create function heymilo_sync.without_gone(source regclass)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case
        when source = 'heymilo.interviews'::regclass then ' where deleted_at is null'
        when source = 'heymilo.candidates'::regclass then
            ' where (workspace_id, candidate_id) not in (
                  select workspace_id, candidate_id
                  from heymilo.interviews
                  where deleted_at is not null
                    and candidate_id is not null
              )
              or (workspace_id, candidate_id) in (
                  select workspace_id, candidate_id
                  from heymilo.interviews
                  where deleted_at is null
                    and (workspace_id, candidate_id) in (
                        select workspace_id, candidate_id
                        from heymilo.interviews
                        where deleted_at is not null
                    )
              )'
        when exists (
            select from pg_class
            join pg_attribute on attrelid = pg_class.oid
            where pg_class.oid = source
              and relkind in ('r', 'p')
              and attname = 'interview_id'
        ) then
            ' where not exists (
                  select from heymilo.interviews as gone
                  where gone.interview_id = shown.interview_id
                    and gone.workspace_id = shown.workspace_id
                    and gone.deleted_at is not null
              )'
        -- The views of schema heymilo leave them out themselves.
        else ''
    end
$$;

comment on function heymilo_sync.without_gone(regclass) is
    'The condition that leaves what is gone out of a table of schema heymilo, named shown. Gone are the interviews that HeyMilo has no more (interviews.deleted_at) and people who have no other interview.';

create function heymilo_sync.make_analyst_view(table_name name)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    source constant regclass := format('heymilo.%I', table_name)::regclass;
    target constant regclass := to_regclass(format('heymilo_analyst.%I', table_name));
    -- The beginning of the view's comment. A view without it belongs to another program.
    mark   constant text := format('heymilo.%s for analysts. ', table_name);
    shown   text;
    comment record;
begin
    if target is not null
        and not starts_with(coalesce(obj_description(target, 'pg_class'), ''), mark)
    then
        raise duplicate_table using message = 'its name is taken';
    end if;

    -- A view that exists keeps its columns and their order, because the views of others may be built on
    -- it: a column that is hidden by now is NULL. New columns come last.
    with classified as (
        select attname, attnum, atttypid, atttypmod, class in ('fact', 'free_text', 'conversation') as is_shown
        from pg_attribute
        join heymilo_sync.column_classes
            on relation = 'heymilo.' || table_name
           and column_name = attname
        where attrelid = source
          and attnum > 0
          and not attisdropped
    ),
    existing as (
        select attname, attnum, atttypid, atttypmod
        from pg_attribute
        where attrelid = target
          and attnum > 0
    )
    select string_agg(
        case
            when classified.is_shown then quote_ident(attname)
            else format('null::%s as %I', format_type(existing.atttypid, existing.atttypmod), attname)
        end,
        ', ' order by existing.attnum nulls last, classified.attnum
    )
    into shown
    from classified
    full join existing using (attname)
    where classified.is_shown
       or existing.attname is not null;

    if shown is null then
        return;
    end if;
    execute format(
        'create or replace view heymilo_analyst.%I as select %s from heymilo.%I as shown%s',
        table_name, shown, table_name, heymilo_sync.without_gone(source)
    );

    execute format(
        'comment on view heymilo_analyst.%I is %L',
        table_name, mark || obj_description(source, 'pg_class')
    );
    for comment in
        select shown_column.attname, col_description(source, original.attnum) as description
        from pg_attribute as shown_column
        join pg_attribute as original using (attname)
        where shown_column.attrelid = format('heymilo_analyst.%I', table_name)::regclass
          and original.attrelid = source
    loop
        execute format(
            'comment on column heymilo_analyst.%I.%I is %L', table_name, comment.attname, comment.description
        );
    end loop;

    if to_regrole('heymilo_analyst') is not null then
        execute format('grant select on heymilo_analyst.%I to heymilo_analyst', table_name);
    end if;
end
$$;

comment on function heymilo_sync.make_analyst_view(name) is
    'Makes the view of schema heymilo_analyst for a table or view of schema heymilo, and lets the role heymilo_analyst read it. The view has the columns of the classes fact, free_text and conversation.';

create function heymilo_sync.grant_object(privilege text, object text, reader name)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format('grant %s on %s to %I', privilege, object, reader);
exception
    when undefined_object then
        -- The role was not made.
        null;
    when insufficient_privilege then
        raise notice '% may not %: let the owner of % grant it', reader, privilege, object;
end
$$;

comment on function heymilo_sync.grant_object(text, text, name) is
    'Grants a reader''s role one privilege on one object. What is not allowed becomes a notice.';

create function heymilo_sync.grant_access()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    search constant text := 'function heymilo.search_transcripts(text, text, text, integer)';
    ours    record;
    allowed record;
begin
    for ours in
        select distinct relname
        from heymilo_sync.column_classes
        join pg_class on 'heymilo.' || relname = relation
        where relnamespace = 'heymilo'::regnamespace
    loop
        begin
            perform heymilo_sync.make_analyst_view(ours.relname);
        exception
            when duplicate_table or insufficient_privilege or invalid_table_definition or wrong_object_type then
                raise notice 'view heymilo_analyst.% was not made (%): rename or drop what has its name, then run heymilo-sync migrate', ours.relname, sqlerrm;
        end;
    end loop;

    for allowed in
        select role, schema
        from (values
            ('heymilo_bi_reader', 'heymilo_bi'),
            ('heymilo_analyst', 'heymilo_bi'),
            ('heymilo_full', 'heymilo_bi'),
            ('heymilo_full', 'heymilo'),
            ('heymilo_demographics_reader', 'heymilo_demographics'),
            ('heymilo_bi_fairness', 'heymilo_bi'),
            ('heymilo_bi_fairness', 'heymilo_demographics')
        ) as access (role, schema)
    loop
        perform heymilo_sync.grant_object('usage', format('schema %I', allowed.schema), allowed.role);
        perform heymilo_sync.grant_object('select', relation, allowed.role)
        from (
            select distinct relation
            from heymilo_sync.column_classes
            where relation like allowed.schema || '.%'
              and to_regclass(relation) is not null
            order by relation
        ) as ours;
    end loop;

    perform heymilo_sync.grant_object('usage', 'schema heymilo_analyst', 'heymilo_analyst');
    -- Only to call the function: the tables of schema heymilo stay closed to analysts.
    perform heymilo_sync.grant_object('usage', 'schema heymilo', 'heymilo_analyst');
    perform heymilo_sync.grant_object('execute', search, 'heymilo_analyst');
    perform heymilo_sync.grant_object('execute', search, 'heymilo_full');
end
$$;

comment on function heymilo_sync.grant_access() is
    'Makes the views of schema heymilo_analyst and lets each of the readers'' roles that exist read what it may: object by object, and only what is in column_classes. Objects of others are left as they are. heymilo-sync migrate calls it.';

-- Row security that is switched on for new tables, by an event trigger of others, would show readers nothing and
-- say nothing.
create function heymilo_sync.open_row_security()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    closed regclass;
begin
    for closed in
        select pg_class.oid
        from pg_class
        where relnamespace in ('heymilo'::regnamespace, 'heymilo_sync'::regnamespace)
          and relrowsecurity
          and pg_has_role(relowner, 'usage')
          and not exists (select from pg_policy where polrelid = pg_class.oid)
    loop
        execute format('create policy heymilo_sync_grants on %s using (true) with check (true)', closed);
    end loop;
end
$$;

comment on function heymilo_sync.open_row_security() is
    'Gives each table of ours that has row security and no policy a policy that lets grants decide. heymilo-sync migrate calls it.';

create function heymilo_sync.publish()
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
        when duplicate_object then
            if not exists (
                select
                from pg_publication
                where pubname = 'heymilo'
                  and starts_with(obj_description(oid, 'pg_publication'), 'All tables of schema heymilo')
            ) then
                raise notice 'a publication named heymilo existed already and was left as it is: for one of heymilo-sync''s tables, rename it and run heymilo-sync migrate';
                return;
            end if;
        when insufficient_privilege then
            raise notice 'publication heymilo was not made: creating one needs the right to create in this database';
            return;
    end;

    -- One by one, since a whole schema can only be published by a superuser.
    select string_agg(distinct format('heymilo.%I', relname), ', ')
    into missing
    from heymilo_sync.column_classes
    join pg_class on 'heymilo.' || relname = relation
    where relnamespace = 'heymilo'::regnamespace
      and relkind in ('r', 'p')
      and not exists (
          select
          from pg_publication_rel
          join pg_publication on pg_publication.oid = prpubid
          where prrelid = pg_class.oid
            and pubname = 'heymilo'
      );
    if missing is not null then
        execute 'alter publication heymilo add table ' || missing;
    end if;
exception
    when insufficient_privilege then
        raise notice 'publication heymilo belongs to another role and lacks %: let its owner add them', missing;
end
$$;

comment on function heymilo_sync.publish() is
    'Makes the publication heymilo and adds the tables of schema heymilo that it lacks. A publication of another program with this name is left as it is. heymilo-sync migrate calls it.';

create function heymilo_sync.make_workspace_views(workspace text, schema_name name, reader name)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    mark constant text := format('heymilo_bi for the workspace %s alone. ', workspace);
    ours record;
begin
    execute format('create schema if not exists %I', schema_name);
    for ours in
        select distinct relname, obj_description(pg_class.oid, 'pg_class') as about
        from heymilo_sync.column_classes
        join pg_class on 'heymilo_bi.' || relname = relation
        join pg_attribute on attrelid = pg_class.oid and attname = 'workspace_id'
        where relnamespace = 'heymilo_bi'::regnamespace
        order by relname
    loop
        begin
            if to_regclass(format('%I.%I', schema_name, ours.relname)) is not null
                and not starts_with(
                    coalesce(obj_description(to_regclass(format('%I.%I', schema_name, ours.relname)), 'pg_class'), ''),
                    mark
                )
            then
                raise duplicate_table using message = 'its name is taken';
            end if;
            execute format(
                'create or replace view %I.%I with (security_barrier) as
                 select * from heymilo_bi.%I where workspace_id = %L',
                schema_name, ours.relname, ours.relname, workspace
            );
            execute format('comment on view %I.%I is %L', schema_name, ours.relname, mark || ours.about);
            perform heymilo_sync.grant_object('select', format('%I.%I', schema_name, ours.relname), reader);
        exception
            when duplicate_table or insufficient_privilege or invalid_table_definition or wrong_object_type then
                raise notice 'view %.% was not made (%)', schema_name, ours.relname, sqlerrm;
        end;
    end loop;
    perform heymilo_sync.grant_object('usage', format('schema %I', schema_name), reader);
end
$$;

comment on function heymilo_sync.make_workspace_views(text, name, name) is
    'Makes a schema of views that show heymilo_bi for one workspace, and lets a role read them. Can be called again: it adds what is new and drops nothing.';
