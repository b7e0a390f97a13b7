//! Lists come in pages; a page knows where the next one starts, and that there is one.

use std::collections::{HashMap, HashSet};

use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    error::{Error, Result},
    wire::{self, Pagination},
};

const GOES_IN_CIRCLES: Error = Error::Shape("the list goes in circles");

/// One page of a list. Its items are not `Debug`, because they are about people.
pub struct Page<T = Box<RawValue>> {
    /// The items, by default exactly as received.
    pub items: Vec<T>,
    /// How long the whole list is, if HeyMilo says so.
    pub total_count: Option<i64>,
    /// Where the next page starts, if there is one.
    pub next: Option<String>,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Box<RawValue>>,
    pagination: Pagination,
}

impl Page {
    /// Reads a page that was asked for with `after`. The cursor is the last item's `id_member`.
    ///
    /// A page that promises more and leads nowhere is an error: taking it for the end would
    /// lose items, and following it would never end.
    pub(super) fn parse(body: &[u8], id_member: &str, after: Option<&str>) -> Result<Self> {
        let List { data: items, pagination } = wire::parse(body)?;
        let next = if pagination.has_more {
            let next = items.last().and_then(|item| id(item, id_member));
            Some(next.ok_or(Error::Shape("more items are promised, but not where they start"))?)
        } else {
            None
        };
        if next.is_some() && next.as_deref() == after {
            return Err(GOES_IN_CIRCLES);
        }
        Ok(Self { items, total_count: pagination.total_count, next })
    }

    /// Reads every item as a `T`.
    pub(super) fn typed<T: for<'de> Deserialize<'de>>(self) -> Result<Page<T>> {
        let Self { items, total_count, next } = self;
        let items = items.iter().map(|item| serde_json::from_str(item.get()));
        Ok(Page { items: items.collect::<Result<_, _>>()?, total_count, next })
    }
}

/// Walks a list to its end, calling `fetch` with the cursor of each page.
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

/// Reads one member of an item and forgives whatever the others are.
fn id(item: &RawValue, id_member: &str) -> Option<String> {
    let members: HashMap<String, &RawValue> = serde_json::from_str(item.get()).ok()?;
    serde_json::from_str(members.get(id_member)?.get()).ok()
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    fn parse(body: &str, after: Option<&str>) -> Result<Page> {
        Page::parse(body.as_bytes(), "id", after)
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
        assert_eq!(items[0].get(), r#"{"id": "a",  "n": 1.0}"#);
        assert_eq!(items[1].get(), "7");
    }

    #[test]
    fn a_page_that_promises_more_and_leads_nowhere_is_an_error() {
        for data in ["[]", "[7]", "[{}]", r#"[{"id": null}]"#, r#"[{"id": "here"}]"#] {
            let body = format!(r#"{{"data": {data}, "pagination": {{"has_more": true}}}}"#);
            let error = parse(&body, Some("here")).err();
            assert!(matches!(error, Some(Error::Shape(_))), "{data}");
        }
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

    #[tokio::test]
    async fn a_list_that_goes_in_circles_is_left() {
        let circle = pages(|after| async move {
            promising(if after.as_deref() == Some("a") { "b" } else { "a" })
        });

        let walked: Result<Vec<_>> = circle.try_collect().await;

        assert!(matches!(walked, Err(Error::Shape(_))));
    }
}
