//! Tables for a terminal.

/// The rows below the first, which is the heading, aligned: the first column to the left, the others to the right.
pub(super) fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let rule = widths.map(|width| "─".repeat(width));
    let (heading, body) = rows.split_at(rows.len().min(1));
    heading.iter().chain([&rule]).chain(body).map(line).collect()
}

/// The middle one; of an even number, the upper of the two.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median and, where the values differ, the least and the greatest.
pub(super) fn spread(values: &[f64], decimals: usize) -> String {
    let text = |value: f64| format!("{value:.decimals$}");
    let least = text(values.iter().copied().fold(f64::INFINITY, f64::min));
    let greatest = text(values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    let median = text(median(values));
    if least == greatest { median } else { format!("{median} ({least}–{greatest})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = [["name", "n"], ["å", "1000"], ["longer", "7"]].map(|row| row.map(str::to_owned));
        assert_eq!(aligned(&rows), "name       n\n──────  ────\nå       1000\nlonger     7\n");
    }

    #[test]
    fn the_spread_is_shown_where_there_is_one() {
        assert_eq!(spread(&[3.0], 0), "3");
        assert_eq!(spread(&[2.0, 2.0], 1), "2.0");
        assert_eq!(spread(&[9.0, 1.0, 2.25], 1), "2.2 (1.0–9.0)");
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 3.0);
    }
}
