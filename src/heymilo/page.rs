//! Lists come in pages. A page says whether there is a next one, and where it starts.

use std::collections::HashSet;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{Stream, stream};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    error::{Error, Result},
    wire::{self, Pagination},
};
use crate::json;

const GOES_IN_CIRCLES: Error = Error::Shape("the list goes in circles");

/// A page holds a hundred items. A page with many more could fill the memory.
const MAX_ITEMS: usize = 10_000;

/// One page of a list. Its items are not `Debug`, because they hold personal data.
pub struct Page<T = Bytes> {
    /// The items, by default exactly as received.
    pub items: Vec<T>,
    /// When the page was asked for. It shows nothing older, but later answers may be newer.
    pub asked_at: DateTime<Utc>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

impl Page {
    /// Reads a page that was asked for with `after`. The cursor is the `id_member` of the last item
    /// that has one. Items after it come again with the next page.
    ///
    /// A page that announces more without a usable cursor is an error. Taking it for the end would
    /// lose items, and following it would never end.
    pub(super) fn parse(
        body: &Bytes,
        id_member: &str,
        after: Option<&str>,
        asked_at: DateTime<Utc>,
    ) -> Result<Self> {
        let items = items(body)?;
        let pagination = json::member(body, "pagination");
        let pagination: Pagination =
            wire::parse(pagination.ok_or(Error::Shape("it does not say whether it goes on"))?)?;
        if pagination.has_more && items.is_empty() {
            return Err(Error::CutShort);
        }
        let next = if pagination.has_more {
            let next = items.iter().rev().find_map(|item| id(item, id_member));
            Some(next.ok_or(Error::Shape("more items are promised, but not where they start"))?)
        } else {
            None
        };
        if next.is_some() && next.as_deref() == after {
            return Err(GOES_IN_CIRCLES);
        }

        Ok(Self { items, asked_at, next })
    }

    /// Reads every item as a `T`. An unreadable item is left out, and the others stay.
    pub(super) fn typed<T: DeserializeOwned>(self) -> Page<T> {
        let Self { items, asked_at, next } = self;
        let items = items.iter().filter_map(|item| wire::parse(item).ok());
        Page { items: items.collect(), asked_at, next }
    }
}

/// Reads a list to its end. `fetch` gets the cursor of each page.
pub fn pages<T, F>(fetch: impl FnMut(Option<String>) -> F) -> impl Stream<Item = Result<Page<T>>>
where
    F: Future<Output = Result<Page<T>>>,
{
    let start = (fetch, HashSet::new(), None);
    stream::try_unfold(Some(start), |state| async {
        let Some((mut fetch, mut seen, after)) = state else { return Ok(None) };
        let page = fetch(after).await?;
        let rest = match page.next.clone() {
            None => None,
            Some(next) if seen.insert(next.clone()) => Some((fetch, seen, Some(next))),
            Some(_) => return Err(GOES_IN_CIRCLES),
        };
        Ok(Some((page, rest)))
    })
}

/// The items of a list, exactly as received.
pub(super) fn items(body: &Bytes) -> Result<Vec<Bytes>> {
    let items = json::elements(wire::data(body)?, MAX_ITEMS)
        .ok_or(Error::Shape("it is not a list, or not of so few items as a page has"))?;
    Ok(items.into_iter().map(|item| body.slice_ref(item)).collect())
}

/// Reads one member of an item and ignores all others. The id must be usable in an address and as a
/// cursor.
fn id(item: &[u8], id_member: &str) -> Option<String> {
    let id = match json::read(json::member(item, id_member)?).ok()?.value {
        Value::String(id) => id,
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!id.is_empty() && !id.contains(char::is_control)).then_some(id)
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    fn parse(body: &str, after: Option<&str>) -> Result<Page> {
        Page::parse(&Bytes::copy_from_slice(body.as_bytes()), "id", after, Utc::now())
    }

    fn promising(next: &str) -> Result<Page> {
        let body =
            format!(r#"{{"data": [{{"id": "{next}"}}], "pagination": {{"has_more": true}}}}"#);
        parse(&body, None)
    }

    #[test]
    fn items_pass_as_received() {
        let page = parse(
            r#"{"data": [{"id": "a",  "n": 1.0}, 7], "pagination": {"has_more": false}}"#,
            None,
        );

        let items = page.ok().unwrap().items;
        assert_eq!(items, [r#"{"id": "a",  "n": 1.0}"#, "7"]);
    }

    #[test]
    fn a_page_that_promises_more_and_leads_nowhere_is_an_error() {
        for data in ["[7]", "[{}]", r#"[{"id": ""}]"#, r#"[{"id": "here"}]"#] {
            let body = format!(r#"{{"data": {data}, "pagination": {{"has_more": true}}}}"#);
            let error = parse(&body, Some("here")).err();
            assert!(matches!(error, Some(Error::Shape(_))), "{data}");
        }
    }

    #[test]
    fn an_empty_page_that_promises_more_is_distinguished() {
        let cut = parse(r#"{"data": [], "pagination": {"has_more": true}}"#, Some("here"));

        assert!(matches!(cut, Err(Error::CutShort)));
    }

    #[test]
    fn a_list_without_pagination_is_not_taken_for_complete() {
        assert!(matches!(parse(r#"{"data": []}"#, None), Err(Error::Shape(_))));
    }

    #[test]
    fn an_unreadable_member_does_not_hide_the_cursor() {
        let body = r#"{"data": [{"name": "\ud800", "id": "a"}], "pagination": {"has_more": true}}"#;
        assert_eq!(parse(body, None).ok().unwrap().next.as_deref(), Some("a"));
    }

    #[test]
    fn an_item_without_an_id_at_the_end_is_no_end() {
        let body = r#"{"data": [{"id": "a"}, {"id": 7}, {"id": "\u0000"}, {}, 1],
                       "pagination": {"has_more": true, "url": 1e400}}"#;
        assert_eq!(parse(body, None).ok().unwrap().next.as_deref(), Some("7"));
    }

    #[tokio::test]
    async fn a_list_that_goes_in_circles_is_left() {
        let circle = pages(|after| async move {
            promising(if after.as_deref() == Some("a") { "b" } else { "a" })
        });

        let walked: Result<Vec<_>> = circle.try_collect().await;

        assert!(matches!(walked, Err(Error::Shape(_))));
    }
}
