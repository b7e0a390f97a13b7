-- The road to a warehouse: logical replication of the analysts' tables.

create function heymilo_sync.publish()
returns void
language plpgsql
set search_path = pg_catalog
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
end
$$;

comment on function heymilo_sync.publish() is
    'Makes the publication heymilo and adds the tables of schema heymilo that it lacks. To be called by every migration that adds a table there.';

select heymilo_sync.publish();
