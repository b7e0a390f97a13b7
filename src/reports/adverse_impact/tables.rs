//! Turns a sequence of groups into tables.

use super::{Scope, Table};
use crate::store::adverse_impact::Group;

/// Joins adjacent groups of the same scope and dimension.
pub fn scopes(groups: impl Iterator<Item = Group>) -> Vec<Scope> {
    let place = |group: &Group| (group.is_pooled, group.posting_id.clone());
    let mut scopes = Vec::new();
    for of_scope in runs(groups, place) {
        let first = &of_scope[0];
        let (is_pooled, posting_id) = place(first);
        let posting_label = first.posting_label.clone();
        let tables = runs(of_scope.into_iter(), |group| group.dimension.clone())
            .into_iter()
            .map(|of_table| Table::new(of_table[0].dimension.clone(), of_table))
            .collect();
        scopes.push(Scope { is_pooled, posting_id, posting_label, tables });
    }
    scopes
}

/// Runs of adjacent items with the same key. No run is empty.
fn runs<K: PartialEq>(
    items: impl Iterator<Item = Group>,
    key: impl Fn(&Group) -> K,
) -> Vec<Vec<Group>> {
    let mut runs: Vec<Vec<Group>> = Vec::new();
    for item in items {
        match runs.last_mut().filter(|run| key(&run[0]) == key(&item)) {
            Some(run) => run.push(item),
            None => runs.push(vec![item]),
        }
    }
    runs
}
