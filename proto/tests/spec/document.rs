//! PROTOCOL.md as data: its sections, its tables, and the parts that are written from the code.

use std::fs;

use crate::file;

/// The document.
pub(crate) struct Document(String);

impl Document {
    pub(crate) fn read() -> Self {
        Self(fs::read_to_string(file("PROTOCOL.md")).expect("the specification"))
    }

    /// The rows of the first table after a heading that contains `heading`, without its head; each cell trimmed.
    pub(crate) fn table(&self, heading: &str) -> Vec<Vec<String>> {
        let lines = self.0.lines().skip_while(|line| !(line.starts_with('#') && line.contains(heading)));
        let rows = lines.skip(1).skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
        let rows: Vec<_> = rows.skip(2).map(cells).collect();
        assert!(!rows.is_empty(), "PROTOCOL.md has no table under {heading}");
        rows
    }

    /// What stands between `<!-- name: …` and `<!-- end -->` is `now`; writes it if asked to.
    pub(crate) fn keeps(name: &str, now: &str) {
        let Self(text) = Self::read();
        let begin = text.find(&format!("<!-- {name}:")).unwrap_or_else(|| panic!("no {name} in PROTOCOL.md"));
        let from = begin + text[begin..].find('\n').expect("the marker is a line") + 1;
        let to = from + text[from..].find("<!-- end -->").expect("the part ends");
        if std::env::var_os("CHINWAG_WRITE_VECTORS").is_some() {
            fs::write(file("PROTOCOL.md"), format!("{}{now}{}", &text[..from], &text[to..]))
                .expect("the file is there");
            return;
        }
        let rewrite = "CHINWAG_WRITE_VECTORS=1 cargo test -p chinwag-proto --test spec -- --test-threads 1";
        for (stored, now) in text[from..to].lines().zip(now.lines()) {
            assert_eq!(stored, now, "{name} in PROTOCOL.md; if the new line is right: {rewrite}");
        }
        assert_eq!(text[from..to].len(), now.len(), "{name} in PROTOCOL.md; if the new length is right: {rewrite}");
    }
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split('|').map(|cell| cell.trim().to_string()).collect()
}

/// What stands in backticks in a cell.
pub(crate) fn ticked(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}
