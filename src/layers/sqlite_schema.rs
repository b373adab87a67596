//! The tables of an SQLite database: their names, columns and pages, to name what is in them.

use std::io;

use super::{
    sqlite::Store,
    sqlite_page::{Kind, Page, number, values},
};

/// Tables and indexes that are named.
const TABLES: usize = 65_000;

/// Columns of one that are named.
const COLUMNS: usize = 2000;

pub(super) struct Table {
    pub name: String,
    columns: Vec<String>,
}

impl Table {
    /// The name of a column, or its number, from 1 on.
    pub(super) fn column(&self, index: usize) -> String {
        self.columns.get(index).cloned().unwrap_or_else(|| (index + 1).to_string())
    }
}

/// The owner of a page that has none.
const NOBODY: u16 = u16::MAX;

/// Whether a page is part of a table or an index.
pub(super) fn is_owned(owners: &[u16], page: u32) -> bool {
    let owner = usize::try_from(page).ok().and_then(|page| owners.get(page));
    owner.is_some_and(|owner| *owner != NOBODY)
}

/// All tables, and the table of each page.
pub(super) fn read(store: &mut Store<'_>) -> io::Result<(Vec<Table>, Vec<u16>)> {
    let pages = usize::try_from(store.count).unwrap_or_default() + 1;
    let mut owners = vec![NOBODY; pages];
    let schema = Table { name: "sqlite_schema".to_owned(), columns: Vec::new() };
    let mut tables = vec![schema];
    let mut roots = Vec::new();
    for page in claim(store, 1, 0, &mut owners)? {
        let Some(bytes) = store.read(page, usize::MAX)? else { continue };
        let Some(page) = Page::read(&bytes, page == 1, store.usable) else { continue };
        for cell in page.cells() {
            let payload = bytes.get(cell.local.clone()).unwrap_or_default();
            let Some(root) = number(payload, 3).filter(|&root| root > 1) else { continue };
            if tables.len() < TABLES {
                tables.push(table(payload, cell.size));
                roots.push(root);
            }
        }
    }
    for (index, root) in roots.into_iter().enumerate() {
        claim(store, root, u16::try_from(index + 1).unwrap_or(NOBODY), &mut owners)?;
    }
    Ok((tables, owners))
}

fn table(payload: &[u8], size: u64) -> Table {
    let values = values(payload, size);
    let text = |column: usize| {
        let range = &values.iter().find(|(found, _)| *found == column)?.1;
        let end = usize::try_from(range.end).ok()?.min(payload.len());
        payload.get(usize::try_from(range.start).ok()?..end)
    };
    // In a database of UTF-16, names of ASCII have a zero in each character.
    let text = |column| String::from_utf8_lossy(text(column).unwrap_or_default()).replace('\0', "");
    let columns = if text(0) == "table" { columns(&text(4)) } else { Vec::new() };
    Table { name: text(1), columns }
}

/// Marks the pages below `root` as those of a table, and gives the lowest ones.
fn claim(store: &mut Store<'_>, root: u32, owner: u16, owners: &mut [u16]) -> io::Result<Vec<u32>> {
    let mut open = vec![root];
    let mut leaves = Vec::new();
    while let Some(number) = open.pop() {
        let place = usize::try_from(number).ok().and_then(|number| owners.get_mut(number));
        // Each page is entered once, whatever leads to it.
        let Some(place) = place.filter(|place| **place == NOBODY) else { continue };
        *place = owner;
        let Some(bytes) = store.read(number, usize::MAX)? else { continue };
        let Some(page) = Page::read(&bytes, number == 1, store.usable) else { continue };
        match page.kind {
            Kind::TableLeaf | Kind::IndexLeaf => leaves.push(number),
            Kind::TableInterior | Kind::IndexInterior => open.extend(page.children()),
        }
    }
    Ok(leaves)
}

/// The names of columns in `CREATE TABLE name (column …, …)`, as far as they can be told.
fn columns(sql: &str) -> Vec<String> {
    let Some((_, list)) = sql.split_once('(') else { return Vec::new() };
    let mut depth = 0_u32;
    let mut definitions = vec![String::new()];
    for c in list.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            ',' if depth == 0 && definitions.len() < COLUMNS => definitions.push(String::new()),
            _ => {}
        }
        if let Some(definition) = definitions.last_mut().filter(|_| c != ',') {
            definition.push(c);
        }
    }
    let quotes = |c: char| matches!(c, '"' | '`' | '[' | ']' | '\'');
    let name = |definition: String| {
        let word = definition.split_whitespace().next().unwrap_or_default();
        word.trim_matches(quotes).to_owned()
    };
    definitions.into_iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_named_as_they_are_declared() {
        let columns = super::columns("CREATE TABLE t (id INTEGER, \"k\" DECIMAL(1, 2),`v` TEXT)");
        assert_eq!(columns, ["id", "k", "v"]);
        assert_eq!(super::columns("CREATE TABLE"), [""; 0]);
    }
}
