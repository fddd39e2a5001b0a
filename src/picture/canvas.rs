//! Values go in, `[planes, height, width]` from 0 to 1; a drawing comes out that can be had as PNG.
//! What lies outside of 0 to 1 is drawn as its end.

use std::io::Cursor;

use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};

use super::colour::{byte, inferno};
use super::error::PictureError;
use super::shape::{MOST_PIXELS, PictureShape};

/// Shorter side that small pictures are enlarged to where people look at them, in pixels.
const SEEN: usize = 112;
/// Times that a picture is enlarged at most.
const MOST_TIMES: usize = 8;
/// Pixels between pictures that stand side by side.
const GAP: usize = 4;
/// The brightness of what lies between them.
const GROUND: u8 = 255;

/// A drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct Canvas(DynamicImage);

impl Canvas {
    /// The picture itself, grey or colour, pixel by pixel.
    ///
    /// # Errors
    /// When `values` are not those of a grey or colour picture of this shape.
    pub fn picture(shape: PictureShape, values: &[f32]) -> Result<Self, PictureError> {
        let PictureShape { planes, height, width } = checked(shape, values)?;
        let area = height * width;
        let (w, h) = (width as u32, height as u32);
        let drawn = if planes == 1 {
            let pixels = values.iter().map(|&value| byte(value)).collect();
            GrayImage::from_raw(w, h, pixels).map(DynamicImage::ImageLuma8)
        } else {
            let at = |index: usize| byte(values.get(index).copied().unwrap_or(0.0));
            let pixels = (0..area).flat_map(|i| [at(i), at(i + area), at(i + 2 * area)]).collect();
            RgbImage::from_raw(w, h, pixels).map(DynamicImage::ImageRgb8)
        };
        drawn.map(Canvas).ok_or_else(|| PictureError::Draw(shape.to_string()))
    }

    /// The absolute error of each pixel, the mean over its planes, as a colour from black (none) to
    /// pale yellow (`most` and above).
    ///
    /// # Errors
    /// As [`Canvas::picture`], of both.
    pub fn heat_map(
        shape: PictureShape,
        original: &[f32],
        reconstruction: &[f32],
        most: f32,
    ) -> Result<Self, PictureError> {
        let PictureShape { planes, height, width } = checked(shape, original)?;
        checked(shape, reconstruction)?;
        let area = height * width;
        let mut error = vec![0.0f32; area];
        for (a, b) in original.chunks_exact(area).zip(reconstruction.chunks_exact(area)) {
            for (sum, (a, b)) in error.iter_mut().zip(a.iter().zip(b)) {
                *sum += (a - b).abs() / planes as f32;
            }
        }
        let pixels = error.iter().flat_map(|&error| inferno(error / most)).collect();
        let drawn = RgbImage::from_raw(width as u32, height as u32, pixels);
        let drawn = drawn.ok_or_else(|| PictureError::Draw(shape.to_string()))?;
        Ok(Self(DynamicImage::ImageRgb8(drawn)))
    }

    /// Original, reconstruction and heat map beside each other; small ones enlarged.
    ///
    /// # Errors
    /// As [`Canvas::heat_map`].
    pub fn side_by_side(
        shape: PictureShape,
        original: &[f32],
        reconstruction: &[f32],
        most: f32,
    ) -> Result<Self, PictureError> {
        let parts = [
            Self::picture(shape, original)?,
            Self::picture(shape, reconstruction)?,
            Self::heat_map(shape, original, reconstruction, most)?,
        ];
        Self::tiles(shape, &parts, 3)
    }

    /// Pictures in rows, about as wide as high; small ones enlarged. `values` holds them one after
    /// the other, `[n, planes, height, width]`.
    ///
    /// # Errors
    /// As [`Canvas::picture`] of each; and when there is none, or more than a picture can hold.
    pub fn grid(shape: PictureShape, values: &[f32]) -> Result<Self, PictureError> {
        let each = shape.values().max(1);
        let parts: Vec<Self> =
            values.chunks(each).map(|one| Self::picture(shape, one)).collect::<Result<_, _>>()?;
        let PictureShape { height, width, .. } = shape;
        let wide = (parts.len() as f64 * height as f64 / width as f64).sqrt().ceil() as usize;
        Self::tiles(shape, &parts, wide.clamp(1, parts.len().max(1)))
    }

    fn tiles(
        PictureShape { height, width, .. }: PictureShape,
        parts: &[Self],
        columns: usize,
    ) -> Result<Self, PictureError> {
        let times = SEEN.div_ceil(height.min(width).max(1)).clamp(1, MOST_TIMES);
        let rows = parts.len().div_ceil(columns.max(1));
        let (high, wide) = (height * times, width * times);
        let side = |count: usize, each: usize| count * (each + GAP) + GAP;
        let (total_height, total_width) = (side(rows, high), side(columns, wide));
        if parts.is_empty() || total_height.saturating_mul(total_width) > MOST_PIXELS {
            return Err(PictureError::Draw(format!(
                "{} pictures side by side are {total_height} x {total_width} pixels; at most \
                 {MOST_PIXELS} are possible, so draw fewer at a time",
                parts.len()
            )));
        }
        let mut ground =
            RgbImage::from_pixel(total_width as u32, total_height as u32, image::Rgb([GROUND; 3]));
        for (index, Self(part)) in parts.iter().enumerate() {
            let part = part.to_rgb8();
            let part = match times {
                1 => part,
                // The pixels themselves are to be seen.
                _ => imageops::resize(&part, wide as u32, high as u32, FilterType::Nearest),
            };
            let (row, column) = (index / columns, index % columns);
            let (x, y) = (side(column, wide), side(row, high));
            imageops::replace(&mut ground, &part, x as i64, y as i64);
        }
        Ok(Self(DynamicImage::ImageRgb8(ground)))
    }

    /// Height and width in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.0.height() as usize, self.0.width() as usize)
    }

    /// The drawing as a PNG file.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn png(&self) -> Result<Vec<u8>, PictureError> {
        let mut bytes = Cursor::new(Vec::new());
        let written = self.0.write_to(&mut bytes, ImageFormat::Png);
        written.map_err(|error| PictureError::Draw(error.to_string()))?;
        Ok(bytes.into_inner())
    }
}

fn checked(shape: PictureShape, values: &[f32]) -> Result<PictureShape, PictureError> {
    let PictureShape { planes, height, width } = shape;
    let pixels = height.checked_mul(width).filter(|pixels| (1..=MOST_PIXELS).contains(pixels));
    if !matches!(planes, 1 | 3) || pixels.is_none() || values.len() != shape.values() {
        return Err(PictureError::Draw(format!(
            "{} values are not a picture of {shape}",
            values.len()
        )));
    }
    Ok(shape)
}
