//! The figures of the reports equal those counted from the rows in another way.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{
    app::TestApp,
    daemon::url,
    facts::Facts,
    paper::is_readable_alone,
    program::{program, program_with},
    simulated::Simulated,
};

const CLOSED_PORT: &str = "http://127.0.0.1:9";
const FROM: &str = "2026-01-01";
const TO: &str = "2026-07-01";

/// A row of a report, by the names of its columns.
type Row = BTreeMap<String, String>;

fn rows(csv: &str) -> Vec<Row> {
    let mut lines = csv.lines().map(|line| {
        let values = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap();
        values.split("\",\"").map(|value| value.replace("\"\"", "\"")).collect::<Vec<_>>()
    });
    let names = lines.next().unwrap();
    lines.map(|values| names.iter().cloned().zip(values).collect()).collect()
}

/// An invented candidate.
#[derive(Debug, Clone)]
struct Person {
    posting: &'static str,
    invited_at: Option<DateTime<Utc>>,
    sex: Option<&'static str>,
    race: Option<&'static str>,
    status: &'static str,
    score: Option<i32>,
}

impl Person {
    fn random(random: &mut fastrand::Rng, posting: &'static str) -> Self {
        let day = TimeDelta::days(random.i64(-20..220));
        let rare = random.u8(..100) == 0;
        let sex = random.choice([Some("Female"), Some("Female"), Some("Male"), None]).unwrap();
        let races = [Some("Asian"), Some("Black"), Some("White"), Some("White"), None];
        let states = ["shortlisted", "dismissed", "dismissed", "completed", "in_progress"];
        Self {
            posting,
            invited_at: (random.u8(..30) > 0).then(|| time(FROM) + day),
            sex: if rare { Some("Non-binary") } else { sex },
            race: random.choice(races).unwrap(),
            status: random.choice(states).unwrap(),
            score: (random.u8(..5) > 0).then(|| random.i32(20..100)),
        }
    }

    fn row(&self, number: usize) -> Value {
        json!({
            "workspace_id": "default", "interview_id": format!("int_{number}"), "posting_id": self.posting,
            "invited_at": self.invited_at, "status": self.status, "score": self.score,
            "workflow_complete": self.status != "in_progress",
            "data": { "eeo": { "sex": self.sex.unwrap_or("Declined"), "race": self.race } },
        })
    }

    fn is_in_sample(&self) -> bool {
        self.invited_at.is_some_and(|at| at >= time(FROM) && at < time(TO))
    }

    fn group(&self, dimension: &str) -> Option<String> {
        let both = || Some(format!("{} x {}", self.race?, self.sex?));
        match dimension {
            "sex" => self.sex.map(str::to_owned),
            "race" => self.race.map(str::to_owned),
            _ => both(),
        }
    }

    fn is_assessed(&self) -> bool {
        self.status != "in_progress"
    }
}

fn time(day: &str) -> DateTime<Utc> {
    format!("{day}T00:00:00Z").parse().unwrap()
}

async fn world(people: &[Person]) -> Facts {
    let facts = Facts::none().await;
    for (id, title) in [("pos_1", "Clerk"), ("pos_2", "Nurse, \"night\"")] {
        let posting = json!([{ "workspace_id": "default", "posting_id": id, "title": title }]);
        facts.has("heymilo.postings", posting).await;
    }
    for attribute in ["sex", "race"] {
        let path = format!("data.eeo.{attribute}");
        let row = json!([{ "workspace_id": "default", "attribute": attribute, "path": path }]);
        facts.has("heymilo_sync.demographic_attributes", row).await;
    }
    let rows: Vec<Value> = people.iter().enumerate().map(|(at, one)| one.row(at)).collect();
    facts.has("heymilo.interviews", json!(rows)).await;
    facts.settle().await;
    facts
}

/// For each group, the number of candidates and the number that is counted.
type Counts = BTreeMap<Option<String>, (usize, usize)>;

fn counts(people: &[&Person], dimension: &str, figure: &str) -> Counts {
    let mut scores: Vec<i32> = people.iter().filter_map(|person| person.score).collect();
    scores.sort_unstable();
    let middle = |at: usize| f64::from(scores[at]);
    let median = match scores.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => middle(odd / 2),
        even => (middle(even / 2 - 1) + middle(even / 2)) / 2.0,
    };
    let mut counts = Counts::new();
    for person in people {
        let (is_candidate, is_counted) = match figure {
            "selection" => (person.is_assessed(), person.status == "shortlisted"),
            _ => (person.score.is_some(), person.score.is_some_and(|s| f64::from(s) > median)),
        };
        let group = counts.entry(person.group(dimension)).or_default();
        group.0 += usize::from(is_candidate);
        group.1 += usize::from(is_counted);
    }
    counts
}

/// The expected values of a table: candidates, counted, share, rate, ratio, and why there is none.
fn expected(counts: &Counts) -> BTreeSet<[String; 7]> {
    let number = |number: f64| format!("{number:.6}");
    let answered: usize =
        counts.iter().filter(|(group, _)| group.is_some()).map(|(_, count)| count.0).sum();
    let is_rare = |size: usize| (size as f64) < 0.02 * answered as f64;

    let rates =
        counts.iter().filter(|(group, (size, _))| group.is_some() && *size > 0 && !is_rare(*size));
    let best = rates.map(|(_, (size, counted))| *counted as f64 / *size as f64).fold(0.0, f64::max);
    let row = |(group, (size, counted)): (&Option<String>, &(usize, usize))| {
        let plain = [size.to_string(), counted.to_string()];
        let (share, rate, ratio, why) = match group {
            None => (String::new(), String::new(), String::new(), "no answer"),
            Some(_) if *size == 0 => (number(0.0), String::new(), String::new(), "no candidates"),
            Some(_) => {
                let rate = *counted as f64 / *size as f64;
                let share = number(*size as f64 / answered as f64);
                if is_rare(*size) {
                    let why = "below 2 % of the candidates who gave an answer";
                    (share, number(rate), String::new(), why)
                } else if best == 0.0 {
                    (share, number(rate), String::new(), "the highest rate is 0")
                } else {
                    (share, number(rate), number(rate / best), "")
                }
            }
        };
        let [size, counted] = plain;
        let group = group.clone().unwrap_or_else(|| "Not provided".to_owned());
        [group, size, counted, share, rate, ratio, why.to_owned()]
    };

    counts.iter().map(row).collect()
}

fn found_in(
    rows: &[Row],
    scope: (&str, &str),
    dimension: &str,
    figure: &str,
) -> BTreeSet<[String; 7]> {
    let is_meant = |row: &&Row| {
        (&*row["scope"], &*row["posting_id"]) == scope
            && row["dimension"] == dimension
            && row["figure"] == figure
    };
    let columns = ["group", "candidates", "counted", "share", "rate", "impact_ratio", "left_out"];
    rows.iter().filter(is_meant).map(|row| columns.map(|column| row[column].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn adverse_impact_equals_an_independent_computation() {
    let mut random = fastrand::Rng::with_seed(144);
    let people: Vec<Person> = (0..900)
        .map(|at| Person::random(&mut random, if at % 3 == 0 { "pos_1" } else { "pos_2" }))
        .collect();
    let facts = world(&people).await;

    let command = ["report", "adverse-impact", "--from", FROM, "--to", TO, "--format", "csv"];
    let (done, csv) = program(&facts.db, CLOSED_PORT, &command).await;
    assert!(done, "{csv}");

    let rows = rows(&csv);
    let mut compared = 0;
    let mut reasons = BTreeSet::new();
    for scope in [("workspace", ""), ("posting", "pos_1"), ("posting", "pos_2")] {
        let is_meant = |person: &&Person| {
            person.is_in_sample() && (scope.1.is_empty() || person.posting == scope.1)
        };
        let sample: Vec<&Person> = people.iter().filter(is_meant).collect();
        for dimension in ["sex", "race", "race x sex"] {
            for figure in ["selection", "scoring"] {
                let expected = expected(&counts(&sample, dimension, figure));
                let found = found_in(&rows, scope, dimension, figure);
                assert_eq!(found, expected, "{scope:?} {dimension} {figure}");
                compared += expected.len();
                reasons.extend(expected.into_iter().map(|[.., why]| why));
            }
        }
    }
    assert_eq!(rows.len(), compared);
    assert!(reasons.len() >= 3, "{reasons:?}");
    assert!(rows.iter().all(|row| row["purpose"] == "monitoring aid, not a bias audit"));
    assert!(rows.iter().all(|row| row["invited_from"] == "2026-01-01T00:00:00Z"));
}

#[tokio::test(flavor = "multi_thread")]
async fn adverse_impact_of_one_posting_has_its_rows_alone() {
    let mut random = fastrand::Rng::with_seed(7);
    let people: Vec<Person> = (0..60)
        .map(|at| Person::random(&mut random, if at % 2 == 0 { "pos_1" } else { "pos_2" }))
        .collect();
    let facts = world(&people).await;
    let command = ["report", "adverse-impact", "--from", FROM, "--to", TO, "--format", "csv"];

    let (_, all) = program(&facts.db, CLOSED_PORT, &command).await;
    let of_one = [&command[..], &["--posting", "pos_2"]].concat();
    let (done, one) = program(&facts.db, CLOSED_PORT, &of_one).await;

    assert!(done, "{one}");
    let theirs = rows(&all).into_iter().filter(|row| row["posting_id"] == "pos_2");
    assert_eq!(rows(&one), theirs.collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn adverse_impact_without_a_mapping_says_what_to_do() {
    let facts = Facts::none().await;

    let command = ["report", "adverse-impact", "--from", FROM, "--to", TO];
    let (done, output) = program(&facts.db, CLOSED_PORT, &command).await;
    let backwards = ["report", "adverse-impact", "--from", TO, "--to", FROM];
    let (is_done, refused) = program(&facts.db, CLOSED_PORT, &backwards).await;

    assert!(!done && output.contains("[demographics]"), "{output}");
    assert!(!is_done && refused.contains("--from must be before --to"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_adverse_impact_can_be_read_by_all() {
    let mut random = fastrand::Rng::with_seed(9);
    let people: Vec<Person> = (0..200).map(|_| Person::random(&mut random, "pos_2")).collect();
    let facts = world(&people).await;

    let command = ["report", "adverse-impact", "--from", FROM, "--to", TO];
    let (done, page) = program(&facts.db, CLOSED_PORT, &command).await;

    assert!(done, "{page}");
    let sources = ["monitoring aid, not a bias audit", "data.eeo.sex", "2026-07-01 00:00:00 UTC"];
    for said in sources {
        assert!(page.contains(said), "{said}");
    }
    let undated = people.iter().filter(|person| person.invited_at.is_none()).count();
    let line = format!("<dt>Without a date of invitation, not counted</dt><dd>{undated}</dd>");
    assert!(page.contains(&line), "{line}");
    is_readable_alone(&page, "adverse-impact").await;
}

const RETENTION: [(&str, &str); 3] = [
    ("HEYMILO_SYNC__RETENTION__INBOX", "30d"),
    ("HEYMILO_SYNC__RETENTION__INTERVIEWS", "730d"),
    ("HEYMILO_SYNC__RETENTION__DROP_ANSWERED", "false"),
];

async fn retention_of(world: &Simulated, format: &str) -> String {
    let command = ["report", "retention", "--format", format];
    let (done, output) =
        program_with(url(&world.db).as_str(), &world.address, &command, &RETENTION).await;
    assert!(done, "{output}");
    output
}

async fn at(app: &TestApp, query: &str) -> String {
    app.value(&format!(
        "select coalesce(to_char(({query}) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '')"
    ))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_is_reported_with_runs_counts_and_oldest_rows() {
    let world = Simulated::with(RETENTION).await;
    world.sync().await;
    for id in world.heymilo.interview_ids().iter().take(3) {
        world.deliver(json!({ "interview_id": id })).await;
    }
    world
        .execute(
            "update heymilo_sync.inbox set received_at = now() - interval '40 days'
             where delivery_id in (select delivery_id from heymilo_sync.inbox order by 1 limit 2)",
        )
        .await;
    world.expire().await;
    world.expire().await;

    let rows = rows(&retention_of(&world, "csv").await);

    let by_setting: BTreeMap<&str, &Row> = rows.iter().map(|row| (&*row["setting"], row)).collect();
    assert_eq!(by_setting.len(), 8);
    let inbox = by_setting["retention.inbox"];
    assert_eq!((&*inbox["kept_for"], &*inbox["last_removed"]), ("30days", "0"));
    assert_eq!(inbox["total_removed"], "2");
    let oldest = "select min(received_at) from heymilo_sync.inbox";
    assert_eq!(inbox["oldest_at"], at(&world, oldest).await);
    let runs =
        "select last_run_at from heymilo_sync.retention_runs where setting = 'retention.inbox'";
    assert_eq!(inbox["last_run_at"], at(&world, runs).await);

    let interviews = by_setting["retention.interviews"];
    let oldest = "select min(coalesce(greatest(invited_at, interviewed_at, last_activity_at), first_synced_at))
                  from heymilo.interviews";
    assert_eq!(interviews["oldest_at"], at(&world, oldest).await);
    assert_eq!(interviews["total_removed"], "0");
    let forever = by_setting["retention.transcripts"];
    assert_eq!((&*forever["kept_for"], &*forever["last_run_at"]), ("forever", ""));
    assert_eq!(by_setting["retention.drop_answered"]["kept_for"], "false");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_retention_can_be_read_by_all() {
    let world = Simulated::with(RETENTION).await;
    world.sync().await;
    world.expire().await;

    let page = retention_of(&world, "html").await;

    assert!(page.contains("retention.gone_grace"), "{page}");
    is_readable_alone(&page, "retention").await;
}
