//! Links of an interview to recordings and resumes.

use super::Results;

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum FileKind {
    /// A sound recording of the interview.
    Audio,
    /// A video recording of the interview.
    Video,
    /// The candidate's resume.
    Resume,
}

impl FileKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Audio, Self::Video, Self::Resume];

    /// The word for it in the database, the settings and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Resume => "resume",
        }
    }

    /// The kind with this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A link to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLink<'a> {
    /// The kind of file.
    pub kind: FileKind,
    /// The link, signature included.
    pub link: &'a str,
}

impl Results {
    /// The links to recordings and resumes.
    pub fn file_links(&self) -> Vec<FileLink<'_>> {
        let web = self.web_interviews.iter().flat_map(|web| {
            [
                (FileKind::Audio, &web.audio_recording_url),
                (FileKind::Video, &web.video_recording_url),
            ]
        });
        let resumes = self.resume_screenings.iter().map(|it| (FileKind::Resume, &it.resume_url));
        web.chain(resumes)
            .filter_map(|(kind, link)| Some(FileLink { kind, link: link.as_deref()? }))
            .collect()
    }
}
