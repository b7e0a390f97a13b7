//! Signs addresses of recordings and resumes anew for every answer, as HeyMilo does.

use serde_json::Value;

const SIGNED: &[&str] = &[
    "audio_recording_url",
    "video_recording_url",
    "resume_url",
    "audio_recording_link",
    "video_recording_link",
    "resume_link",
];

/// How long a signed address is good for, in seconds.
const GOOD_FOR: u64 = 3_600;

/// Signs the addresses in an interview or a row that do not carry a query yet.
pub fn sign(answer: &mut Value, now: f64, request: u64) {
    let blocks = match answer.get_mut("agent_summary") {
        Some(summary) => summary,
        None => answer,
    };
    for block in blocks.as_object_mut().into_iter().flat_map(|blocks| blocks.values_mut()) {
        for name in SIGNED {
            if let Some(Value::String(address)) = block.get_mut(name)
                && !address.contains('?')
            {
                let expires = now as u64 + GOOD_FOR;
                address.push_str(&format!("?Expires={expires}&Signature={request:016x}"));
            }
        }
    }
}
