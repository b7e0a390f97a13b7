//! The subject of a delivery. Its shape is not published, so the daemon searches it and never
//! trusts it: an id only says what to ask HeyMilo for.
//!
//! The search builds no tree. It holds the best ids so far, and one text at a time.

use std::{borrow::Cow, cmp::Ordering, collections::BTreeSet};

use memchr::memchr2_iter;
use url::form_urlencoded;

use crate::{
    json::{self, Leaf, Way},
    records::{InterviewId, PostingId},
};

/// The most interviews taken from one delivery. The poll finds the others.
const MAX_IDS: usize = 1000;
/// The longest text that may be an id, in bytes with its escapes: 255 bytes of `\u` and four digits
/// each.
const MAX_ID_BYTES: usize = 6 * 255;

/// The most values of a delivery that are searched.
const MAX_PARTS: usize = 50_000;
/// The most fields of a form that are searched, and the most nested names of each.
pub(super) const MAX_FIELDS: usize = 1000;
const MAX_NAMES: usize = 8;
/// How many times JSON may be inside a text that is JSON or a form again.
const MAX_WRAPPERS: usize = 2;

/// Names of a field that holds an event's type, without separators.
const EVENT_TYPE_NAMES: [&str; 3] = ["eventtype", "event", "type"];
/// The longest event type that is kept.
const MAX_EVENT_TYPE_CHARS: usize = 100;

/// The places where a delivery may name its subjects.
#[derive(Debug)]
pub struct Places {
    interviews: Wanted,
    postings: Wanted,
}

/// The places where a delivery may name one kind of subject, the most reliable first: those of the
/// settings, then fields whose name says so, and last an `id` of unclear owner.
#[derive(Debug)]
struct Wanted {
    noun: &'static str,
    telling: Vec<Place>,
    vague: Vec<Place>,
}

/// The names of the fields on the path to an id.
type Place = Vec<String>;

/// The subjects found in a delivery.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// The interviews that it names, sorted and distinct.
    pub interview_ids: Vec<InterviewId>,
    /// The posting that it names.
    pub posting_id: Option<PostingId>,
    /// Whether it names no interview, or only an `id` that may be the event's. Then lists must be
    /// read.
    pub is_vague: bool,
    /// The type of the event, if a field at the top holds it.
    pub event_type: Option<String>,
}

impl Places {
    /// Reads places such as `data.interview_id`.
    pub fn new(interviews: &[String], postings: &[String]) -> Self {
        Self {
            interviews: Wanted::new("interview", interviews),
            postings: Wanted::new("posting", postings),
        }
    }

    /// Searches the body, which may be JSON or a form, and then the query.
    pub fn read(&self, body: &[u8], query: Option<&str>) -> Hint {
        let mut search = Search::new(self);
        if !search.json(body, &Way::START, MAX_WRAPPERS) {
            search = Search { left: search.left, ..Search::new(self) };
            search.form(body);
        }
        search.source += 1;
        search.form(query.unwrap_or_default().as_bytes());
        search.hint()
    }
}

impl Wanted {
    fn new(noun: &'static str, places: &[String]) -> Self {
        let places = places.iter().map(|place| place.split('.').map(str::to_owned).collect());
        let (vague, telling) = places.partition(|place| is_vague(place, noun));
        Self { noun, telling, vague }
    }

    /// How reliably the fields around a value show that it is an id of this kind.
    fn rank(&self, way: &Way<'_>, source: usize) -> Option<Rank> {
        let at = |places: &[Place]| places.iter().position(|place| is_at(way, place));
        if let Some(place) = at(&self.telling) {
            return Some(Rank::Place { source, place });
        }
        let mut names = way.names();
        let (name, outer) = (names.next()?, names.next());
        match behind(name, self.noun) {
            Some(Behind::Id) => return Some(Rank::Id),
            Some(Behind::Nothing) => return Some(Rank::Itself),
            None => {}
        }
        if name == "id"
            && outer.is_some_and(|outer| behind(outer, self.noun) == Some(Behind::Nothing))
        {
            return Some(Rank::OfObject);
        }
        at(&self.vague).map(|place| Rank::Vague { source, place })
    }
}

/// How reliable the place of an id is, the most reliable first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A place of the settings.
    Place { source: usize, place: usize },
    /// A field such as `interviewId`.
    Id,
    /// The `id` of an object such as `interview`.
    OfObject,
    /// The value of a field such as `interview`.
    Itself,
    /// A place of the settings that ends in an `id` of unclear owner.
    Vague { source: usize, place: usize },
}

/// The rest of a field's name after the noun.
#[derive(Debug, PartialEq, Eq)]
enum Behind {
    Id,
    Nothing,
}

/// The ids at the most reliable place so far.
#[derive(Debug, Default)]
struct Found {
    rank: Option<Rank>,
    ids: BTreeSet<InterviewId>,
}

impl Found {
    fn wants(&self, rank: Rank) -> bool {
        self.rank.is_none_or(|best| rank <= best)
    }

    fn offer(&mut self, rank: Rank, text: &str) {
        let Some(id) = InterviewId::new(text) else { return };
        match self.rank.map_or(Ordering::Less, |best| rank.cmp(&best)) {
            Ordering::Less => *self = Self { rank: Some(rank), ids: BTreeSet::from([id]) },
            Ordering::Equal if self.ids.len() < MAX_IDS => _ = self.ids.insert(id),
            _ => {}
        }
    }
}

/// A search in progress.
#[derive(Debug)]
struct Search<'a> {
    places: &'a Places,
    /// How many more values may be searched.
    left: usize,
    /// Whether the body is searched (0) or the query (1).
    source: usize,
    interviews: Found,
    postings: Found,
    /// The type of the event, and the index of the name that held it.
    event_type: Option<(usize, String)>,
}

impl<'a> Search<'a> {
    fn new(places: &'a Places) -> Self {
        Self {
            places,
            left: MAX_PARTS,
            source: 0,
            interviews: Found::default(),
            postings: Found::default(),
            event_type: None,
        }
    }

    fn hint(self) -> Hint {
        let is_vague = matches!(self.interviews.rank, None | Some(Rank::Vague { .. }));
        let posting = self.postings.ids.first();
        Hint {
            is_vague,
            interview_ids: self.interviews.ids.into_iter().collect(),
            posting_id: posting.and_then(|id| PostingId::new(id.as_str())),
            event_type: self.event_type.map(|(_, text)| text),
        }
    }

    /// Searches JSON. Returns false when it is not JSON or has too many parts. The delivery is kept
    /// anyway, and the poll finds its subjects.
    fn json(&mut self, json: &[u8], way: &Way<'_>, wrappers: usize) -> bool {
        let Some(left) = self.left.checked_sub(memchr2_iter(b'{', b',', json).count()) else {
            return false;
        };
        self.left = left;
        let mut seen = |way: &Way<'_>, leaf: Leaf<'_>| match leaf {
            Leaf::Number(number) if is_fraction(number) => {}
            Leaf::Number(number) => self.id(way, || number.into()),
            Leaf::Text(raw) => {
                let is_json =
                    may_be_json(raw) && self.wrapped(way, &json::unescaped(raw), wrappers);
                if !is_json {
                    self.text(way, raw);
                }
            }
        };
        json::leaves(json, way, &mut seen).is_some()
    }

    /// Searches a text that is JSON again, as in a form with the one field `payload`.
    fn wrapped(&mut self, way: &Way<'_>, text: &str, wrappers: usize) -> bool {
        wrappers > 0
            && text.trim_start().starts_with(['{', '['])
            && self.json(text.as_bytes(), way, wrappers - 1)
    }

    fn text(&mut self, way: &Way<'_>, raw: &[u8]) {
        self.event_type(way, raw);
        if raw.len() <= MAX_ID_BYTES {
            self.id(way, || json::unescaped(raw));
        }
    }

    fn id<'t>(&mut self, way: &Way<'_>, text: impl Fn() -> Cow<'t, str>) {
        let interview = self.places.interviews.rank(way, self.source);
        if let Some(rank) = interview.filter(|rank| self.interviews.wants(*rank)) {
            self.interviews.offer(rank, &text());
        }
        let posting = self.places.postings.rank(way, self.source);
        if let Some(rank) = posting.filter(|rank| self.postings.wants(*rank)) {
            self.postings.offer(rank, &text());
        }
    }

    /// Takes the text of a field at the top whose name is used for an event's type, the most
    /// reliable name first.
    fn event_type(&mut self, way: &Way<'_>, raw: &[u8]) {
        let mut names = way.names();
        let (Some(name), None, false) = (names.next(), names.next(), way.is_in_list) else {
            return;
        };
        let Some(rank) = EVENT_TYPE_NAMES.iter().position(|wanted| plain(name).eq(wanted.bytes()))
        else {
            return;
        };
        if self.event_type.as_ref().is_none_or(|(best, _)| rank < *best) {
            let text = json::unescaped(raw);
            let text = text.chars().take(MAX_EVENT_TYPE_CHARS).filter(|c| !c.is_control());
            self.event_type = Some((rank, text.collect()));
        }
    }

    /// Searches the fields of a form.
    fn form(&mut self, text: &[u8]) {
        for (name, value) in form_urlencoded::parse(text).take(MAX_FIELDS) {
            let names: Vec<&str> = names(&name).collect();
            self.field(&Way::START, &names, &value);
        }
    }

    fn field(&mut self, way: &Way<'_>, names: &[&str], value: &str) {
        match names {
            [name, rest @ ..] => self.field(&way.field(name), rest, value),
            [] if self.wrapped(way, value, MAX_WRAPPERS) || value.len() > MAX_ID_BYTES => {}
            [] => self.id(way, || value.into()),
        }
    }
}

/// The parts of a form field's name: `data[id]` and `data.id` are an `id` in `data`.
pub(super) fn names(name: &str) -> impl Iterator<Item = &str> {
    name.split(['[', ']', '.']).filter(|name| !name.is_empty()).take(MAX_NAMES)
}

/// Whether a text may begin with a list or an object. An escape may be a bracket, and a non-ASCII
/// character may be white space.
fn may_be_json(raw: &[u8]) -> bool {
    let first = raw.iter().find(|byte| !byte.is_ascii_whitespace());
    first.is_some_and(|byte| matches!(byte, b'{' | b'[' | b'\\' | 0x80..))
}

/// Whether a number cannot be an id. One that no float can hold counts as text, as in `json::read`.
fn is_fraction(number: &str) -> bool {
    number.contains(['.', 'e', 'E']) && number.parse::<f64>().is_ok_and(f64::is_finite)
}

/// A name without separators and case: `interviewID` equals `interview_id`.
fn plain(name: &str) -> impl Iterator<Item = u8> + Clone {
    name.bytes().filter(|byte| !matches!(byte, b'_' | b'-')).map(|byte| byte.to_ascii_lowercase())
}

/// The rest of a name that begins with the noun.
fn behind(name: &str, noun: &str) -> Option<Behind> {
    let mut rest = plain(name);
    let begins = noun.bytes().all(|byte| rest.next() == Some(byte));
    let ends = |ends: [&str; 2]| ends.iter().any(|end| rest.clone().eq(end.bytes()));
    match begins {
        true if ends(["id", "ids"]) => Some(Behind::Id),
        true if ends(["", "s"]) => Some(Behind::Nothing),
        _ => None,
    }
}

/// Whether a place ends in an `id` of unclear owner.
fn is_vague(place: &Place, noun: &str) -> bool {
    match &place[..] {
        [.., of, id] => id == "id" && of != noun,
        [id] => id == "id",
        [] => false,
    }
}

fn is_at(way: &Way<'_>, place: &Place) -> bool {
    way.names().eq(place.iter().rev().map(String::as_str))
}

#[cfg(test)]
mod tests;
