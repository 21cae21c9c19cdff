use std::collections::VecDeque;

use serde_json::Value;

use super::{LicetAdmin, Query};
use crate::error::{Error, NoAnswer};

/// A list that is read page by page while it is iterated. Nothing is requested before that. After an
/// error, it ends.
pub struct List<'a> {
    admin: &'a LicetAdmin,
    route: &'static str,
    ids: Vec<String>,
    query: Vec<(String, String)>,
    items: VecDeque<Value>,
    is_over: bool,
}

impl<'a> List<'a> {
    pub(super) fn new(
        admin: &'a LicetAdmin,
        route: &'static str,
        ids: &[&str],
        query: Query,
    ) -> Self {
        Self {
            admin,
            route,
            ids: ids.iter().map(|&id| id.to_owned()).collect(),
            query: query.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            items: VecDeque::new(),
            is_over: false,
        }
    }

    /// Returns the next page as a whole, the first one if nothing was read yet. Its `next_cursor` is
    /// the `cursor` of the one after.
    ///
    /// # Errors
    ///
    /// [`Error::Problem`] and [`Error::NoAnswer`].
    pub fn page(&mut self) -> Result<Value, Error> {
        let ids: Vec<_> = self.ids.iter().map(String::as_str).collect();
        let page = self.admin.call_with(self.route, &ids, &self.query, None)?;
        let Some(cursor) = page.get("next_cursor").and_then(Value::as_str) else {
            self.is_over = true;
            return Ok(page);
        };
        self.query.retain(|(name, _)| name != "cursor");
        self.query.push(("cursor".to_owned(), cursor.to_owned()));
        Ok(page)
    }

    fn read_items(&mut self) -> Result<(), Error> {
        match self.page()?.get_mut("data").map(Value::take) {
            Some(Value::Array(items)) => {
                self.items = items.into();
                Ok(())
            }
            _ => Err(NoAnswer::not_licet("The response is not a page of a list.")),
        }
    }
}

impl Iterator for List<'_> {
    type Item = Result<Value, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.items.is_empty() && !self.is_over {
            if let Err(error) = self.read_items() {
                self.is_over = true;
                return Some(Err(error));
            }
        }
        self.items.pop_front().map(Ok)
    }
}
