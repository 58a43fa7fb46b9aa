//! The small HTML page at `/`: a title, notes and tables.

use axum::response::Html;

/// A table of texts; everything in it is escaped.
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

const STYLE: &str = "body{font:15px/1.4 system-ui,sans-serif;margin:2rem;color:#222}\
    table{border-collapse:collapse;margin:1rem 0 2rem}\
    caption{text-align:left;font-weight:600;padding:.3rem 0}\
    th,td{border:1px solid #ccc;padding:.25rem .6rem;text-align:left;white-space:pre-line}\
    th{background:#f4f4f4}";

/// Renders the page. It reloads itself every few seconds, so that a demo can be watched.
pub(crate) fn render(title: &str, note: &str, tables: &[Table]) -> Html<String> {
    let tables: String = tables.iter().map(table).collect();
    let title = escaped(title);
    let note = escaped(note);
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"refresh\" content=\"5\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><h1>{title}</h1><p>{note}</p>{tables}</body></html>"
    ))
}

fn table(table: &Table) -> String {
    let caption = escaped(&table.caption);
    if table.rows.is_empty() {
        return format!("<table><caption>{caption}</caption><tr><td>nothing yet</td></tr></table>");
    }
    let cells = |texts: &[String], tag: &str| -> String {
        texts
            .iter()
            .map(|text| format!("<{tag}>{}</{tag}>", escaped(text)))
            .collect()
    };
    let head = cells(&table.head, "th");
    let rows: String = table
        .rows
        .iter()
        .map(|row| format!("<tr>{}</tr>", cells(row, "td")))
        .collect();
    format!("<table><caption>{caption}</caption><tr>{head}</tr>{rows}</table>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{Table, render};

    #[test]
    fn what_a_guest_wrote_cannot_become_markup() {
        let table = Table {
            caption: "Guests".to_owned(),
            head: vec!["name".to_owned()],
            rows: vec![vec!["<script>\"&".to_owned()]],
        };

        let page = render("Octorate", "", &[table]).0;

        assert!(
            page.contains("<td>&lt;script&gt;&quot;&amp;</td>"),
            "{page}"
        );
    }

    #[test]
    fn an_empty_table_says_so() {
        let table = Table {
            caption: "Inbox".to_owned(),
            head: vec!["to".to_owned()],
            rows: Vec::new(),
        };

        assert!(render("Resend", "", &[table]).0.contains("nothing yet"));
    }
}
