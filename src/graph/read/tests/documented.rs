//! The operators of `docs/models.md`, held against the tables of those that a model may use.
//!
//! The page and the tables go in; what one has and the other lacks comes out. Only tests do this.

use std::collections::BTreeSet;

use super::super::ml;
use super::super::operators::OPERATORS;
use super::super::vendors;

/// How the page names the domain without a name.
const STANDARD: &str = "standard";

type Names = BTreeSet<(String, String)>;

/// Domain and name of each operator in the page's table: a row is `| domain | kind | operators |`,
/// and operators stand in backquotes.
fn documented(page: &str) -> Names {
    let (_, section) = page.split_once("\n## Operators\n").unwrap();
    let mut names = Names::new();
    for row in section.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [domain, _, operators] = cells.as_slice() else { panic!("three cells: {row}") };
        for name in operators.split('`').skip(1).step_by(2) {
            let new = names.insert((domain.trim_matches('`').to_owned(), name.to_owned()));
            assert!(new, "{name} stands twice");
        }
    }
    names
}

fn known() -> Names {
    let all = OPERATORS.iter().chain(vendors::OPERATORS).chain(ml::OPERATORS);
    all.map(|operator| {
        let domain = if operator.domain.is_empty() { STANDARD } else { operator.domain };
        (domain.to_owned(), operator.name.to_owned())
    })
    .collect()
}

#[test]
fn the_page_names_every_operator_and_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/models.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (page, known) = (documented(&page), known());
    assert!(page.len() > 50, "the table of operators was not found");
    let missing: Vec<_> = known.difference(&page).collect();
    let unknown: Vec<_> = page.difference(&known).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "docs/models.md lacks {missing:?} and names {unknown:?}, which no model may use"
    );
}
