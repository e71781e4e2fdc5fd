//! The latencies of queries against the number of memories, on logarithmic axes, as SVG.

use std::path::Path;

use anyhow::{Context, Result};
use plotters::prelude::*;

use super::figures::{Figure, Figures};

const LINES: [(&str, &str, RGBColor); 4] = [
    ("local server, p99", "served.p99_ms", RGBColor(178, 58, 30)),
    ("bare FTS5, p99", "bare.p99_ms", RGBColor(30, 96, 160)),
    ("local server, p50", "served.p50_ms", RGBColor(232, 150, 110)),
    ("bare FTS5, p50", "bare.p50_ms", RGBColor(120, 175, 220)),
];

/// Draws on white, which can be read on a dark page too.
pub(super) fn draw(file: &Path, figures: &Figures, sizes: &[u32]) -> Result<()> {
    let mut lines = Vec::new();
    for (name, measure, colour) in LINES {
        let point = |size: &u32| match figures.get(&format!("local.one.{size}.{measure}")) {
            Some(Figure::Number(milliseconds)) => Ok((f64::from(*size), *milliseconds)),
            _ => Err(anyhow::anyhow!("{measure} was not measured with {size} memories")),
        };
        lines.push((name, colour, sizes.iter().map(point).collect::<Result<Vec<_>>>()?));
    }
    let all = || lines.iter().flat_map(|(_, _, points)| points);
    let (xs, ys) = (range(all().map(|point| point.0)), range(all().map(|point| point.1)));
    let area = SVGBackend::new(file, (800, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .margin_right(40)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d((xs.start..xs.end).log_scale(), (ys.start / 1.5..ys.end * 1.5).log_scale())?;
    let number = |value: &f64| value.to_string();
    let mut mesh = chart.configure_mesh();
    mesh.x_desc("memories in the bucket").y_desc("a query, ms");
    mesh.x_label_formatter(&number).y_label_formatter(&number).draw()?;
    for (name, colour, points) in lines {
        let style = colour.stroke_width(2);
        let key = move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style);
        chart.draw_series(LineSeries::new(points, style).point_size(3))?.label(name).legend(key);
    }
    let mut labels = chart.configure_series_labels();
    labels.position(SeriesLabelPosition::UpperLeft).background_style(WHITE).border_style(BLACK.mix(0.3)).draw()?;
    area.present().with_context(|| format!("cannot draw {}", file.display()))
}

fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (least, most) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
    least..most
}
