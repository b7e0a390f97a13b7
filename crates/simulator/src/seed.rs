//! Invents data without stored state: every choice follows from the seed, a subject and a purpose.

use fastrand::Rng;

/// The purpose of a choice. Each purpose has a generator of its own. So a list row can be made
/// without the conversation and still agrees with it.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    Invitation,
    Posting,
    Dealing,
    Person,
    Application,
    Timeline,
    WebScores,
    Conversation,
    WebResult,
    ResumeScores,
    ResumeResult,
    Sms,
    Form,
    Integrity,
}

/// The seed of a simulation.
#[derive(Debug, Clone, Copy)]
pub struct Seed(u64);

impl Seed {
    /// Spreads the user's number, so that neighbouring seeds give different data.
    pub fn new(seed: u64) -> Self {
        Self(scramble(seed.wrapping_add(0x9e37_79b9_7f4a_7c15)))
    }

    /// The generator of one subject's choices for one purpose.
    pub fn choices(self, subject: u64, purpose: Purpose) -> Rng {
        let purpose = scramble(purpose as u64 + 1);
        Rng::with_seed(scramble(self.0.wrapping_add(subject) ^ purpose))
    }

    /// The interview id of the candidate with this index.
    pub fn interview_id(self, index: u64) -> String {
        format!("{:016X}", scramble(self.0.wrapping_add(index)))
    }

    /// The index in an interview id, so that no table of ids is needed. An id that was never given
    /// yields an index far beyond the last candidate.
    pub fn index(self, interview_id: &str) -> Option<u64> {
        let number = u64::from_str_radix(interview_id, 16).ok()?;
        let index = unscramble(number).wrapping_sub(self.0);
        (self.interview_id(index) == interview_id).then_some(index)
    }
}

/// The finalizer of `SplitMix64`: one number to one number, without visible order.
fn scramble(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// Reverses [`scramble`]. The factors are the inverses modulo 2^64.
fn unscramble(mut number: u64) -> u64 {
    number = (number ^ (number >> 31) ^ (number >> 62)).wrapping_mul(0x3196_42b2_d24d_8ec3);
    number = (number ^ (number >> 27) ^ (number >> 54)).wrapping_mul(0x96de_1b17_3f11_9089);
    number ^ (number >> 30) ^ (number >> 60)
}

/// Chooses one of several.
pub fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(..from.len())]
}

/// Returns true with the given probability.
pub fn chance(rng: &mut Rng, probability: f64) -> bool {
    rng.f64() < probability
}

/// Chooses a number between two, uniformly.
pub fn between(rng: &mut Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.f64()
}

/// Rounds to `decimals` places, like the API's scores and confidences.
pub fn rounded(number: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (number * scale).round() / scale
}

/// Chooses an AI's confidence, from 0.6 to 1.0.
pub fn confidence(rng: &mut Rng) -> f64 {
    rounded(between(rng, 0.6, 1.0), 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interview_id_tells_its_index() {
        let seed = Seed::new(7);

        for index in [0, 1, 99_999, u64::from(u32::MAX)] {
            assert_eq!(seed.index(&seed.interview_id(index)), Some(index));
        }
        assert_eq!(seed.index("not an id"), None);
        assert_eq!(seed.index("+123456789ABCDEF"), None);
    }
}
