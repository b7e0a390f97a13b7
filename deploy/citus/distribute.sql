-- Distributes the tables of heymilo-sync over the workers of a Citus cluster. Run it once on the
-- coordinator, as the owner of the tables, while no daemon runs. The tables may be empty or full:
--
--   psql --set ON_ERROR_STOP=1 --file deploy/citus/distribute.sql "$DATABASE_URL"
--
-- Facts (every table of schema heymilo whose key has an interview_id) are spread by interview_id, so
-- that all rows of an interview lie on one worker. Dimensions are copied to every worker. The
-- machinery (schema heymilo_sync) stays on the coordinator. A second run changes nothing.

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
          and (connamespace = 'heymilo'::regnamespace or conrelid = 'heymilo_sync.search_documents'::regclass)
          and conrelid not in (select logicalrelid from pg_dist_partition)
        order by conrelid::regclass::text
    loop
        perform create_distributed_table(relation, 'interview_id', colocate_with => 'heymilo.interviews');
    end loop;

    -- An answer about an interview lies beside it: its subject is the interview.
    perform create_distributed_table('heymilo_sync.snapshots', 'subject_id', colocate_with => 'heymilo.interviews')
    where not exists (select from pg_dist_partition where logicalrelid = 'heymilo_sync.snapshots'::regclass);

    for relation in
        select oid
        from pg_class
        where relkind = 'r'
          and (relnamespace = 'heymilo'::regnamespace
               or oid in ('heymilo_sync.holds'::regclass, 'heymilo_sync.demographic_attributes'::regclass,
                          'heymilo_sync.dimensions'::regclass, 'heymilo_sync.salts'::regclass,
                          'heymilo_sync.reporting'::regclass))
          and oid not in (select logicalrelid from pg_dist_partition)
        order by relname
    loop
        perform create_reference_table(relation);
    end loop;
end
$$;
