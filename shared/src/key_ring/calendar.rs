//! When keys of one algorithm come and go. Every key is published from the moment it is in the ring.
//!
//! ```text
//! day   0         82        83         84
//! key   ├─ signs ──┼─ signs ─┤ published ┤ gone
//! next             ├ published ┼─ signs ──────────
//! ```

use crate::types::Timestamp;

const HOUR: i64 = 3_600_000;

/// How long a key has signed when its successor is published. That leaves a week in which no run succeeds before
/// the key would sign for over 90 days (yardstick T7).
const SUCCESSOR_AFTER_MS: i64 = 82 * 24 * HOUR;

/// From a key's writing to its first signature: a day (yardstick T7), and what the writing itself takes.
const PUBLISHED_AHEAD_MS: i64 = 24 * HOUR + HOUR / 6;

/// How long a key stays after its successor began to sign: the longest life of an access token is a day.
const KEPT_MS: i64 = 25 * HOUR;

/// What is to be done with the keys of one algorithm.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// When a new key is to sign from, where one is to be published.
    pub publish: Option<Timestamp>,
    /// How many of the oldest keys are to go.
    pub retire: usize,
}

impl Due {
    /// `signs_from`: of each key, from the oldest to the newest.
    pub(super) fn at(now: Timestamp, signs_from: &[Timestamp]) -> Self {
        let age = |begin: Timestamp| now.milliseconds() - begin.milliseconds();
        let publish = match signs_from.last() {
            None => Some(now),
            Some(newest) if age(*newest) >= SUCCESSOR_AFTER_MS => Some(publish_ahead(now)),
            Some(_) => None,
        };
        let retire = signs_from.iter().skip(1).take_while(|successor| age(**successor) >= KEPT_MS).count();
        Self { publish, retire }
    }
}

/// When a key that is published `now` begins to sign.
pub(super) fn publish_ahead(now: Timestamp) -> Timestamp {
    Timestamp::from_milliseconds(now.milliseconds() + PUBLISHED_AHEAD_MS)
}

/// The key that signs at `now`: the newest whose time has come, else the oldest.
pub(super) fn signing<K>(
    mut newest_first: impl Iterator<Item = K> + Clone,
    signs_from: impl Fn(&K) -> Timestamp,
    now: Timestamp,
) -> Option<K> {
    let oldest = newest_first.clone().last();
    newest_first.find(|key| signs_from(key) <= now).or(oldest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 24 * HOUR;

    /// What became of one key.
    #[derive(Debug, Clone)]
    struct Life {
        published: i64,
        signs_from: Timestamp,
        first_signature: Option<i64>,
        last_signature: i64,
        gone: Option<i64>,
    }

    /// A ring of one algorithm, run through the calendar.
    #[derive(Default)]
    struct Ring {
        keys: Vec<Life>,
        past: Vec<Life>,
    }

    impl Ring {
        fn run(&mut self, at: i64) {
            let now = Timestamp::from_milliseconds(at);
            let due = Due::at(now, &self.keys.iter().map(|key| key.signs_from).collect::<Vec<_>>());
            let retired = self.keys.drain(..due.retire).map(|key| Life { gone: Some(at), ..key });
            self.past.extend(retired.collect::<Vec<_>>());
            self.keys.extend(due.publish.map(|signs_from| Life {
                published: at,
                signs_from,
                first_signature: None,
                last_signature: 0,
                gone: None,
            }));
        }

        fn sign(&mut self, at: i64) {
            let now = Timestamp::from_milliseconds(at);
            let places = (0..self.keys.len()).rev();
            let place = signing(places, |place| self.keys[*place].signs_from, now).expect("there is always a key");
            self.keys[place].first_signature.get_or_insert(at);
            self.keys[place].last_signature = at;
        }

        fn lives(&self) -> impl Iterator<Item = &Life> {
            self.past.iter().chain(&self.keys)
        }

        fn holds_the_calendar(&self, first: i64) {
            assert!(self.keys.len() <= 3, "{:?}", self.keys);
            for life in self.lives() {
                let Some(began) = life.first_signature else { continue };
                assert!(began - life.published >= DAY || life.published == first, "published a day before: {life:?}");
                assert!(life.last_signature - began <= 90 * DAY, "signs for at most 90 days: {life:?}");
                assert!(life.gone.is_none_or(|gone| gone - life.last_signature > DAY), "stays for a day: {life:?}");
            }
        }
    }

    #[test]
    fn a_ring_run_every_six_hours_keeps_the_calendar() {
        let mut ring = Ring::default();
        for run in 0..4 * 400 {
            ring.run(run * 6 * HOUR);
            for minute in 0..6 {
                ring.sign(run * 6 * HOUR + minute * HOUR);
            }
            assert!(ring.keys.len() <= 2, "one key, or one and its successor");
        }
        ring.holds_the_calendar(0);
        assert_eq!(ring.lives().count(), 5, "a new key every 83 days");
    }

    #[test]
    fn each_step_is_due_at_its_moment() {
        let at = Timestamp::from_milliseconds;
        let nothing = Due { publish: None, retire: 0 };
        assert_eq!(Due::at(at(5), &[]), Due { publish: Some(at(5)), retire: 0 });
        assert_eq!(Due::at(at(82 * DAY - 1), &[at(0)]), nothing);
        let begin = at(83 * DAY + HOUR / 6);
        assert_eq!(Due::at(at(82 * DAY), &[at(0)]), Due { publish: Some(begin), retire: 0 });
        let gone = begin.milliseconds() + KEPT_MS;
        assert_eq!(Due::at(at(gone - 1), &[at(0), begin]), nothing);
        assert_eq!(Due::at(at(gone), &[at(0), begin]), Due { publish: None, retire: 1 });
    }

    #[test]
    fn the_newest_key_signs_whose_time_has_come_else_the_oldest() {
        let signs = |now, begins: &[i64]| {
            let key = signing(begins.iter().rev(), |begin| Timestamp::from_milliseconds(**begin), now);
            key.copied()
        };
        let now = Timestamp::from_milliseconds(10);
        assert_eq!(signs(now, &[1, 10, 11]), Some(10));
        assert_eq!(signs(now, &[11, 12]), Some(11));
        assert_eq!(signs(now, &[]), None);
    }

    proptest! {
        #[test]
        fn runs_that_come_irregularly_or_not_for_a_week_keep_the_calendar(
            pauses in proptest::collection::vec(prop_oneof![3 => 1..6 * HOUR, 1 => HOUR..6 * DAY], 100..400)
        ) {
            let (mut ring, mut now) = (Ring::default(), 0);
            for pause in pauses {
                ring.run(now);
                for moment in 0..24 {
                    ring.sign(now + pause * moment / 24);
                }
                now += pause;
            }
            ring.holds_the_calendar(0);
        }
    }
}
