//! Signs the links to recordings and resumes again for every answer, as HeyMilo does.

use serde_json::Value;

const SIGNED: &[&str] = &[
    "audio_recording_url",
    "video_recording_url",
    "resume_url",
    "audio_recording_link",
    "video_recording_link",
    "resume_link",
];

/// Signs the links without a query in an interview or a row. The signatures expire at a time in
/// Unix seconds.
pub fn sign(answer: &mut Value, expires: u64, request: u64) {
    for_each_link(answer, |link| {
        if !link.contains('?') {
            link.push_str(&format!("?Expires={expires}&Signature={request:016x}"));
        }
    });
}

/// Passes each link to a recording or resume in an interview or a row to `pass`.
pub fn for_each_link(answer: &mut Value, mut pass: impl FnMut(&mut String)) {
    let blocks = match answer.get_mut("agent_summary") {
        Some(summary) => summary,
        None => answer,
    };
    for block in blocks.as_object_mut().into_iter().flat_map(|blocks| blocks.values_mut()) {
        for name in SIGNED {
            if let Some(Value::String(link)) = block.get_mut(name) {
                pass(link);
            }
        }
    }
}
