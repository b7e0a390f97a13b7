//! The contents of recordings and resumes: a tone and a page with the interview's id, so that no
//! two are equal.

/// Samples per second, and the length of the tone in samples.
const SAMPLE_RATE: u32 = 8_000;
const SAMPLES: u32 = SAMPLE_RATE;

/// Media type and content of a file of this name.
pub fn of(name: &str) -> Option<(&'static str, Vec<u8>)> {
    let (interview_id, extension) = name.rsplit_once('.')?;
    match extension {
        "wav" => Some(("audio/wav", tone(interview_id))),
        "pdf" => Some(("application/pdf", page(interview_id))),
        // No player can show it, because the simulator makes no films.
        "mp4" => Some(("video/mp4", format!("The film of {interview_id}.").into_bytes())),
        _ => None,
    }
}

/// A second of sound as WAV: one channel, 8 bits a sample.
fn tone(interview_id: &str) -> Vec<u8> {
    let sum: u32 = interview_id.bytes().map(u32::from).sum();
    let half_wave = 8 + sum % 16;
    let samples = (0..SAMPLES).map(|at| if (at / half_wave).is_multiple_of(2) { 120 } else { 136 });

    // A comment holds the interview's id.
    let comment = format!("{interview_id:<63}\0");
    let comment = [b"INFOICMT", &64_u32.to_le_bytes()[..], &comment.as_bytes()[..64]].concat();
    let format = [1_u16.to_le_bytes(), 1_u16.to_le_bytes()].concat();
    let rates = [SAMPLE_RATE.to_le_bytes(), SAMPLE_RATE.to_le_bytes()].concat();
    let sizes = [1_u16.to_le_bytes(), 8_u16.to_le_bytes()].concat();
    let chunks = [
        chunk(b"fmt ", [format, rates, sizes].concat()),
        chunk(b"LIST", comment),
        chunk(b"data", samples.collect()),
    ];
    chunk(b"RIFF", [b"WAVE".to_vec(), chunks.concat()].concat())
}

fn chunk(name: &[u8; 4], content: Vec<u8>) -> Vec<u8> {
    [&name[..], &(content.len() as u32).to_le_bytes(), &content].concat()
}

/// One page as PDF.
fn page(interview_id: &str) -> Vec<u8> {
    let text = format!("BT /F1 16 Tf 72 760 Td (A simulated resume: {interview_id}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];

    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut places = String::new();
    for (index, object) in objects.iter().enumerate() {
        places.push_str(&format!("{:010} 00000 n \n", pdf.len()));
        pdf.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let table_at = pdf.len();
    let count = objects.len() + 1;
    pdf.push_str(&format!("xref\n0 {count}\n0000000000 65535 f \n{places}"));
    pdf.push_str(&format!(
        "trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{table_at}\n%%EOF\n"
    ));
    pdf.into_bytes()
}
