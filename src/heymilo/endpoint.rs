//! The addresses of the API. An id stays one segment of the path, with any characters in it.

use url::Url;

use super::error::{Error, Result};

/// Checks that paths can be built from the base URL.
pub(super) fn check(base: &Url) -> Result<()> {
    match base.scheme() {
        "http" | "https" => Ok(()),
        _ => Err(Error::Settings("the base URL of the API is neither http nor https")),
    }
}

/// Builds the address of a path below `/api/v2`. It keeps a prefix of the base URL.
pub(super) fn url(base: &Url, path: &[&str]) -> Result<Url> {
    if !path.iter().all(|segment| is_segment(segment)) {
        return Err(Error::Id);
    }
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut()
        .expect("an http URL has a path")
        .pop_if_empty()
        .extend(["api", "v2"])
        .extend(path);
    Ok(url)
}

/// Refuses segments that would change the path: dots climb, and URLs drop tabs and line breaks.
fn is_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..") && !segment.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data_of(base: &str, id: &str) -> Result<String> {
        url(&base.parse().unwrap(), &["interviews", id, "data"]).map(String::from)
    }

    #[test]
    fn an_id_stays_one_segment() {
        let encoded = [
            ("int_1", "int_1"),
            ("a/b", "a%2Fb"),
            (r"a\b", "a%5Cb"),
            ("a?b#c", "a%3Fb%23c"),
            ("%2e%2e", "%252e%252e"),
            ("...", "..."),
            ("ü 1", "%C3%BC%201"),
        ];
        for (id, segment) in encoded {
            assert_eq!(
                data_of("https://api.example.com", id).unwrap(),
                format!("https://api.example.com/api/v2/interviews/{segment}/data"),
            );
        }
    }

    #[test]
    fn an_id_that_would_change_the_path_is_refused() {
        for id in ["", ".", "..", ".\t", "a\nb", "\0"] {
            assert!(matches!(data_of("https://api.example.com", id), Err(Error::Id)), "{id:?}");
        }
    }

    #[test]
    fn the_base_url_may_have_a_prefix() {
        for base in ["https://example.com/milo", "https://example.com/milo/?a=b#c"] {
            let url = data_of(base, "int_1").unwrap();
            assert_eq!(url, "https://example.com/milo/api/v2/interviews/int_1/data");
        }
    }

    #[test]
    fn a_base_url_without_paths_is_refused() {
        assert!(check(&"mailto:ada@example.com".parse().unwrap()).is_err());
        assert!(check(&"http://127.0.0.1:8080".parse().unwrap()).is_ok());
    }
}
