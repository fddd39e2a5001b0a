//! One PNG or JPEG file: bytes go in, planes of f32 come out, upright and of the size asked for.
//!
//! The file is not trusted: its size, its pixels and the decoder's memory are bounded.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::error::PictureError;
use super::shape::{MOST_PIXELS, MOST_SIDE, PictureOptions, PictureShape};

/// Bytes of a file.
const MOST_BYTES: u64 = 256 << 20;
/// Bytes that decoding may take: four 16-bit planes of the most pixels.
const MOST_MEMORY: u64 = 8 * MOST_PIXELS as u64;

/// Reads a picture of which nothing is known.
pub(super) fn decode(path: &Path) -> Result<DynamicImage, PictureError> {
    let bytes = read(path)?;
    let format = match image::guess_format(&bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => format,
        _ if bytes.starts_with(&[0x1f, 0x8b]) => {
            return Err(PictureError::Compressed { path: path.into() });
        }
        _ => return Err(PictureError::Format { path: path.into() }),
    };
    let damaged = |what: &str| PictureError::Damaged { path: path.into(), what: what.into() };
    if format == ImageFormat::Jpeg && !has_end(&bytes) {
        // The decoder would fill the rest with grey.
        return Err(damaged("the file is cut off"));
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MOST_SIDE as u32);
    limits.max_image_height = Some(MOST_SIDE as u32);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let failed = |error: ImageError| match error {
        ImageError::Limits(_) => too_large(path),
        error => damaged(&in_words(&error)),
    };
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    if width as usize * height as usize > MOST_PIXELS {
        return Err(too_large(path));
    }
    // A camera says how it was held.
    let orientation = decoder.orientation().map_err(failed)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn too_large(path: &Path) -> PictureError {
    let what = format!("a picture may have {MOST_SIDE} pixels per side, {MOST_PIXELS} in all");
    PictureError::TooLarge { path: path.into(), what }
}

fn read(path: &Path) -> Result<Vec<u8>, PictureError> {
    let failed = |source| PictureError::Read { path: path.into(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        let what = format!("a file may have {MOST_BYTES} bytes");
        return Err(PictureError::TooLarge { path: path.into(), what });
    }
    Ok(bytes)
}

/// Whether a JPEG's end mark stands behind the start of its last scan. In scans no such byte pair
/// occurs, and a thumbnail's end comes before.
fn has_end(bytes: &[u8]) -> bool {
    let last = |mark: u8| bytes.windows(2).rposition(|pair| pair == [0xff, mark]);
    last(0xd9) > last(0xda)
}

fn in_words(error: &ImageError) -> String {
    let text = error.to_string();
    if text.to_lowercase().contains("end of file") || text.contains("EOF") {
        return "the file is cut off".into();
    }
    text
}

/// Brings a picture to the size and planes asked for, and its values to 0..1 into `out`,
/// `[planes, height, width]`.
///
/// Resizing is linear (a triangle filter, which averages where it shrinks), without regard to the
/// proportions. Colour becomes grey by the weights of ITU-R BT.709; transparency is ignored.
pub(super) fn planes(
    image: &DynamicImage,
    options: PictureOptions,
    out: &mut Vec<f32>,
) -> PictureShape {
    let resized = options
        .size
        .filter(|&(height, width)| (width as u32, height as u32) != (image.width(), image.height()))
        .map(|(height, width)| {
            image.resize_exact(width as u32, height as u32, FilterType::Triangle)
        });
    let image = resized.as_ref().unwrap_or(image);
    let planes = options.planes.unwrap_or(if image.color().has_color() { 3 } else { 1 });
    let wide = image.color().bytes_per_pixel() / image.color().channel_count() > 1;
    out.clear();
    match (planes, wide) {
        (1, false) => spread(image.to_luma8().as_raw(), 1, out),
        (1, true) => spread(image.to_luma16().as_raw(), 1, out),
        (_, false) => spread(image.to_rgb8().as_raw(), 3, out),
        (_, true) => spread(image.to_rgb16().as_raw(), 3, out),
    }
    PictureShape {
        planes: if planes == 1 { 1 } else { 3 },
        height: image.height() as usize,
        width: image.width() as usize,
    }
}

/// From pixels one after the other to planes one after the other.
fn spread<T: Brightness>(pixels: &[T], planes: usize, out: &mut Vec<f32>) {
    for plane in 0..planes {
        out.extend(pixels.iter().skip(plane).step_by(planes).map(|&value| value.share()));
    }
}

/// A stored brightness, as its share of the largest.
trait Brightness: Copy {
    fn share(self) -> f32;
}

impl Brightness for u8 {
    fn share(self) -> f32 {
        f32::from(self) / f32::from(u8::MAX)
    }
}

impl Brightness for u16 {
    fn share(self) -> f32 {
        f32::from(self) / f32::from(u16::MAX)
    }
}
