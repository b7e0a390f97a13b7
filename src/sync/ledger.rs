//! The arithmetic of the request budget, at whatever time it is told; it neither waits nor asks.
//!
//! The limit is kept by counting every request of the last minute, so it can be used to the full
//! and not be broken. Permits become due evenly, for a busy key should not spend its minute in
//! seconds and then be deaf to news until the next; what was not taken adds up to a tenth of the
//! limit, for a handful of webhooks should not queue.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    heymilo::{Grant, Heard},
    store::budgets::{Budget, Taken, Usage},
};

/// HeyMilo's minute, and some more for requests that spend different times on their way.
pub const WINDOW: Duration = Duration::from_millis(60_250);

/// What becomes due while the window is full adds up to no more than this.
///
/// Without it, whoever comes late for a place in the window would be as late in the next, and the
/// time between would be lost again and again; with more, the places would be taken in bunches.
const CATCH_UP: TimeDelta = TimeDelta::seconds(3);

/// How long a due permit is left to those who are one class more urgent.
const COURTESY: TimeDelta = TimeDelta::milliseconds(20);

/// No pause is longer: one request after it is cheap, and a mistaken header would stop us.
const MAX_PAUSE: TimeDelta = TimeDelta::minutes(15);

/// What requests are for, most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Interviews that deliveries name.
    Webhook,
    /// Lists, and the interviews that they found changed.
    Polling,
    /// Known interviews, once more.
    Backfill,
}

/// Requests that somebody else made with the same key.
const OTHERS: &str = "others";

/// A workspace's budget at one moment, seen by one who asks.
#[derive(Debug)]
pub struct Ledger {
    /// The requests a minute of the settings.
    pub setting: u32,
    /// How requests are paced.
    pub budget: Budget,
    /// What was used of the window.
    pub usage: Usage,
}

impl Class {
    /// Its word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Polling => "polling",
            Self::Backfill => "backfill",
        }
    }

    /// Below this share of the limit, in percent, the class goes before the more urgent.
    fn floor(self) -> i64 {
        match self {
            Self::Webhook => 0,
            Self::Polling => 10,
            Self::Backfill => 5,
        }
    }
}

impl Ledger {
    /// Learns from an answer's headers. Returns the requests that others must have made.
    pub fn hear(&mut self, heard: Heard) -> Option<Taken> {
        if let Some(limit) = heard.limit {
            self.budget.told_limit = Some(i32::try_from(limit).unwrap_or(i32::MAX));
        }
        let remaining = i64::from(heard.remaining?);
        // What we counted since that request left may have come before or after it at HeyMilo.
        let others = self.limit() - self.usage.used_since - remaining;
        let left_at = self.usage.now - delta(heard.age);
        let reset_at = left_at + delta(heard.reset.unwrap_or(WINDOW)).min(MAX_PAUSE);
        // How long ago is too long is a window: permits are not remembered much longer.
        if others <= 0 || reset_at <= self.usage.now || heard.age > WINDOW {
            return None;
        }
        if remaining == 0 {
            self.budget.paused_until = self.budget.paused_until.max(Some(reset_at));
        }
        let at = (reset_at - delta(WINDOW)).min(self.usage.now);
        self.usage.used += others;
        self.usage.oldest = Some(self.usage.oldest.map_or(at, |oldest| oldest.min(at)));
        Some(Taken { at, class: OTHERS, requests: i32::try_from(others).unwrap_or(i32::MAX) })
    }

    /// Takes up to `most` permits, or tells how long none are due.
    pub fn take(&mut self, class: Class, most: usize) -> Grant {
        let now = self.usage.now;
        // A time further ahead was written by a clock that was put back.
        let mut next = self.budget.next_at.map(|next| next.min(now + delta(WINDOW)));
        let blocked_until = self.blocked_until();
        let due_at = next.max(blocked_until).map(|due_at| due_at + self.courtesy(class));
        if let Some(due_at) = due_at.filter(|due_at| *due_at > now) {
            next = next.max(blocked_until.map(|until| until - CATCH_UP));
            self.budget.next_at = next;
            return Grant::Wait((due_at - now).to_std().unwrap_or_default());
        }

        // What was due longer ago than a tenth of a window is lost.
        let spacing = self.spacing();
        let earliest = (now - delta(WINDOW) / 10 + spacing).min(now);
        let next = next.map_or(earliest, |next| next.max(earliest)).min(now);
        let due = 1 + micros(now - next) / micros(spacing);
        let left = self.limit() - self.usage.used;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let permits = due.min(left).min(most).min(self.lacking(class).unwrap_or(i64::MAX));
        self.budget.next_at = Some(next + TimeDelta::microseconds(permits * micros(spacing)));
        Grant::Permits(usize::try_from(permits).expect("at least one is due and left"))
    }

    /// The limit in force: the lower of the settings' and the one that HeyMilo told.
    pub fn limit(&self) -> i64 {
        let setting = i64::from(self.setting);
        self.budget.told_limit.map_or(setting, |told| setting.min(i64::from(told))).max(1)
    }

    /// Until when there is no room in the window, or a pause lasts.
    fn blocked_until(&self) -> Option<DateTime<Utc>> {
        let now = self.usage.now;
        let paused_until = self.budget.paused_until.map(|until| until.min(now + MAX_PAUSE));
        let is_full = self.usage.used >= self.limit();
        let room_at = self.usage.oldest.filter(|_| is_full).map(|oldest| oldest + delta(WINDOW));
        paused_until.max(room_at).filter(|until| *until > now)
    }

    fn spacing(&self) -> TimeDelta {
        TimeDelta::microseconds((micros(delta(WINDOW)) / self.limit()).max(1))
    }

    /// How long a permit must have been due before this class may take it: had anybody more urgent
    /// waited for it, it would be taken by then.
    fn courtesy(&self, class: Class) -> TimeDelta {
        match class {
            _ if self.lacking(class).is_some() => TimeDelta::zero(),
            Class::Webhook => COURTESY,
            Class::Polling => COURTESY * 2,
            Class::Backfill => COURTESY * 3,
        }
    }

    /// How many permits the class lacks to its floor.
    fn lacking(&self, class: Class) -> Option<i64> {
        let floor = (class.floor() * self.limit() + 99) / 100;
        Some(floor - self.usage.used_by_class).filter(|lacking| *lacking > 0)
    }
}

fn micros(time: TimeDelta) -> i64 {
    time.num_microseconds().unwrap_or(i64::MAX)
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: TimeDelta = TimeDelta::seconds(1);
    const MINUTE: TimeDelta = TimeDelta::minutes(1);

    /// What the database would hold.
    struct Books {
        now: DateTime<Utc>,
        limit: u32,
        budget: Budget,
        taken: Vec<Taken>,
    }

    impl Books {
        fn new(limit: u32) -> Self {
            let budget = Budget { told_limit: None, next_at: None, paused_until: None };
            Self { now: DateTime::UNIX_EPOCH, limit, budget, taken: Vec::new() }
        }

        fn ledger(&self, class: Class, age: Duration) -> Ledger {
            let since = self.now - delta(WINDOW);
            let within = |since| self.taken.iter().rev().take_while(move |taken| taken.at > since);
            let recent = || within(since);
            let sum = |taken: &mut dyn Iterator<Item = &Taken>| {
                taken.map(|taken| i64::from(taken.requests)).sum()
            };
            let usage = Usage {
                now: self.now,
                used: sum(&mut recent()),
                used_by_class: sum(&mut recent().filter(|taken| taken.class == class.as_str())),
                oldest: recent().map(|taken| taken.at).min(),
                used_since: sum(&mut within(since - delta(age))),
            };
            Ledger { setting: self.limit, budget: self.budget, usage }
        }

        fn ask(&mut self, class: Class, most: usize, heard: Option<Heard>) -> Grant {
            let age = heard.map(|heard| heard.age).unwrap_or_default();
            let mut ledger = self.ledger(class, age);
            self.taken.extend(heard.and_then(|heard| ledger.hear(heard)));
            let grant = ledger.take(class, most);
            if let Grant::Permits(permits) = grant {
                let requests = i32::try_from(permits).unwrap();
                self.taken.push(Taken { at: self.now, class: class.as_str(), requests });
            }
            self.budget = ledger.budget;
            grant
        }

        /// Takes all that becomes due for `time`, whoever of the classes comes first.
        fn take_for(&mut self, time: TimeDelta, classes: &[Class]) {
            let end = self.now + time;
            while self.now < end {
                let mut next = end;
                for class in classes {
                    next = next.min(match self.ask(*class, 64, None) {
                        Grant::Wait(wait) => self.now + delta(wait),
                        _ => self.now,
                    });
                }
                self.now = next.max(self.now + TimeDelta::microseconds(1));
            }
        }

        /// How many permits of a class, or of all, were taken in the last `time`.
        fn taken(&self, time: TimeDelta, class: &str) -> i32 {
            let since = self.now - time;
            let recent = self.taken.iter().filter(|taken| taken.at >= since);
            let of_class = recent.filter(|taken| class.is_empty() || taken.class == class);
            of_class.map(|taken| taken.requests).sum()
        }
    }

    fn heard(limit: Option<u32>, remaining: Option<u32>, reset: u64) -> Option<Heard> {
        let reset = Some(Duration::from_secs(reset));
        Some(Heard { limit, remaining, reset, age: Duration::ZERO })
    }

    #[test]
    fn the_limit_is_used_and_never_broken() {
        for limit in [1, 7, 300] {
            let mut books = Books::new(limit);

            books.take_for(MINUTE * 10, &[Class::Webhook]);

            let used = books.taken(MINUTE * 10, "");
            assert!(f64::from(used) >= 9.9 * f64::from(limit), "{used} of 10 * {limit}");
            for first in &books.taken {
                let minute = first.at..=first.at + MINUTE;
                let within = books.taken.iter().filter(|taken| minute.contains(&taken.at));
                let within: i32 = within.map(|taken| taken.requests).sum();
                assert!(within as u32 <= limit, "{within} of {limit} in a minute");
            }
        }
    }

    #[test]
    fn a_tenth_may_leave_at_once_and_the_rest_evenly() {
        let mut books = Books::new(300);

        assert_eq!(books.ask(Class::Webhook, 64, None), Grant::Permits(30));
        books.take_for(SECOND * 30, &[Class::Webhook]);

        let alone = books.taken[1..].iter().all(|taken| taken.requests == 1);
        assert!(alone && books.taken.len() >= 149, "{}", books.taken.len());
    }

    #[test]
    fn after_the_first_minute_a_busy_key_is_never_silent_for_long() {
        let mut books = Books::new(300);

        books.take_for(MINUTE * 2, &[Class::Webhook]);
        books.taken.clear();
        books.take_for(MINUTE * 10, &[Class::Webhook]);

        let gaps = books.taken.windows(2).map(|pair| pair[1].at - pair[0].at);
        assert!(gaps.max() < Some(SECOND * 7 / 2));
    }

    #[test]
    fn webhooks_go_before_polling_before_backfill_and_none_starves() {
        let mut books = Books::new(300);

        books.take_for(SECOND * 120, &[Class::Backfill, Class::Polling, Class::Webhook]);

        let taken = |class: Class| books.taken(MINUTE, class.as_str());
        assert!((30..=33).contains(&taken(Class::Polling)), "{}", taken(Class::Polling));
        assert!((15..=18).contains(&taken(Class::Backfill)), "{}", taken(Class::Backfill));
        assert!(taken(Class::Webhook) >= 245, "{}", taken(Class::Webhook));
    }

    #[test]
    fn a_class_alone_has_the_whole_budget() {
        let mut books = Books::new(300);

        books.take_for(MINUTE * 10, &[Class::Backfill]);

        assert!(books.taken(MINUTE * 10, "") >= 2970);
    }

    #[test]
    fn a_lower_limit_is_learned_and_a_higher_one_up_to_the_setting() {
        let mut books = Books::new(300);

        for (told, in_force) in [(100, 100), (200, 200), (1000, 300)] {
            books.ask(Class::Webhook, 1, heard(Some(told), None, 0));
            assert_eq!(books.ledger(Class::Webhook, Duration::ZERO).limit(), in_force);
        }
    }

    #[test]
    fn what_others_used_with_the_same_key_is_respected_until_the_reset() {
        let mut books = Books::new(300);
        books.ask(Class::Webhook, 10, None);

        books.ask(Class::Webhook, 1, heard(None, Some(4), 40));
        books.take_for(SECOND * 39, &[Class::Webhook]);
        assert_eq!(books.taken(SECOND * 39, "webhook"), 14);
        books.take_for(SECOND * 2, &[Class::Webhook]);
        assert!(books.taken(SECOND, "webhook") > 0);
    }

    #[test]
    fn our_own_requests_are_not_taken_for_those_of_others() {
        let mut books = Books::new(300);
        books.ask(Class::Webhook, 30, None);
        let asked_at = books.now;
        books.take_for(SECOND * 20, &[Class::Webhook]);

        let age = (books.now - asked_at).to_std().unwrap();
        let late = Heard { age, ..heard(None, Some(270), 60).unwrap() };
        books.ask(Class::Webhook, 1, Some(late));

        assert_eq!(books.taken(MINUTE, OTHERS), 0);
    }

    #[test]
    fn the_last_request_pauses_until_the_reset() {
        let mut books = Books::new(300);

        let grant = books.ask(Class::Webhook, 1, heard(None, Some(0), 17));

        let Grant::Wait(wait) = grant else { panic!("{grant:?}") };
        assert!(wait >= Duration::from_secs(17), "{wait:?}");
    }

    #[test]
    fn a_clock_that_was_put_back_does_not_stop_the_key() {
        let mut books = Books::new(300);
        books.take_for(SECOND * 90, &[Class::Webhook]);

        books.now -= SECOND * 3600;

        books.take_for(MINUTE * 2, &[Class::Webhook]);

        assert!(books.taken(MINUTE, "") >= 297);
    }
}
