//! Invented names and sentences. None of the people exist.

use fastrand::Rng;

use super::{role::Role, seed::pick};

/// First names.
pub const FIRST_NAMES: &[&str] = &[
    "Ada", "Amara", "Anouk", "Beatriz", "Bjørn", "Carlos", "Chloe", "Dana", "Deniz", "Elena",
    "Emeka", "Farah", "Felix", "Grace", "Hana", "Hugo", "Imani", "Ines", "Ivan", "Jonas", "José",
    "Kaito", "Keiko", "Lars", "Leila", "Lucía", "Maya", "Mei", "Milan", "Nadia", "Noah", "Olu",
    "Omar", "Priya", "Quinn", "Rosa", "Ruth", "Samir", "Søren", "Tariq", "Tomás", "Uma", "Vera",
    "Wei", "Yara", "Yusuf", "Zoë", "Zuri",
];

/// Last names.
pub const LAST_NAMES: &[&str] = &[
    "Abara",
    "Andersen",
    "Baker",
    "Banerjee",
    "Castillo",
    "Chen",
    "Dawson",
    "Diallo",
    "Eriksen",
    "Fischer",
    "Flores",
    "García",
    "Grant",
    "Haddad",
    "Hoffmann",
    "Ibrahim",
    "Ito",
    "Jensen",
    "Kaya",
    "Khan",
    "Kowalski",
    "Larsen",
    "Lindqvist",
    "Mbeki",
    "Meyer",
    "Moreau",
    "Müller",
    "Nakamura",
    "Novak",
    "O'Brien",
    "Okafor",
    "Osei",
    "Park",
    "Patel",
    "Petrov",
    "Quiroga",
    "Reyes",
    "Rossi",
    "Sato",
    "Silva",
    "Tanaka",
    "Torres",
    "Usman",
    "Van Dijk",
    "Weber",
    "Young",
    "Zhang",
    "Ziegler",
];

/// Follow-up questions that fit any question.
pub const FOLLOW_UPS: &[&str] = &[
    "Thank you. What was your own part in that?",
    "Could you give me a concrete example?",
    "How did you know that it had worked?",
    "What would you do differently today?",
    "Who else was involved, and how did you keep them informed?",
    "What was the hardest part of it for you?",
    "And what did you learn from that?",
];

const OPENINGS: &[&str] = &[
    "That is a good question, let me think about it for a second.",
    "Yes, there is one situation that I remember very well.",
    "In my last position with a {team} this happened quite often.",
    "Sure, I can tell you about that.",
    "I would start with what the people around me actually need.",
];

const STRONG: &[&str] = &[
    "We had about {number} open cases at the time, so I sorted them by impact before anything else.",
    "I took responsibility for {skill} and wrote down a plan together with the {team}.",
    "With {tool} I could show where the time was lost, and that changed the discussion completely.",
    "After {number} days we measured again, and the number of mistakes had gone down by a third.",
    "I told everybody what to expect and when I would come back to them, and I kept to it.",
    "What helped most was {skill}, because it showed us the cause and not only the symptom.",
    "I asked the most experienced person on the {team} to check my plan before we started.",
    "In the end it was used by the other shifts as well, and it is still in use today.",
    "I keep notes on such cases, so the next time it took us {number} minutes instead of hours.",
];

const PLAIN: &[&str] = &[
    "I have worked with {tool} for some time, mostly for the usual things.",
    "We talked about it in the {team} and then we did it step by step.",
    "Normally I would ask my supervisor and then follow the instructions.",
    "There was a lot going on, but in the end it was fine.",
    "I know {skill} from my training and I used it there.",
    "It took us around {number} days, which was roughly what we had planned.",
    "I try to stay friendly and to do one thing after the other.",
];

const WEAK: &[&str] = &[
    "I am not sure, to be honest.",
    "I think somebody else took care of it then.",
    "It depends, it is hard to say.",
    "I have not done much {skill} so far.",
    "Um, I would probably look it up.",
    "I do not really remember how it ended.",
];

/// Invents an answer. A better score (1 to 10) gives an answer with more content.
pub fn answer(rng: &mut Rng, role: &Role, score: u8, sentences: usize) -> String {
    let mut words = pick(rng, OPENINGS).replace("{team}", role.team);
    let mut before = "";
    for _ in 0..sentences {
        let from = match rng.u8(..4) + score {
            ..=4 => WEAK,
            5..=8 => PLAIN,
            _ => STRONG,
        };
        let sentence = pick(rng, from);
        if sentence != before {
            words.push(' ');
            words.push_str(&fill(rng, role, sentence));
        }
        before = sentence;
    }
    words
}

fn fill(rng: &mut Rng, role: &Role, sentence: &str) -> String {
    let number = rng.u32(3..60).to_string();
    sentence
        .replace("{team}", role.team)
        .replace("{skill}", pick(rng, role.skills))
        .replace("{tool}", pick(rng, role.tools))
        .replace("{number}", &number)
}

/// The word for a score from 0.0 to 1.0.
pub fn quality(share: f64) -> &'static str {
    match share {
        ..0.35 => "Weak",
        0.35..0.6 => "Fair",
        0.6..0.8 => "Good",
        _ => "Excellent",
    }
}
