#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "adbc-driver-manager>=1.13,<2",
#     "adbc-driver-postgresql>=1.13,<2",
#     "pyarrow>=26,<27",
# ]
# ///
"""Writes the facts and dimensions of schema heymilo_bi as Parquet files, and a manifest that names them.

A fact has one file for each month of invited_at, in UTC, so that all rows of an interview are in the same month.
A run writes the months whose rows differ from those of the last manifest. It reads one snapshot of the database.

DATABASE_URL names the database, as heymilo_bi_reader. docs/warehouse.md has the rest.
"""

import argparse
import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import adbc_driver_manager
import pyarrow
from adbc_driver_postgresql import StatementOptions, dbapi
from pyarrow import fs, parquet

# Of the manifest and of the names. Another number has everything written anew.
LAYOUT = 1
# Of rows, as Postgres sends them. Each batch becomes a row group.
BATCH_BYTES = 16 * 1024 * 1024
MANIFEST = 'manifest.json'
# Ends the name of a file that is not complete, so that no reader takes it for one.
PART = '.part'
# What a run may delete: names that only the export gives.
OURS = re.compile(r'(\w+_(facts|dimension)/(month=[\w-]+/)?[0-9a-f]{64}\.parquet|manifest\.json)(\.part)?')
UNCHANGED = 'Readers see one whole export. Run it again. If the role may not read a table, run heymilo-sync migrate.'

COLUMNS = """
    select relname, attname, format_type(atttypid, null)
    from pg_class
    join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'heymilo_bi'::regnamespace
      and relname ~ '_(facts|dimension)$'
      and attnum > 0
      and not attisdropped
    order by relname, attnum
"""


@contextlib.contextmanager
def step(what, remedy):
    """Ends the program with what failed, why, and what to do."""
    try:
        yield
    except (adbc_driver_manager.Error, pyarrow.ArrowException, OSError, ValueError) as error:
        cause = ' '.join(str(error).split())
        sys.exit(f'parquet export failed while {what}: {cause}\n{remedy}')


def credentials(url):
    return url.partition('://')[2].rpartition('@')[0]


def connect():
    url = os.environ.get('DATABASE_URL', '')
    # libpq quotes what it cannot read, and that would be a part of the password.
    if not url.startswith('postgres') or not re.fullmatch(r"([\w.~!$&'()*+,;=:-]|%[\dA-Fa-f]{2})*", credentials(url)):
        sys.exit(
            'parquet export failed: DATABASE_URL is not set, or it is no valid address.\n'
            'Set it to postgres://heymilo_bi_reader:PASSWORD@HOST/DATABASE. In the password, write a character that '
            'is neither a letter nor a digit as % and its hexadecimal code, or set PGPASSWORD instead.'
        )
    os.environ.setdefault('PGAPPNAME', 'heymilo-parquet')
    os.environ.setdefault('PGCONNECT_TIMEOUT', '10')
    with step('connecting to the database', 'Check the host, the role and the password of DATABASE_URL.'):
        return dbapi.connect(url)


def ask(connection, query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def begin(connection, address):
    """Begins the transaction of the run, in which every query sees the same rows. Returns its time."""
    with connection.cursor() as cursor:
        cursor.execute('set transaction isolation level repeatable read, read only')
        # Months are those of UTC.
        cursor.execute("set local time zone 'UTC'")
    key = int.from_bytes(hashlib.sha256(address.encode()).digest()[:8], signed=True)
    [(is_alone, as_of)] = ask(connection, f'select pg_try_advisory_xact_lock({key}), now()')
    if not is_alone:
        sys.exit('parquet export failed: another export to the same place is running.\nWait until it has ended.')
    return as_of


def fingerprints(connection, table, columns):
    """The months of a table, each with its number of rows and the sum of their hashes.

    A row that was erased, moved, added or changed changes the sum, but for one case in 2^64."""
    month = "date_trunc('month', invited_at)" if 'invited_at' in columns else 'null::timestamptz'
    # The offset hides the expression: Postgres would expect as many months as times, and sort all rows.
    found = ask(connection, f"""
        select to_char(month, 'YYYY-MM'), count(*), sum(hash)::text
        from (
            select {month} as month, hash_record_extended(fact, 0) as hash
            from heymilo_bi.{table} as fact
            offset 0
        ) as hashed
        group by month
        order by month
    """)
    # A table without rows has a file without rows, so that readers know its columns.
    return {month or 'none': f'{rows}:{hashes}' for month, rows, hashes in found or [(None, 0, 0)]}


def rows_of(table, columns, month):
    """The query for the rows of a month."""
    # Spark refuses a UUID of Parquet, so that it is written as text.
    shown = ', '.join(f'"{name}"::text' if kind == 'uuid' else f'"{name}"' for name, kind in columns.items())
    if 'invited_at' not in columns:
        condition = 'true'
    elif month == 'none':
        condition = 'invited_at is null'
    else:
        first = f"timestamptz '{month}-01'"
        condition = f"invited_at >= {first} and invited_at < {first} + interval '1 month'"
    return f'select {shown} from heymilo_bi.{table} where {condition}'


def write(connection, query, file):
    """Writes the rows of a query as a Parquet file. Returns their number."""
    rows = 0
    with connection.cursor() as cursor, ThreadPoolExecutor(1) as thread:
        cursor.adbc_statement.set_options(**{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)})
        cursor.execute(query)
        batches = cursor.fetch_record_batch()
        # Only texts that repeat gain from a dictionary.
        texts = [field.name for field in batches.schema if pyarrow.types.is_string(field.type)]
        repeating = [name for name in texts if name != 'interview_id' and not name.endswith('_key')]
        with parquet.ParquetWriter(file, batches.schema, compression='zstd', use_dictionary=repeating) as writer:
            # Postgres sends the next batch while the last one is compressed.
            writing = thread.submit(int)
            for batch in batches:
                writing.result()
                writing = thread.submit(writer.write_batch, batch)
                rows += batch.num_rows
            writing.result()
    return rows


class Target:
    """A directory or a bucket."""

    def __init__(self, address):
        if ':' in credentials(address):
            sys.exit(
                'parquet export failed: the address of the bucket holds a secret.\n'
                'Leave it out and set the variables of the cloud, such as AWS_SECRET_ACCESS_KEY.'
            )
        self.address = address if '://' in address else os.path.abspath(address)
        with step(f'opening {self.address}', 'Name a directory or a bucket, such as s3://bucket/prefix.'):
            files, self.root = fs.FileSystem.from_uri(self.address)
            self.files = fs.SubTreeFileSystem(self.root, files)
            self.is_bucket = not isinstance(files, fs.LocalFileSystem)
            if not self.is_bucket:
                os.makedirs(self.root, exist_ok=True)

    def sizes(self):
        """The files of all exports, with their sizes. Includes what a run has left that was killed."""
        found = self.files.get_file_info(fs.FileSelector('', recursive=True, allow_not_found=True))
        return {file.path: file.size for file in found if file.is_file and OURS.fullmatch(file.path)}

    def manifest(self):
        if self.files.get_file_info(MANIFEST).type == fs.FileType.NotFound:
            return {'schema_version': None, 'tables': {}}
        with self.files.open_input_stream(MANIFEST) as stream:
            manifest = json.load(stream)
        if 'schema_version' not in manifest:
            raise ValueError('it is the manifest of another program')
        return manifest

    def put(self, path, source):
        """Writes a whole file. In a directory it is hidden until it is shown."""
        if self.is_bucket:
            with self.files.open_output_stream(path) as sink:
                shutil.copyfileobj(source, sink)
        else:
            hidden = os.path.join(self.root, path + PART)
            os.makedirs(os.path.dirname(hidden), exist_ok=True)
            with open(hidden, 'wb') as sink:
                shutil.copyfileobj(source, sink)
                sink.flush()
                os.fsync(sink.fileno())

    def show(self, paths):
        if not self.is_bucket:
            for path in paths:
                self.files.move(path + PART, path)

    def delete(self, paths):
        for path in paths:
            self.files.delete_file(path)


def copy(connection, target, table, columns, month, fingerprint):
    """Writes the file of a month. Returns its entry in the manifest."""
    # It has no name, so that nothing of it is left when the process is killed.
    with tempfile.TemporaryFile(dir=None if target.is_bucket else target.root) as file:
        rows = write(connection, rows_of(table, columns, month), file)
        entry = {'month': month, 'rows': rows, 'bytes': file.tell(), 'fingerprint': fingerprint}
        file.seek(0)
        entry['sha256'] = hashlib.file_digest(file, 'sha256').hexdigest()
        folder = f'{table}/month={month}' if 'invited_at' in columns else table
        entry['path'] = f'{folder}/{entry["sha256"]}.parquet'
        file.seek(0)
        target.put(entry['path'], file)
    return entry


def export(connection, target, is_whole):
    as_of = begin(connection, target.address)
    with step(f'reading {target.address}/{MANIFEST}', 'Name another place, or delete the manifest if it is damaged.'):
        present, former = target.sizes(), target.manifest()

    tables = {}
    for table, column, kind in ask(connection, COLUMNS):
        tables.setdefault(table, {})[column] = kind
    version = hashlib.sha256(json.dumps([LAYOUT, tables]).encode()).hexdigest()[:16]
    if is_whole or version != former['schema_version']:
        former['tables'] = {}

    manifest = {'schema_version': version, 'as_of': as_of.isoformat(), 'tables': {}}
    written = []
    for table, columns in tables.items():
        began = time.monotonic()
        known = {file['month']: file for file in former['tables'].get(table, {'files': []})['files']}
        files = []
        with step(f'copying {table} to {target.address}', UNCHANGED):
            for month, fingerprint in fingerprints(connection, table, columns).items():
                file = known.get(month)
                is_current = file and file['fingerprint'] == fingerprint and present.get(file['path']) == file['bytes']
                if not is_current:
                    file = copy(connection, target, table, columns, month, fingerprint)
                    written.append(file)
                files.append(file)
        manifest['tables'][table] = {'columns': columns, 'files': files}
        rows = sum(file['rows'] for file in files)
        print(f'{table}: {rows} rows in {len(files)} files, {time.monotonic() - began:.1f} s', flush=True)

    named = {file['path'] for table in manifest['tables'].values() for file in table['files']}
    with step(f'publishing to {target.address}', UNCHANGED):
        target.show(file['path'] for file in written)
        target.put(MANIFEST, io.BytesIO(json.dumps(manifest, indent=1).encode()))
        target.show([MANIFEST])
        # Looked up again: a hidden file that a killed run left may have been shown by this one.
        obsolete = target.sizes().keys() - named - {MANIFEST}
        target.delete(obsolete)
    print(
        f'{as_of:%Y-%m-%d %H:%M:%S} UTC: wrote {len(written)} files with {sum(file["rows"] for file in written)} rows '
        f'and {sum(file["bytes"] for file in written)} bytes, kept {len(named) - len(written)}, deleted {len(obsolete)}'
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('target', help='a directory, or a bucket such as s3://bucket/prefix')
    parser.add_argument('--whole', action='store_true', help='write every month, also the months without a change')
    arguments = parser.parse_args()

    target = Target(arguments.target)
    with contextlib.closing(connect()) as connection, step('reading the database', UNCHANGED):
        export(connection, target, arguments.whole)


if __name__ == '__main__':
    main()
