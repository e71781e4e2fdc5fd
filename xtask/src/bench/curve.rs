//! Curves on logarithmic axes, as SVG.

use std::path::Path;

use anyhow::{Context, Result};
use plotters::prelude::*;

/// Points, joined.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

const SIZE: (u32, u32) = (800, 420);
const COLOURS: [RGBColor; 4] =
    [RGBColor(178, 58, 30), RGBColor(30, 96, 160), RGBColor(232, 150, 110), RGBColor(120, 175, 220)];

/// Draws the lines on white, which can be read on a dark page too.
pub(super) fn draw(file: &Path, across: &str, up: &str, lines: &[Line]) -> Result<()> {
    draw_on(&SVGBackend::new(file, SIZE).into_drawing_area(), across, up, lines)
        .with_context(|| format!("cannot draw {}", file.display()))
}

fn draw_on<B: DrawingBackend>(
    area: &DrawingArea<B, plotters::coord::Shift>,
    across: &str,
    up: &str,
    lines: &[Line],
) -> Result<()>
where
    B::ErrorType: 'static,
{
    area.fill(&WHITE)?;
    let all = || lines.iter().flat_map(|line| &line.points);
    let (xs, ys) = (range(all().map(|point| point.0)), range(all().map(|point| point.1)));
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .margin_right(40)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d((xs.start..xs.end).log_scale(), (ys.start / 1.5..ys.end * 1.5).log_scale())?;
    let number = |value: &f64| value.to_string();
    chart.configure_mesh().x_desc(across).y_desc(up).x_label_formatter(&number).y_label_formatter(&number).draw()?;
    for (line, colour) in lines.iter().zip(COLOURS) {
        let style = colour.stroke_width(2);
        let key = move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style);
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), style).point_size(3))?
            .label(line.name)
            .legend(key);
    }
    let labels = chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(BLACK.mix(0.3))
        .draw();
    labels?;
    Ok(area.present()?)
}

fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (least, most) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
    least..most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_and_axis_is_drawn_and_named() -> Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        let line = |name| Line { name, points: vec![(1e4, 0.5), (1e6, 50.0)] };
        draw(file.path(), "memories", "ms", &[line("ours"), line("theirs")])?;
        let drawn = std::fs::read_to_string(file.path())?;
        assert!(["memories", "ms", "ours", "theirs"].iter().all(|text| drawn.contains(text)), "{drawn}");
        assert!(drawn.matches("<polyline").count() >= 2 && drawn.trim_end().ends_with("</svg>"), "{drawn}");
        Ok(())
    }
}
