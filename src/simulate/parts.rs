//! In: a seed. Out: grey pictures of a flange as a camera over a belt would see it, without a
//! defect or with one. Never reads or writes a file.
//!
//! A disc with a bore and four bolt holes on a dark belt; each lies a little off, turned, and
//! otherwise lit. Like the pump, only operations that IEEE 754 rounds exactly: the same seed draws
//! the same pixels on every platform.

use std::fmt;
use std::str::FromStr;

use super::error::SimulateError;
use super::noise::Noise;

/// Samples of a pixel, each way: smooth edges.
const SAMPLES: usize = 4;
/// All lengths are parts of half the picture's side.
const DISC: f64 = 0.82;
const BORE: f64 = 0.3;
const BOLT_CIRCLE: f64 = 0.56;
const BOLT: f64 = 0.11;
const BELT: f64 = 0.15;
const METAL: f64 = 0.7;
/// Standard deviation of a pixel's noise.
const GRAIN: f64 = 0.02;

/// What can be wrong with a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// A bright line over the face.
    Scratch,
    /// A bite out of the rim.
    Chip,
    /// A dark blot.
    Stain,
    /// A bolt hole that was not drilled.
    Undrilled,
}

impl Defect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Scratch, Self::Chip, Self::Stain, Self::Undrilled];

    /// The name on the command line and in the names of files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scratch => "scratch",
            Self::Chip => "chip",
            Self::Stain => "stain",
            Self::Undrilled => "undrilled",
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Defect {
    type Err = SimulateError;

    fn from_str(text: &str) -> Result<Self, SimulateError> {
        let found = Self::ALL.into_iter().find(|defect| defect.name() == text);
        found.ok_or_else(|| SimulateError::UnknownDefect {
            given: text.to_owned(),
            possible: Self::ALL.map(Self::name).join(", "),
        })
    }
}

/// A place in the part's own axes.
#[derive(Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
}

impl Point {
    fn is_within(self, centre: Point, radius: f64) -> bool {
        let (x, y) = (self.x - centre.x, self.y - centre.y);
        x * x + y * y <= radius * radius
    }
}

/// How one part lies under the camera, and what is wrong with it.
struct DrawnPart {
    offset: Point,
    /// Cosine and sine.
    turn: (f64, f64),
    light: f64,
    /// Change of the light from left to right, and from top to bottom.
    slope: Point,
    defect: Option<Damage>,
}

/// A defect with its place.
enum Damage {
    Scratch { from: Point, to: Point },
    Chip { centre: Point, radius: f64 },
    Stain { centre: Point, radius: f64 },
    Undrilled { bolt: usize },
}

/// Draws part number `number` of the series that `seed` begins: `[side, side]`, from 0 to 1.
pub fn draw_part(seed: u64, number: u64, side: usize, defect: Option<Defect>) -> Vec<f32> {
    // Parts are drawn apart, so that the defect of one does not change those after it.
    let mut noise = Noise::new(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let part = DrawnPart::new(&mut noise, defect);
    let step = 2.0 / (side * SAMPLES) as f64;
    let at = |pixel: usize, sample: usize| ((pixel * SAMPLES + sample) as f64 + 0.5) * step - 1.0;
    let mut picture = Vec::with_capacity(side * side);
    for row in 0..side {
        for column in 0..side {
            let mut sum = 0.0;
            for sample in 0..SAMPLES * SAMPLES {
                let x = at(column, sample % SAMPLES);
                let y = at(row, sample / SAMPLES);
                sum += part.brightness(Point { x, y });
            }
            let value = sum / (SAMPLES * SAMPLES) as f64 + GRAIN * noise.normal();
            picture.push(value.clamp(0.0, 1.0) as f32);
        }
    }
    picture
}

impl DrawnPart {
    fn new(noise: &mut Noise, defect: Option<Defect>) -> Self {
        let mut around = |spread: f64| spread * (2.0 * noise.uniform() - 1.0);
        // Half the tangent of the angle: up to seven degrees.
        let t = around(0.06);
        let (offset, light) = (Point { x: around(0.05), y: around(0.05) }, 1.0 + around(0.12));
        let slope = Point { x: around(0.08), y: around(0.08) };
        let turn = ((1.0 - t * t) / (1.0 + t * t), 2.0 * t / (1.0 + t * t));
        Self { offset, turn, light, slope, defect: defect.map(|kind| Damage::new(kind, noise)) }
    }

    fn brightness(&self, place: Point) -> f64 {
        let (x, y) = (place.x - self.offset.x, place.y - self.offset.y);
        let (cos, sin) = self.turn;
        let point = Point { x: cos * x + sin * y, y: cos * y - sin * x };
        let light = self.light * (1.0 + self.slope.x * place.x + self.slope.y * place.y);
        light * self.surface(point)
    }

    fn surface(&self, point: Point) -> f64 {
        let centre = Point { x: 0.0, y: 0.0 };
        let hole = (0..4).any(|bolt| {
            let drilled = !matches!(self.defect, Some(Damage::Undrilled { bolt: b }) if b == bolt);
            drilled && point.is_within(bolt_centre(bolt), BOLT)
        });
        if !point.is_within(centre, DISC) || point.is_within(centre, BORE) || hole {
            return BELT;
        }
        match &self.defect {
            Some(Damage::Chip { centre, radius }) if point.is_within(*centre, *radius) => BELT,
            Some(Damage::Stain { centre, radius }) if point.is_within(*centre, *radius) => {
                0.55 * METAL
            }
            Some(Damage::Scratch { from, to }) if distance(point, *from, *to) < 0.035 => 1.0,
            _ => METAL,
        }
    }
}

impl Damage {
    fn new(kind: Defect, noise: &mut Noise) -> Self {
        let direction = unit(noise);
        let on_face = |share: f64| Point { x: share * direction.x, y: share * direction.y };
        match kind {
            Defect::Chip => {
                Self::Chip { centre: on_face(0.8), radius: 0.16 + 0.1 * noise.uniform() }
            }
            Defect::Stain => {
                Self::Stain { centre: on_face(0.56), radius: 0.14 + 0.1 * noise.uniform() }
            }
            Defect::Scratch => {
                let (from, across) = (on_face(0.4 + 0.3 * noise.uniform()), unit(noise));
                let length = 0.5 + 0.4 * noise.uniform();
                let to = Point { x: from.x + length * across.x, y: from.y + length * across.y };
                Self::Scratch { from, to }
            }
            Defect::Undrilled => Self::Undrilled { bolt: (4.0 * noise.uniform()) as usize },
        }
    }
}

fn bolt_centre(bolt: usize) -> Point {
    // On the diagonals.
    let along = BOLT_CIRCLE * std::f64::consts::FRAC_1_SQRT_2;
    Point {
        x: if bolt.is_multiple_of(2) { along } else { -along },
        y: if bolt < 2 { along } else { -along },
    }
}

/// A direction; each is about as likely as another.
fn unit(noise: &mut Noise) -> Point {
    loop {
        let (x, y) = (2.0 * noise.uniform() - 1.0, 2.0 * noise.uniform() - 1.0);
        let square = x * x + y * y;
        if (0.01..=1.0).contains(&square) {
            let length = square.sqrt();
            return Point { x: x / length, y: y / length };
        }
    }
}

/// From a point to a line between two others.
fn distance(point: Point, from: Point, to: Point) -> f64 {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let (px, py) = (point.x - from.x, point.y - from.y);
    let along = ((px * dx + py * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    let (ex, ey) = (px - along * dx, py - along * dy);
    (ex * ex + ey * ey).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_does_not() {
        let part = draw_part(1, 5, 32, None);
        assert_eq!(part, draw_part(1, 5, 32, None));
        assert_ne!(part, draw_part(1, 6, 32, None));
        assert_ne!(part, draw_part(2, 5, 32, None));
        assert!(part.iter().all(|value| (0.0..=1.0).contains(value)));
    }

    #[test]
    fn each_defect_shows_and_leaves_how_the_part_lies() {
        for defect in Defect::ALL {
            for number in 0..20 {
                let (good, bad) =
                    (draw_part(3, number, 32, None), draw_part(3, number, 32, Some(defect)));
                assert!(difference(&good, &bad) > 0.1, "{defect} of part {number}");
                let changed = good.iter().zip(&bad).filter(|(a, b)| (*a - *b).abs() > 0.15).count();
                assert!(changed < good.len() / 5, "{defect} of part {number}: {changed}");
            }
        }
    }

    #[test]
    fn names_read_back() {
        for defect in Defect::ALL {
            assert_eq!(defect.to_string().parse::<Defect>().unwrap(), defect);
        }
        let error = "dent".parse::<Defect>().unwrap_err().to_string();
        assert_eq!(error, "unknown defect `dent`: use one of scratch, chip, stain, undrilled");
    }

    #[test]
    fn a_part_is_bright_on_a_dark_belt_with_a_dark_bore() {
        let part = draw_part(1, 0, 64, None);
        let at = |row: usize, column: usize| part[row * 64 + column];
        assert!(at(1, 1) < 0.3 && at(32, 32) < 0.3 && at(32, 50) > 0.5, "{}", at(32, 50));
    }
}
