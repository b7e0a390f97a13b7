#!/bin/sh
# Makes the passwords of the compose project once, as files on a volume. Each is readable by the containers that
# need it, and by no other. Files that are there stay as they are.
set -eu
cd /run/passwords
umask 077

make() { # name owner
    if [ ! -s "$1" ]; then
        od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$1"
    fi
    chown "$2" "$1"
    chmod 440 "$1"
}

chmod 755 .
make superuser root:postgres
# The job that migrates, and the daemon. Postgres reads both when it makes the roles.
make owner 65533:postgres
make daemon 65532:postgres
# What operators show.
make operations 65532:root
