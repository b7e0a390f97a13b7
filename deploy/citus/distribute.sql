-- Distributes the tables of heymilo-sync over the workers of a Citus cluster. Run it on the
-- coordinator, as the owner of the tables, while no daemon runs. The tables may be empty or full:
--
--   psql --set ON_ERROR_STOP=1 --file deploy/citus/distribute.sql "$DATABASE_URL"
--
-- Facts (every table of schema heymilo whose key has an interview_id) are spread by interview_id, so
-- that all rows of an interview lie on one worker. Dimensions and legal holds are copied to every
-- worker. The rest of the machinery (schema heymilo_sync) stays on the coordinator. A second run
-- distributes what is new.

create extension if not exists citus;

do $$
declare
    relation regclass;
begin
    -- The interviews first: they give the other facts their place.
    perform create_distributed_table('heymilo.interviews', 'interview_id')
    where not exists (select from pg_dist_partition where logicalrelid = 'heymilo.interviews'::regclass);
    for relation in
        select conrelid
        from pg_constraint
        join pg_attribute on attrelid = conrelid and attnum = any (conkey)
        where contype = 'p'
          and attname = 'interview_id'
          and connamespace = 'heymilo'::regnamespace
          and conrelid not in (select logicalrelid from pg_dist_partition)
        order by conrelid::regclass::text
    loop
        perform create_distributed_table(relation, 'interview_id', colocate_with => 'heymilo.interviews');
    end loop;

    for relation in
        select oid
        from pg_class
        where relkind = 'r'
          and (relnamespace = 'heymilo'::regnamespace or oid = 'heymilo_sync.holds'::regclass)
          and oid not in (select logicalrelid from pg_dist_partition)
        order by relname
    loop
        perform create_reference_table(relation);
    end loop;
end
$$;

-- Citus plans a statement for the shards of its parameters, so a plan without them cannot be made.
alter function heymilo_sync.write_outcomes reset plan_cache_mode;
alter function heymilo_sync.take_deliveries reset plan_cache_mode;
