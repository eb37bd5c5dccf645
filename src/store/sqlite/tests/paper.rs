//! docs/store.md says which tables there are.

use super::*;
use crate::sqlite::rows::all;

#[test]
fn the_paper_names_every_table_and_no_other() {
    let home = tempfile::tempdir().expect("a directory");
    let store = open(&home);
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' AND name NOT GLOB 'sqlite_*' ORDER BY 1";
    let tables: Vec<String> = all(&store.conn, sql, (), |row| row.get(0)).expect("the schema");
    let paper = include_str!("../../../../docs/store.md");
    let rows = paper.split_once("| table | a row is |").expect("the table of tables").1;
    let first_cells = rows.lines().skip(2).map_while(|line| line.strip_prefix("| ")?.split_once(" | "));
    let mut named: Vec<&str> =
        first_cells.flat_map(|(cell, _)| cell.split(", ")).map(|name| name.trim_matches('`')).collect();
    named.sort_unstable();
    assert_eq!(named, tables);
    let version: i64 = store.conn.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version");
    assert!(
        paper.contains(&format!("(all below {version})")),
        "the paper says from which version on stores are opened"
    );
}
