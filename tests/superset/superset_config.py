"""A Superset that lives as long as the test."""

import os

SECRET_KEY = 'a key of the tests, for a server that lives for minutes'
SQLALCHEMY_DATABASE_URI = f'sqlite:///{os.environ["SUPERSET_HOME"]}/superset.db'
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
# Busy machines are slow, and that is no fault of the dashboard.
SUPERSET_WEBSERVER_TIMEOUT = 600
