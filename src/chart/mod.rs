//! Charts of reports: numbers go in, `<svg>` comes out, with what pages need to look alike in light and dark.
//!
//! `axis` finds ticks, `canvas` paints, `style` has colours and how numbers are written, `thin` keeps lines short,
//! `time` finds ticks of a clock. Reads and writes nothing, knows nothing of models.

mod axis;
mod canvas;
mod error;
mod style;
mod thin;
mod time;

pub use axis::{Axis, Scale, padded, span};
pub use canvas::{
    Area, Chart, DrawFault, FINE, Figure, Mark, WIDTH, at, bold, chart, fine, font, legend,
    legend_height, line, paint, stroke, text_width, write,
};
pub use error::ChartError;
pub use style::{
    ChartColour, ERROR, clean, count, dark_rules, forbidden, number, percent, ramp, shorten,
    time_colour, usable,
};
pub use thin::Thinner;
pub use time::{Along, Tick};

/// The style sheet of a page.
pub const STYLE: &str = include_str!("page.css");
