"""Imports the bundle into a running Superset, draws it in Chromium, and compares what it shows with SQL.

check.py SUPERSET_URL DATABASE_URL READER_URI FAIRNESS_URI BUNDLE PICTURES
"""

import concurrent.futures
import io
import json
import pathlib
import re
import sys
import time
import urllib.parse
import zipfile

import psycopg2
import requests
from playwright.sync_api import Error, TimeoutError, sync_playwright

SUPERSET, DATABASE, READER, FAIRNESS, BUNDLE, PICTURES = sys.argv[1:7]
sys.path.insert(0, str(pathlib.Path(BUNDLE).parent))
import design  # noqa: E402

TABS = [title for title, _ in design.TABS]
CHARTS = {
    title: source
    for _, rows in design.TABS
    for _, charts in rows
    for _, title, source, _, _ in charts
    if source
}
KEYS = {
    key: title
    for _, rows in design.TABS
    for _, charts in rows
    for key, title, source, _, _ in charts
    if source
}
BEGAN = time.monotonic()
# Seconds. An error of a chart ends the check at once: this is for busy machines.
CHART_TIMEOUT = 300
# Seconds in which the dashboard's tabs appear. One script that does not arrive leaves the page empty for good, so
# the page is loaded again, at most this many times.
TABS_TIMEOUT = 100
LOADS = 3
# Charts of groups: without rows for heymilo_bi_reader.
GROUPS = {title for title, source in CHARTS.items() if source == 'selection_by_group'}
FAIRNESS_TAB = next(title for title, rows in design.TABS if 'selection' in str(rows))
BROWSER = [
    '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--no-first-run', '--hide-scrollbars',
]
# What each tile shows, from the tables.
FACTS = """
    from heymilo.interviews
    join heymilo.postings using (workspace_id, posting_id)
    where interviews.deleted_at is null and postings.deleted_at is null and test_posting is not true
"""
TILES = {
    'interviews': f'select count(*) {FACTS}',
    'completion': f"""
        select avg((workflow_complete and interviews.status <> 'knocked_out')::integer::double precision) {FACTS}""",
    'to_interview': f"""
        select percentile_cont(0.5) within group (order by extract(epoch from interviewed_at - invited_at) / 86400)
        {FACTS} and interviewed_at >= invited_at""",
    'to_decision': f"""
        select percentile_cont(0.5) within group (order by extract(epoch from decided.at - completed.at) / 86400)
        from (
            select interview_id, max(observed_at) as at from heymilo.interview_changes
            where new_value in ('shortlisted', 'dismissed') and not first_observation group by 1
        ) as decided
        join (
            select interview_id, max(observed_at) as at from heymilo.interview_changes
            where new_value = 'completed' and not first_observation group by 1
        ) as completed using (interview_id)
        where decided.at >= completed.at""",
    'waiting': f"select count(*) {FACTS} and interviews.status = 'completed' and score is not null",
    'backlog_waiting': f"select count(*) {FACTS} and interviews.status = 'completed' and score is not null",
    'stuck_count': f"""
        select count(*) {FACTS} and interviews.status = 'in_progress'
        and last_activity_at < now() - interval '7 days'""",
    'behind': 'select round(max(minutes_behind)) from heymilo_bi.freshness',
    'backlog_median': """
        select percentile_cont(0.5) within group (order by waiting_days) from heymilo_bi.decision_backlog""",
    'backlog_oldest': 'select max(waiting_days) from heymilo_bi.decision_backlog',
}
# Tables: the columns that are compared, and the same from the tables.
TABLES = {
    'questions': (
        ('question_text', 'posting_label', 'answers', 'mean_score', 'discrimination'),
        """
        select questions.question_text, postings.title, count(*), avg(answers.score), corr(answers.score, others.mean)
        from heymilo.scorecard_questions as answers
        join heymilo.interviews using (workspace_id, interview_id)
        join heymilo.postings using (workspace_id, posting_id)
        join heymilo.questions using (workspace_id, posting_id, question_id)
        cross join lateral (
            select avg(score) as mean from heymilo.scorecard_questions as other
            where other.interview_id = answers.interview_id and other.position <> answers.position
              and not other.not_scored
        ) as others
        where not answers.not_scored
        group by 1, 2"""),
    'reasons': (
        ('reason', 'knocked_out'),
        """
        select coalesce(criteria.criteria_text, 'No criterion explains it'), count(distinct ended.interview_id)
        from heymilo.workflow_steps as ended
        left join heymilo.resume_eligibility_criteria as criteria
          on criteria.interview_id = ended.interview_id and not criteria.passed and ended.step_id = 'step_2'
        where ended.status = 'knocked_out'
        group by 1"""),
    'sources': (
        ('source', 'invited', 'shortlist_rate'),
        """
        select metadata ->> 'source', count(*), avg(shortlisted::integer::double precision)
        from heymilo.interviews group by 1"""),
}


# The same for what heymilo_bi_fairness sees of groups.
GROUP_TABLES = {
    'selection': (
        ('dimension', 'group_name', 'assessed', 'assessed_rate', 'assessed_ratio', 'assessed_p', 'decided_rate',
         'decided_ratio', 'decided_p'),
        """
        select dimension, group_name, assessed_count, selection_rate, impact_ratio, p_value, decided_selection_rate,
               decided_impact_ratio, decided_p_value
        from heymilo_demographics.selection_rates where scope = 'workspace'"""),
    'scoring': (
        ('dimension', 'group_name', 'scored', 'scoring_rate', 'scoring_ratio', 'scoring_p'),
        """
        select dimension, group_name, scored_count, scoring_rate, impact_ratio, p_value
        from heymilo_demographics.scoring_rates where scope = 'workspace'"""),
}


def say(text):
    print(f'{time.monotonic() - BEGAN:4.0f} s  {text}', flush=True)


def archive():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w') as bundle:
        for path in sorted(pathlib.Path(BUNDLE).rglob('*.yaml')):
            text = path.read_text()
            if path.parent.name == 'databases':
                text = re.sub(r'sqlalchemy_uri: .*', f'sqlalchemy_uri: {READER.replace(password(), "XXXXXXXXXX")}', text)
            bundle.writestr(f'heymilo/{path.relative_to(BUNDLE)}', text)
    return packed.getvalue()


def password():
    return urllib.parse.urlsplit(READER).password


class Superset:
    def __init__(self):
        self.session = requests.Session()
        self.log_in()

    def log_in(self):
        answer = self.session.post(f'{SUPERSET}/api/v1/security/login', json={
            'username': 'admin', 'password': 'admin', 'provider': 'db', 'refresh': True})
        answer.raise_for_status()
        self.session.headers.update({
            'Authorization': f'Bearer {answer.json()["access_token"]}', 'Accept': 'application/json'})

    def bring_in(self):
        answer = self.session.post(
            f'{SUPERSET}/api/v1/dashboard/import/',
            files={'formData': ('heymilo.zip', archive(), 'application/zip')},
            data={'overwrite': 'true', 'passwords': json.dumps({'databases/HeyMilo.yaml': password()})})
        assert answer.status_code == 200, answer.text

    def charts(self):
        answer = self.session.get(f'{SUPERSET}/api/v1/chart/?q=(page_size:200)')
        return {chart['id']: chart['slice_name'] for chart in answer.json()['result']}

    def connect_as(self, uri):
        # The first token may have expired.
        self.log_in()
        databases = self.session.get(f'{SUPERSET}/api/v1/database/').json()['result']
        answer = self.session.put(
            f'{SUPERSET}/api/v1/database/{databases[0]["id"]}', json={'sqlalchemy_uri': uri})
        assert answer.status_code == 200, answer.text


class Drawing:
    """The dashboard in a browser, with what each chart asked and was answered."""

    def __init__(self, context, names):
        self.page = context.new_page()
        self.page.set_default_timeout(1000 * CHART_TIMEOUT)
        self.names, self.answers, self.failed, self.outside = names, {}, [], []
        # What the browser reported since the page was last loaded, for the error when it stays empty.
        self.reports = []
        self.page.route('**/*', self.only_here)
        self.page.on('response', self.note)
        self.page.on('requestfailed', lambda request: self.reports.append(f'{request.failure}: {request.url}'))
        self.page.on('pageerror', lambda error: self.reports.append(str(error)[:500]))
        self.page.on('console', lambda said: said.type == 'error' and self.reports.append(said.text[:500]))

    def log_in(self):
        self.page.goto(f'{SUPERSET}/login/', wait_until='networkidle')
        self.page.fill('#username, input[name=username]', 'admin')
        self.page.fill('#password, input[name=password]', 'admin')
        with self.page.expect_navigation(wait_until='commit'):
            self.page.click('button[type=submit], input[type=submit]')
        assert '/login' not in self.page.url, self.page.url

    def only_here(self, route):
        if route.request.url.startswith((SUPERSET, 'data:', 'blob:')):
            route.continue_()
        else:
            # Superset's own pixel, which is compiled into its page.
            if 'scarf.sh' not in route.request.url:
                self.outside.append(route.request.url)
            route.abort()

    def note(self, response):
        if '/api/v1/chart/data' not in response.url:
            return
        body = json.loads(response.request.post_data)
        number = body.get('form_data', {}).get('slice_id')
        name = self.names.get(number, f'filter of {body["datasource"]}')
        try:
            text = response.text()
        except Error:
            # The page was left before the answer came.
            text = ''
        if response.status != 200:
            self.failed.append((name, response.status, text[:500]))
        elif number in self.names and text:
            self.answers[name] = json.loads(text)['result']

    def draw(self, width, tabs=None, filters='', picture=None):
        """Loads the dashboard once and opens its tabs."""
        # Nothing of the page before is answered from here on.
        self.page.goto('about:blank')
        self.answers, self.failed = {}, []
        query = f'?native_filters={filters}' if filters else ''
        self.page.set_viewport_size({'width': width, 'height': 1100})
        self.load(f'{SUPERSET}/superset/dashboard/{design.SLUG}/{query}')
        for number, (tab, rows) in enumerate(design.TABS, 1):
            if tab in (tabs or TABS):
                self.open(tab, rows, width)
                if picture is not None:
                    # Until the charts have moved to their places.
                    self.page.wait_for_timeout(1500)
                    self.page.screenshot(path=f'{PICTURES}/superset-{number}-{picture}{width}.png')
        return dict(self.answers)

    def load(self, address):
        for _ in range(LOADS):
            self.reports = []
            self.page.goto(address, wait_until='commit')
            try:
                self.page.get_by_role('tab', name=TABS[0]).wait_for(state='attached', timeout=1000 * TABS_TIMEOUT)
                return
            except TimeoutError:
                shown = self.page.locator('body').inner_text(timeout=1000 * TABS_TIMEOUT)
                say(f'no tabs in {TABS_TIMEOUT} s at {self.page.url}: {shown[:500]!r}, {self.reports[-20:]}')
        raise AssertionError(f'the dashboard did not appear in {LOADS} loads')

    def open(self, tab, rows, width):
        expected = [title for _, charts in rows for _, title, source, _, _ in charts if source]
        # Without the pointer: on a busy machine a page may take long to settle under it.
        self.page.get_by_role('tab', name=tab).evaluate('tab => tab.click()')
        self.page.set_viewport_size({'width': width, 'height': 260 + sum(height * 8 + 17 for height, _ in rows)})
        until = time.monotonic() + CHART_TIMEOUT
        while time.monotonic() < until and not self.failed:
            if all(title in self.answers for title in expected):
                break
            self.page.wait_for_timeout(100)
        missing = [title for title in expected if title not in self.answers]
        assert not self.failed, self.failed
        assert not missing, f'{tab}: no answer for {missing}'
        self.page.wait_for_function("() => !document.querySelector('.loading, [aria-label=loading]')")
        alerts = [alert.inner_text() for alert in self.page.query_selector_all('[role=alert]')]
        assert not [alert for alert in alerts if 'rror' in alert], alerts


# Of design.table.
ROW_LIMIT = 200


def rows(sql):
    with psycopg2.connect(DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def equal(shown, expected, within=0.01):
    if isinstance(expected, str) or expected is None or shown is None:
        return shown == expected
    # A wait grows while it is shown.
    return abs(float(shown) - float(expected)) <= max(1e-6 * abs(float(expected)), within)


def compare_tiles(answers):
    for key, sql in TILES.items():
        shown = next(iter(answers[KEYS[key]][0]['data'][0].values()))
        expected = rows(sql)[0][0]
        # The tables grow older while they are shown.
        assert equal(shown, expected, 10 if key == 'behind' else 0.01), f'{KEYS[key]} shows {shown}, SQL says {expected}'
    say(f'{len(TILES)} tiles equal SQL')


def compare_tables(tables, answers):
    for key, (columns, sql) in tables.items():
        shown = sorted(tuple(row[column] for column in columns) for row in answers[KEYS[key]][0]['data'])
        expected = sorted(rows(sql))
        if len(shown) == ROW_LIMIT:
            # A table shows its first rows only: those are looked up.
            wanted = {row[:2] for row in shown}
            expected = [row for row in expected if row[:2] in wanted]
        assert shown and len(shown) == len(expected), (KEYS[key], len(shown), len(expected))
        for one, other in zip(shown, expected):
            assert all(map(equal, one, other)), f'{KEYS[key]} shows {one}, SQL says {other}'
    say(f'{len(tables)} tables equal SQL')


def ask_together(answers):
    """Asks Postgres all that the charts ask, on two connections, and says how long that takes."""
    queries = {title: results[0]['query'] for title, results in answers.items()}
    times = {}

    def ask(title):
        with psycopg2.connect(DATABASE) as connection, connection.cursor() as cursor:
            began = time.monotonic()
            cursor.execute(queries[title])
            cursor.fetchall()
            taken = time.monotonic() - began
        times[title] = min(taken, times.get(title, taken))

    best = float('inf')
    for _ in range(3):
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(ask, queries))
        best = min(best, time.monotonic() - began)
    slowest = sorted(times.items(), key=lambda item: -item[1])[:5]
    say(f'the {len(queries)} charts together: {best:.2f} s on two connections, {sum(times.values()):.2f} s of queries; '
        'slowest ' + ', '.join(f'{title} {1000 * taken:.0f} ms' for title, taken in slowest))


def time_filter(since):
    return urllib.parse.quote(
        "(NATIVE_FILTER-time:(extraFormData:(time_range:'%s : now'),filterState:(value:'%s : now'),"
        'id:NATIVE_FILTER-time,ownState:()))' % (since, since))


def select_filter(key, column, value):
    return urllib.parse.quote(
        "(NATIVE_FILTER-%s:(extraFormData:(filters:!((col:%s,op:IN,val:!('%s')))),filterState:(value:!('%s')),"
        'id:NATIVE_FILTER-%s,ownState:()))' % (key, column, value, value, key))


def data(answers, title):
    return json.dumps([result['data'] for result in answers[title]], sort_keys=True)


def acts(name, whole, filtered, claims):
    """The filter changes each chart that claims it."""
    claiming = [title for title in filtered if claims(CHARTS[title])]
    for title in claiming:
        assert data(filtered, title) != data(whole, title), f'{name} does not act on {title}'
    say(f'{name} acts on {len(claiming)} of {len(filtered)} charts')


def rename_makes_it_fail(drawing):
    def rename(old, new):
        with psycopg2.connect(DATABASE) as connection, connection.cursor() as cursor:
            cursor.execute(f'alter view heymilo_bi.completion_by_week rename column {old} to {new}')

    rename('completed_count', 'finished_count')
    try:
        drawing.draw(1440, TABS[:1])
    except AssertionError as failure:
        assert 'completed_count' in str(failure), failure
    else:
        raise AssertionError('a renamed column is not noticed')
    finally:
        rename('finished_count', 'completed_count')
    say('a renamed column makes this check fail')


def columns_of(view):
    return {row[0] for row in rows(
        f"select attname from pg_attribute where attrelid = 'heymilo_bi.{view}'::regclass and attnum > 0")}


def main():
    superset = Superset()
    superset.bring_in()
    first = superset.charts()
    superset.bring_in()
    assert superset.charts() == first and sorted(first.values()) == sorted(KEYS.values()), first
    say(f'{len(first)} charts, imported twice as heymilo_bi_reader')

    posting = rows('select min(posting_label) from heymilo_bi.posting_dimension')[0][0]
    filters = {
        'the time filter': (
            time_filter('2 weeks ago'), lambda source: design.DATASETS[source][0] is not None),
        'the posting filter': (
            select_filter('posting', 'posting_label', posting), lambda source: 'posting_label' in columns_of(source)),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path='/usr/bin/chromium', args=BROWSER)
        drawing = Drawing(browser.new_context(), first)
        drawing.log_in()

        whole = drawing.draw(1440, picture='')
        say(f'{len(whole)} charts answered')
        compare_tiles(whole)
        compare_tables(TABLES, whole)
        for name, (chosen, claims) in filters.items():
            filtered = drawing.draw(1440, filters=chosen)
            for title in GROUPS:
                filtered.pop(title)
            acts(name, whole, filtered, claims)
        rename_makes_it_fail(drawing)
        drawing.draw(1024, picture='')
        say('drawn at 1024 pixels')

        superset.connect_as(FAIRNESS)
        for width in (1024, 1440):
            groups = drawing.draw(width, [FAIRNESS_TAB], picture='fairness-')
        compare_tables(GROUP_TABLES, groups)
        for name, (chosen, claims) in filters.items():
            filtered = drawing.draw(1440, [FAIRNESS_TAB], chosen)
            acts(f'{name}, as heymilo_bi_fairness,', groups, {title: filtered[title] for title in GROUPS}, claims)
        ask_together({**whole, **groups})

        assert not drawing.outside, drawing.outside
        say('no chart asked for anything outside this machine')
        browser.close()


if __name__ == '__main__':
    main()
