//! A private PostgreSQL server run as a child process, for when no database URL is given.
