"""Exports the database of DATABASE_URL in every way, changes it in between, and compares each export with SQL."""

import contextlib
import hashlib
import json
import logging
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

import duckdb
from adbc_driver_postgresql import dbapi
from pyarrow import fs

OWNER = os.environ['DATABASE_URL']
SECRET = 'secret%20of-the-tests'
READER = OWNER.replace('postgres@', f'heymilo_bi_reader:{SECRET}@')
EXPORT = pathlib.Path(__file__).parents[2] / 'deploy/parquet/export.py'
# What a type of Postgres becomes.
TYPES = {
    'text': 'VARCHAR', 'uuid': 'VARCHAR', 'boolean': 'BOOLEAN', 'integer': 'INTEGER', 'bigint': 'BIGINT',
    'double precision': 'DOUBLE', 'date': 'DATE', 'timestamp with time zone': 'TIMESTAMP WITH TIME ZONE',
}
NUMBERS = ('integer', 'bigint', 'double precision')


def sql(statement):
    """Runs statements as the owner. Returns the rows of the last one."""
    done = subprocess.run(
        ['psql', '-qXAt', '-v', 'ON_ERROR_STOP=1', OWNER], input=statement, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [line.split('|') for line in done.stdout.splitlines()]


def command(target, *options, url=READER):
    return subprocess.Popen(
        [sys.executable, str(EXPORT), str(target), *options], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**os.environ, 'DATABASE_URL': url})


def finish(process):
    said = process.communicate()[0]
    assert 'secret' not in said, said
    return process.returncode, said


def export(target, *options):
    """Runs an export that succeeds. Returns the number of files that it wrote, kept and deleted."""
    status, said = finish(command(target, *options))
    assert status == 0, said
    return [int(number) for number in re.search(r'wrote (\d+) .*kept (\d+), deleted (\d+)', said).groups()]


def manifest(target):
    return json.loads((target / 'manifest.json').read_text())


def named(target):
    """The files of the manifest, by their paths."""
    return {file['path']: file for table in manifest(target)['tables'].values() for file in table['files']}


def parts(target, paths):
    """The table and month of each file."""
    return {tuple(path.split('/')[:-1]) for path in paths}


def complete(target):
    """Reads all files of the manifest, and checks that each is what it says. Returns the manifest."""
    stated = manifest(target)
    for table in stated['tables'].values():
        for file in table['files']:
            content = (target / file['path']).read_bytes()
            assert len(content) == file['bytes'], file
            assert hashlib.sha256(content).hexdigest() == file['sha256'], file
    return stated


def clean(target):
    """The directory has the files of the manifest and no others."""
    present = {str(path.relative_to(target)) for path in target.rglob('*') if path.is_file()}
    assert present == {*named(target), 'manifest.json'}, present ^ {*named(target), 'manifest.json'}


def equal(target):
    """Every table has the types, counts, NULLs, sums and rows that SQL has. Returns the number of rows."""
    rows = 0
    with contextlib.closing(dbapi.connect(OWNER)) as connection, tempfile.TemporaryDirectory() as directory:
        for table, stated in manifest(target)['tables'].items():
            columns, files = stated['columns'], [str(target / file['path']) for file in stated['files']]
            read = f'read_parquet({files}, hive_partitioning = false)'
            described = duckdb.sql(f'describe select * from {read}').fetchall()
            types = {name: TYPES[kind] for name, kind in columns.items()}
            assert {name: kind for name, kind, *_ in described} == types, described

            sums = ['count(*)'] + [f'count("{name}")' for name in columns]
            sums += [f'sum("{name}")::float8' for name, kind in columns.items() if kind in NUMBERS]
            sums += [f'sum("{name}"::integer)' for name, kind in columns.items() if kind == 'boolean']
            with connection.cursor() as cursor:
                cursor.execute(f'select {", ".join(sums)} from heymilo_bi.{table}')
                ours = cursor.fetchone()
            theirs = duckdb.sql(f'select {", ".join(sums)} from {read}').fetchall()[0]
            for what, our, their in zip(sums, ours, theirs):
                is_equal = our == their or math.isnan(our) and math.isnan(their)
                assert is_equal or math.isclose(our, their, rel_tol=1e-12), (table, what, our, their)
            assert theirs[0] == sum(file['rows'] for file in stated['files']), table
            rows += theirs[0]

            csv = f'{directory}/{table}.csv'
            sql(f"set time zone 'UTC';\n\\copy (select * from heymilo_bi.{table}) to '{csv}' csv")
            known = (f"read_csv('{csv}', header = false, auto_detect = false, delim = ',', quote = '\"', "
                     f"escape = '\"', nullstr = '', allow_quoted_nulls = false, columns = {types})")
            for one, other in ((read, known), (known, read)):
                differing = duckdb.sql(f'select * from {one} except all select * from {other}').fetchall()
                assert not differing, (table, differing[0])
    return rows


def holds(target, word):
    """The files whose bytes or values have a word."""
    found = []
    for path in filter(pathlib.Path.is_file, target.rglob('*')):
        content = path.read_bytes()
        if path.suffix == '.parquet':
            content += repr(duckdb.sql(f"from read_parquet('{path}')").fetchall()).encode()
        if re.search(rb'\b' + word.encode() + rb'\b', content):
            found.append(path)
    return found


def erase(interview):
    """Deletes as src/store/traces.rs does: from every table that has the interview, then the person."""
    sql(f"""
        create temporary table person as
        select workspace_id, candidate_id from heymilo.interviews where interview_id = '{interview}';
        select format('delete from %I.%I where interview_id = %L', nspname, relname, '{interview}')
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        join pg_attribute on attrelid = pg_class.oid
        where attname = 'interview_id'
          and not attisdropped
          and relkind in ('r', 'p')
          and nspname in ('heymilo', 'heymilo_sync') \\gexec
        delete from heymilo.candidates using person
        where candidates.candidate_id = person.candidate_id
          and not exists (select from heymilo.interviews where interviews.candidate_id = person.candidate_id);
    """)


def months_of(interview):
    [[month]] = sql(f"""select to_char(invited_at at time zone 'UTC', 'YYYY-MM')
                        from heymilo.interview_outcomes where interview_id = '{interview}'""")
    return month


def changed(target, action):
    """What an export writes after an action: tables and months that have other files."""
    before = named(target)
    action()
    wrote, kept, _ = export(target)
    after = named(target)
    new = after.keys() - before.keys()
    assert wrote + kept == len(after) and kept <= len(after) - len(new)
    clean(target)
    return parts(target, new), parts(target, before.keys() - after.keys())


def whole(target):
    # A year becomes six weeks, so that there are few files.
    sql("""
        update heymilo.interview_outcomes set invited_at = timestamptz '2026-02-01' + (now() - invited_at) / 8;
        update heymilo.step_outcomes as steps
        set invited_at = outcomes.invited_at
        from heymilo.interview_outcomes as outcomes
        where outcomes.interview_id = steps.interview_id;
    """)
    # Values that files get wrong most easily: no date, no text, quotes, lines, and numbers that are none.
    sql("""
        update heymilo.interview_outcomes set invited_at = null where interview_id in ('int_7', 'int_8');
        update heymilo.step_outcomes set invited_at = null where interview_id in ('int_7', 'int_8');
        update heymilo.interview_outcomes set source = '' where interview_id = 'int_9';
        update heymilo.interview_outcomes set source = E'a "b", c\\n\\u00e9 \\U0001f600' where interview_id = 'int_10';
        update heymilo.interview_outcomes set score = 'NaN' where interview_id = 'int_7';
        update heymilo.interview_outcomes set match_score = '-Infinity' where interview_id = 'int_8';
        update heymilo.interview_outcomes set speech_score = '1e-300' where interview_id = 'int_9';
        update heymilo.interview_outcomes set invited_at = '1969-12-31 23:59:59.999999Z' where interview_id = 'int_11';
        update heymilo.interview_outcomes set invited_at = '2026-02-01 00:00:00Z' where interview_id = 'int_12';
    """)
    wrote, kept, _ = export(target)
    assert kept == 0 and wrote == len(named(target))
    clean(target)
    assert ('interview_facts', 'month=none') in parts(target, named(target))
    documented(target)
    return f'{wrote} files with {equal(target)} rows equal SQL in types, counts, NULLs, sums and every row'


def documented(target):
    """The queries of docs/warehouse.md see every interview."""
    page = (EXPORT.parents[2] / 'docs/warehouse.md').read_text()
    [block] = re.findall(r'```sql\n(set variable.*?)```', page, re.DOTALL)
    connection, [[rows]] = duckdb.connect(), sql('select count(*) from heymilo_bi.interview_facts')
    statements = block.replace('/srv/heymilo', str(target)).split(';')
    connection.execute(statements[0])
    for read in statements[1:3]:
        assert len(connection.execute(read).fetchall()) == int(rows), read


def unchanged(target):
    def states():
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in target.rglob('*.parquet')}

    before, as_of = states(), manifest(target)['as_of']
    assert export(target) == [0, len(before), 0]
    assert states() == before and manifest(target)['as_of'] > as_of
    return 'a second export writes no file, and a manifest with its own time'


def one_change(target):
    month = months_of('int_20')
    new, old = changed(target, lambda: sql(
        "update heymilo.interview_outcomes set speech_score = 4.5 where interview_id = 'int_20'"))
    assert new == old == {('interview_facts', f'month={month}')}, (new, old)

    # A late result, of which the interview's own row shows nothing.
    new, old = changed(target, lambda: sql("""
        insert into heymilo.form_answers (workspace_id, interview_id, position, question_id, is_knockout, passed)
        values ('default', 'int_20', 99, 'late', false, null)"""))
    assert new == old == {('criterion_facts', f'month={month}')}, (new, old)
    equal(target)
    return 'a changed interview and a late result write one file each'


def move(target):
    # It was alone in its month, which has no file then.
    new, old = changed(target, lambda: sql(
        "update heymilo.interview_outcomes set invited_at = '2026-03-05' where interview_id = 'int_11'"))
    assert ('interview_facts', 'month=2026-03') in new
    assert ('interview_facts', 'month=1969-12') in old - new
    assert {part[-1] for part in new | old if part[0].endswith('facts')} == {'month=1969-12', 'month=2026-03'}
    equal(target)
    return 'a row that moves writes the month that it left and the month that it came to'


def erasure(target):
    # One with rows in every fact, whose person has no other interview.
    [[interview, person]] = sql("""
        select min(interview_id), person_key from heymilo.interview_outcomes group by person_key
        having count(*) = 1 and bool_and(is_completed and decision is not null and invited_at > '2026-02-02')
        order by 1 limit 1""")
    month = months_of(interview)
    before = holds(target, interview)
    assert len(before) == 7 and len(holds(target, person)) == 2, before

    new, _ = changed(target, lambda: erase(interview))
    assert {part[-1] for part in new if part[0].endswith('facts')} == {f'month={month}'}, new
    assert not holds(target, interview) and not holds(target, person)
    equal(target)
    return f'an erased interview was in {len(before)} files and is in none, nor is its person'


def kill(target):
    """Kills exports at any place. Readers have the export before, and the next one cleans up."""
    hidden = 0
    for delay in (0, 0.2, 0.5):
        before = complete(target)
        sql("update heymilo.postings set title = title || '.'")
        process = command(target)
        end = time.monotonic() + 60
        while not any(target.rglob('*.part')) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(delay)
        process.kill()
        process.communicate()
        hidden += len(list(target.rglob('*.part')))
        stated = complete(target)
        assert stated == before or stated['as_of'] > before['as_of']
    assert hidden, 'no export was killed half way'

    export(target)
    clean(target)
    equal(target)
    return f'exports killed at 3 places left the former one whole, and {hidden} hidden files that the next one deleted'


def readers(target):
    """Reads by the manifest, and by names, while exports replace every file."""
    is_over, reads, again, faults = threading.Event(), [], 0, []

    def read():
        nonlocal again
        while not is_over.is_set():
            try:
                stated = complete(target)
                titles = [duckdb.connect().sql(f"select distinct posting_title from read_parquet({files})").fetchall()
                          for files in ([str(target / file['path']) for file in stated['tables'][table]['files']]
                                        for table in ('interview_facts', 'posting_dimension'))]
                # Facts and dimensions are of one moment.
                assert sorted(titles[0]) == sorted(titles[1]), titles
                reads.append(stated['as_of'])
                # Each file with the name of a Parquet file is one.
                for path in target.rglob('*.parquet'):
                    content = path.read_bytes()
                    assert content[:4] == content[-4:] == b'PAR1', path
            except (FileNotFoundError, duckdb.IOException):
                again += 1
            except AssertionError as fault:
                faults.append(fault)
                return

    def rename():
        while not is_over.is_set():
            sql("update heymilo.postings set title = title || '.'")
            sql("update heymilo.postings set title = rtrim(title, '.')")
            time.sleep(0.1)

    threads = [threading.Thread(target=read), threading.Thread(target=rename)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        export(target, '--whole')
    is_over.set()
    for thread in threads:
        thread.join()
    assert not faults, faults
    assert len(set(reads)) >= 2, reads
    return f'{len(reads)} reads during 2 exports saw {len(set(reads))} exports, each whole. {again} reads began again'


def two_at_once(target):
    sql("update heymilo.postings set title = title || '-'")
    ended = [finish(process) for process in [command(target), command(target)]]
    assert sorted(status for status, _ in ended) == [0, 1], ended
    assert any('another export to the same place is running' in said for _, said in ended)
    clean(target)
    return 'of two exports at once one is refused'


def foreign_files(target):
    names = ['notes.parquet', 'interview_facts/month=none/mine.parquet', 'interview_facts.json']
    for name in names:
        (target / name).write_text('mine')
    # A file that was lost is written again.
    lost = next(path for path in named(target) if path.startswith('step_facts/'))
    (target / lost).unlink()
    assert export(target)[0] == 1
    for name in names:
        assert (target / name).read_text() == 'mine'
        (target / name).unlink()
    clean(target)
    return 'files of others stay, and a lost file is written again'


def upgrade(target):
    new, _ = changed(target, lambda: sql('alter view heymilo_bi.tag_facts rename column tag to label'))
    # What is written again with the same content has the same name.
    assert all(table == 'tag_facts' for table, *_ in new), new
    equal(target)
    sql('alter view heymilo_bi.tag_facts rename column label to tag')
    export(target)
    return 'a renamed column has everything written again'


def errors(target):
    nowhere = READER.replace('?host=', '?host=/nowhere')
    cases = [
        (nowhere, target, 'connecting to the database'),
        (READER.replace(SECRET, 'secret@of/the#tests'), target, 'DATABASE_URL'),
        (READER.replace(SECRET, 'secret%zz'), target, 'DATABASE_URL'),
        ('', target, 'DATABASE_URL'),
        (READER, target / 'manifest.json', 'manifest.json'),
        (READER, 's3://key:secret@bucket/prefix', 'AWS_SECRET_ACCESS_KEY'),
        (READER, 'nothing://bucket', 'nothing'),
    ]
    before = complete(target)
    for url, place, expected in cases:
        process = command(place, url=url)
        said = process.communicate()[0]
        assert process.returncode == 1 and expected in said and 'Traceback' not in said, said
        assert 'secret' not in said.replace('holds a secret', ''), said

    sql('revoke select on heymilo_bi.step_facts from heymilo_bi_reader')
    status, said = finish(command(target))
    assert status == 1 and 'step_facts' in said and 'heymilo-sync migrate' in said, said
    sql('grant select on heymilo_bi.step_facts to heymilo_bi_reader')
    assert complete(target) == before
    return f'{len(cases) + 1} failures say what to do, without the password'


def bucket(directory):
    """The same to a bucket, by moto's server of S3."""
    from moto.server import ThreadedMotoServer

    logging.getLogger('werkzeug').setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
    server.start()
    os.environ |= {'AWS_ACCESS_KEY_ID': 'test', 'AWS_SECRET_ACCESS_KEY': 'test', 'AWS_DEFAULT_REGION': 'us-east-1'}
    address = f's3://bucket/heymilo?scheme=http&endpoint_override=127.0.0.1:{server.get_host_and_port()[1]}'
    s3, root = fs.FileSystem.from_uri(address + '&allow_bucket_creation=true')
    s3.create_dir('bucket')

    def copy(name):
        fs.copy_files(root, str(directory / name), source_filesystem=s3)
        return directory / name

    first = export(address)
    equal(copy('first'))
    clean(directory / 'first')
    assert export(address) == [0, first[0], 0]
    erase('int_30')
    wrote, _, deleted = export(address)
    assert 0 < wrote < first[0] and 0 < deleted < first[0]
    equal(copy('second'))
    clean(directory / 'second')
    assert holds(directory / 'first', 'int_30') and not holds(directory / 'second', 'int_30')
    server.stop()
    return f'a bucket of S3: {first[0]} files, then none, and {wrote} after an erasure'


def main():
    with tempfile.TemporaryDirectory() as directory:
        target = pathlib.Path(directory) / 'export'
        for check in (
            whole, unchanged, one_change, move, erasure, kill, readers, two_at_once, foreign_files, upgrade, errors,
        ):
            print(check(target), flush=True)
        print(bucket(pathlib.Path(directory)))


if __name__ == '__main__':
    main()
