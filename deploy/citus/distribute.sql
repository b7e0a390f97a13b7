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
    found record;
begin
    for found in
        select pg_class.oid::regclass as relation,
               exists (
                   select
                   from pg_constraint
                   join pg_attribute on attrelid = conrelid and attnum = any (conkey)
                   where conrelid = pg_class.oid and contype = 'p' and attname = 'interview_id'
               ) as is_fact
        from pg_class
        where relnamespace = 'heymilo'::regnamespace
          and relkind = 'r'
          and not exists (select from pg_dist_partition where logicalrelid = pg_class.oid)
        -- The first fact gives the others their place.
        order by pg_class.oid <> 'heymilo.interviews'::regclass, relname
    loop
        if not found.is_fact then
            perform create_reference_table(found.relation);
        elsif found.relation = 'heymilo.interviews'::regclass then
            perform create_distributed_table(found.relation, 'interview_id');
        else
            perform create_distributed_table(found.relation, 'interview_id', colocate_with => 'heymilo.interviews');
        end if;
    end loop;
end
$$;
