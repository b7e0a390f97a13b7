"""Times exports of the database of DATABASE_URL, and says what they took."""

import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

SECONDS, MEBIBYTES = 20, 256
OWNER = os.environ['DATABASE_URL']
READER = OWNER.replace('postgres@', 'heymilo_bi_reader@')


def sql(statement):
    return subprocess.run(['psql', '-qXAt', OWNER, '-c', statement], check=True, capture_output=True, text=True).stdout


def server_cpu():
    """Of all server processes that have ended."""
    server = sql("select pg_read_file('postmaster.pid')").split()[0]
    words = pathlib.Path(f'/proc/{server}/stat').read_text().split()
    return sum(int(ticks) for ticks in words[15:17]) / os.sysconf('SC_CLK_TCK')


def measure(what, target):
    def cpu():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    server, client, began = server_cpu(), cpu(), time.monotonic()
    done = subprocess.run(
        [sys.executable, 'deploy/parquet/export.py', target], check=True, stdout=subprocess.PIPE, text=True,
        env={**os.environ, 'DATABASE_URL': READER})
    took = time.monotonic() - began
    client, server = cpu() - client, server_cpu() - server
    print(f'\n{what}\n{done.stdout.strip()}')
    print(f'{took:.1f} s, {client:.1f} s of CPU in the export, {server:.1f} s in Postgres')
    return done.stdout


def main():
    with tempfile.TemporaryDirectory() as target:
        said = measure('whole', target)
        measure('without a change', target)
        sql("update heymilo.interview_outcomes set speech_score = 4.5 where interview_id = 'int_20'")
        measure('one interview changed', target)

    seconds = float(re.search(r'interview_facts: .* ([\d.]+) s', said)[1])
    # The largest of all exports.
    mebibytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f'\ninterview_facts: {seconds} s of {SECONDS}. Memory: {mebibytes:.0f} MiB of {MEBIBYTES}')
    sys.exit(seconds > SECONDS or mebibytes > MEBIBYTES)


if __name__ == '__main__':
    main()
