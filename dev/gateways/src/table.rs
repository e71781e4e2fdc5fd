//! The table, as Markdown.

use std::fmt::Write as _;

use crate::case::Case;
use crate::play::Seen;

/// A case, and what was seen of it.
pub(crate) struct Row {
    pub(crate) case: Case,
    pub(crate) ours: Seen,
    /// What was seen of bare reqwest, where it was asked.
    pub(crate) bare: Option<Seen>,
}

/// The table.
pub(crate) fn render(rows: &[Row], versions: &[String]) -> String {
    let lost: usize = rows.iter().map(|row| row.ours.lost).sum();
    let mut text = format!(
        "# Gateways\n\n\
         Which calls are lost on the way through a gateway to the local server, over TLS on loopback. `cargo xtask gateways` writes this\n\
         file, and `cargo xtask gateways --check` runs the cases again with this client only and half as many calls. The\n\
         gateways are {}, as packaged by Debian; each has its own implementation of HTTP/2.\n\n\
         - **Lost** is a call that failed although it could have been sent again, and a fact that is missing or stored twice afterwards.\n  \
         This client loses {lost} in all.\n\
         - **Open** is a store that failed and may have been stored; `effect()` says `Unknown`. Every other store is one without\n  \
         deduplication (`Dedup::Off`), which is sent again only if the server can't have processed it. A stream that broke off after its\n  \
         first byte is open too, and the client says so.\n\
         - **Retries** is the client's `max_retries_on_transient_errors`. If a gateway or a server is down, or refuses with a 5xx, calls\n  \
         survive only with that setting. Bare reqwest has no such setting, no retry after a 429, and doesn't say whether a call may have\n  \
         taken effect: each of its failures is lost.\n\
         - No call can survive a body limit. It is lost if it ends with anything but the 413. Over HTTP/1.1, a gateway may close the\n  \
         connection while it refuses a body, and the 413 is lost with it (RFC 9112, section 9.6). Such a call is open.\n\n\
         | gateway | protocol | setting | calls | retries | lost | open | lost with bare reqwest | seconds |\n\
         |---|---|---|---|---|---|---|---|---|\n",
        versions.join(", "),
    );
    for Row { case, ours, bare } in rows {
        let bare = bare.as_ref().map_or("-".to_owned(), |bare| bare.lost.to_string());
        let (kind, protocol, name) = (case.kind, case.protocol, &case.name);
        let (number, retries) = (case.number, case.transient);
        let (lost, open, seconds) = (ours.lost, ours.open, ours.time.as_secs_f64());
        let _ = writeln!(
            text,
            "| {kind} | {protocol} | {name} | {number} | {retries} | {lost} | {open} | {bare} | {seconds:.1} |"
        );
    }
    text
}

/// What is the same in every run: which cases there are.
pub(crate) fn lasting(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().filter(|line| line.starts_with("| ")).map(|line| line.split(" | ").take(3).collect())
}
