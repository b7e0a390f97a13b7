"""Imports the bundle into a running Superset, draws it in Chromium, and compares what it shows with SQL.

check.py SUPERSET_URL DATABASE_URL READER_URI BUNDLE PICTURES
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
from playwright.sync_api import sync_playwright

SUPERSET, DATABASE, READER, BUNDLE, PICTURES = sys.argv[1:6]
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

    def again(self, body):
        return self.session.post(f'{SUPERSET}/api/v1/chart/data', json=body)


class Drawing:
    """The dashboard in a browser, with what each chart asked and was answered."""

    def __init__(self, browser, names, width):
        self.page = browser.new_page(viewport={'width': width, 'height': 1100})
        self.page.set_default_timeout(120_000)
        self.names, self.answers, self.bodies, self.failed, self.outside = names, {}, {}, [], []
        self.page.route('**/*', self.only_here)
        self.page.on('response', self.note)
        self.log_in()

    def log_in(self):
        self.page.goto(f'{SUPERSET}/login/', wait_until='networkidle')
        self.page.fill('#username, input[name=username]', 'admin')
        self.page.fill('#password, input[name=password]', 'admin')
        with self.page.expect_navigation(timeout=120_000, wait_until='commit'):
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
        if response.status != 200:
            self.failed.append((name, response.status, response.text()[:500]))
            return
        if number in self.names:
            self.answers[name] = response.json()['result']
            self.bodies[name] = body

    def draw(self, tab, filters=''):
        expected = [
            title for name, rows in design.TABS if name == tab
            for _, charts in rows for _, title, source, _, _ in charts if source]
        for title in expected:
            self.answers.pop(title, None)
        query = f'?native_filters={filters}' if filters else ''
        self.page.goto(f'{SUPERSET}/superset/dashboard/{design.SLUG}/{query}')
        self.page.get_by_role('tab', name=tab).click(timeout=60_000)
        height = 300 + sum(height * 8 + 30 for name, rows in design.TABS if name == tab for height, _ in rows)
        self.page.set_viewport_size({'width': self.page.viewport_size['width'], 'height': height})
        for _ in range(240):
            if all(title in self.answers for title in expected) or self.failed:
                break
            self.page.wait_for_timeout(250)
        missing = [title for title in expected if title not in self.answers]
        assert not self.failed, self.failed
        assert not missing, f'{tab}: no answer for {missing}'
        self.page.wait_for_function("() => !document.querySelector('.loading, [aria-label=loading]')", timeout=60_000)
        self.page.wait_for_timeout(1500)
        alerts = [alert.inner_text() for alert in self.page.query_selector_all('[role=alert]')]
        assert not [alert for alert in alerts if 'rror' in alert], alerts

    def picture(self, name):
        self.page.screenshot(path=f'{PICTURES}/superset-{name}.png')


def rows(sql):
    with psycopg2.connect(DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def equal(shown, expected, within=0.01):
    if isinstance(expected, str) or expected is None or shown is None:
        return shown == expected
    # A wait grows while it is shown.
    return abs(float(shown) - float(expected)) <= max(1e-6 * abs(float(expected)), within)


def compare(answers):
    for key, sql in TILES.items():
        shown = next(iter(answers[KEYS[key]][0]['data'][0].values()))
        expected = rows(sql)[0][0]
        # The tables grow older while they are shown.
        assert equal(shown, expected, 10 if key == 'behind' else 0.01), f'{KEYS[key]} shows {shown}, SQL says {expected}'
    for key, (columns, sql) in TABLES.items():
        labels = answers[KEYS[key]][0]['colnames']
        metrics = design.DATASETS[CHARTS[KEYS[key]]][1]
        shown = sorted(
            tuple(row[column] for column in columns) for row in answers[KEYS[key]][0]['data'])
        expected = sorted(rows(sql))[: len(shown)] if len(rows(sql)) > 200 else sorted(rows(sql))
        assert len(shown) == len(expected), (KEYS[key], labels, len(shown), len(expected), list(metrics))
        for one, other in zip(shown, expected):
            assert all(map(equal, one, other)), f'{KEYS[key]} shows {one}, SQL says {other}'
    print(f'{len(TILES)} tiles and {len(TABLES)} tables equal SQL')


def ask_together(answers):
    """Asks Postgres all that the charts ask, on two connections, and says how long that takes."""
    queries = [result['query'] for results in answers.values() for result in results]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(rows, queries))
    print(f'the {len(queries)} queries of the charts take {time.monotonic() - began:.1f} s on two connections')


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


def acts(drawing, whole, filters, claims, name):
    """The filter changes each chart that claims it, and no other."""
    for tab in TABS:
        drawing.draw(tab, filters)
    for title, source in CHARTS.items():
        changed = data(drawing.answers, title) != data(whole, title)
        assert changed or not claims(source), f'{name} does not act on {title}'
    print(f'{name} acts on {sum(map(claims, CHARTS.values()))} of {len(CHARTS)} charts')


def rename_makes_it_fail(superset, bodies):
    body = bodies[KEYS['completion_rate']]
    assert superset.again(body).status_code == 200
    body = {**body, 'force': True}
    rows_of = 'alter view heymilo_bi.completion_by_week rename column'
    with psycopg2.connect(DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute(f'{rows_of} completed_count to finished_count')
    try:
        assert superset.again(body).status_code != 200, 'a renamed column is not noticed'
    finally:
        with psycopg2.connect(DATABASE) as connection, connection.cursor() as cursor:
            cursor.execute(f'{rows_of} finished_count to completed_count')
    print('a renamed column makes a chart fail')


def columns_of(view):
    return {row[0] for row in rows(
        f"select attname from pg_attribute where attrelid = 'heymilo_bi.{view}'::regclass and attnum > 0")}


def main():
    superset = Superset()
    superset.bring_in()
    first = superset.charts()
    superset.bring_in()
    assert superset.charts() == first and sorted(first.values()) == sorted(KEYS.values()), first
    print(f'{len(first)} charts, imported twice')

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path='/usr/bin/chromium', args=BROWSER)
        drawing = Drawing(browser, first, 1440)
        for number, tab in enumerate(TABS, 1):
            drawing.draw(tab)
            drawing.picture(f'{number}-1440')
        whole = dict(drawing.answers)
        print(f'{len(whole)} charts answered')
        if '--pictures' not in sys.argv:
            compare(whole)
            ask_together(whole)
            with_groups = 'fairness' in READER
            shows = lambda source: source != 'selection_by_group' or with_groups  # noqa: E731
            acts(drawing, whole, time_filter('2 weeks ago'),
                 lambda source: design.DATASETS[source][0] is not None and source != 'reconciliation' and shows(source),
                 'the time filter')
            posting = rows('select min(posting_label) from heymilo_bi.posting_dimension')[0][0]
            acts(drawing, whole, select_filter('posting', 'posting_label', posting),
                 lambda source: 'posting_label' in columns_of(source) and shows(source), 'the posting filter')
            rename_makes_it_fail(superset, drawing.bodies)
        narrow = Drawing(browser, first, 1024)
        for number, tab in enumerate(TABS, 1):
            narrow.draw(tab)
            narrow.picture(f'{number}-1024')
        assert not drawing.outside and not narrow.outside, {*drawing.outside, *narrow.outside}
        print('no chart asked for anything outside this machine')
        browser.close()


if __name__ == '__main__':
    main()
