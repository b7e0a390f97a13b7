-- The readers' roles of heymilo-sync. Run this in its database as somebody who may create roles:
--     heymilo-sync roles | psql "$DATABASE_URL"
-- It can be run again. docs/privacy.md says what each role sees. None has a password, so that
-- nobody can log in before you say:
--     alter role heymilo_bi_reader password '...';

do $$
declare
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
            execute format('comment on role %I is %L', role[1], 'Reads the database of heymilo-sync.');
        exception
            when duplicate_object or unique_violation then null;
        end;
        execute format(
            'alter role %I in database %I set search_path = %s',
            role[1], current_database(), role[2]
        );
    end loop;
end
$$;

-- What each of them may read. This part belongs to the owner of the tables: the user that the
-- daemon connects as, or a superuser.
select heymilo_sync.grant_access();
