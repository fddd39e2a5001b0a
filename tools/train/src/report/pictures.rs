//! Windows that are pictures: original, reconstruction and a map of the error, as PNG.

use base64::Engine;

use super::data::ShownWindow;
use super::error::ReportError;
use super::windows::MOST;
use oddity::chart::{ERROR, ramp, usable};

/// Longest side of a picture in the page; larger ones are averaged down.
const SIDE: usize = 160;
/// Height that a picture in a file at least has: small ones are blown up pixel by pixel.
const HEIGHT: usize = 192;
const GAP: usize = 8;

/// Planes, height and width of a picture.
pub(super) type Size = (usize, usize, usize);

/// A picture in 8 bits a colour.
struct Image {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 3]>,
}

/// What the page shows of one window.
pub(super) struct Inline {
    /// Original, reconstruction, error, each as a `data:` address.
    pub(super) images: [String; 3],
    pub(super) width: usize,
    pub(super) height: usize,
    /// Whether the page shows fewer pixels than the model saw.
    pub(super) shrunk: bool,
    /// Values that were not finite.
    pub(super) broken: usize,
}

/// The pictures of a window for the page. `largest` is the error at the end of the colours.
pub(super) fn inline(
    window: &ShownWindow,
    size: Size,
    largest: f64,
) -> Result<Inline, ReportError> {
    let images = triple(window, size, largest, SIDE);
    let (width, height) = (images[0].width, images[0].height);
    let [original, reconstruction, error] = images;
    let values = window.original.iter().chain(&window.reconstruction);
    Ok(Inline {
        images: [address(&original)?, address(&reconstruction)?, address(&error)?],
        width,
        height,
        shrunk: width < size.2 || height < size.1,
        broken: values.filter(|v| !usable(f64::from(**v))).count(),
    })
}

/// The pictures of each window as one file, side by side.
pub(super) fn files(
    windows: &[ShownWindow],
    size: Size,
) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let largest = largest(windows, size);
    let drawn = windows.iter().take(MOST).enumerate();
    drawn
        .filter(|(_, window)| !window.original.is_empty())
        .map(|(i, window)| {
            let images = triple(window, size, largest, 8 * SIDE);
            Ok((format!("window-{}.png", i + 1), png(&beside(&images))?))
        })
        .collect()
}

/// The largest error of any pixel in the windows that are shown: one scale for all of them.
pub(super) fn largest(windows: &[ShownWindow], size: Size) -> f64 {
    let errors = windows.iter().take(MOST).flat_map(|window| error_map(window, size));
    errors.filter(|e| usable(f64::from(*e))).fold(0.0, f32::max).into()
}

fn triple(window: &ShownWindow, size: Size, largest: f64, side: usize) -> [Image; 3] {
    let errors: Vec<[f32; 3]> = error_map(window, size).into_iter().map(|e| [e; 3]).collect();
    let scale = if largest > 0.0 { 1.0 / largest } else { 0.0 };
    let grey = |v: f32| (v.clamp(0.0, 1.0) * 255.0).round() as u8;
    let photo = |values: &[f32]| shrink(&colours(values, size), size, side, |p| p.map(grey));
    [
        photo(&window.original),
        photo(&window.reconstruction),
        shrink(&errors, size, side, |[e, ..]| ramp(&ERROR, f64::from(e) * scale)),
    ]
}

/// Red, green and blue of each pixel; other numbers of planes become the grey of their mean.
fn colours(values: &[f32], (planes, height, width): Size) -> Vec<[f32; 3]> {
    let value = |plane: usize, at: usize| {
        values.get(plane * height * width + at).copied().filter(|v| v.is_finite()).unwrap_or(0.0)
    };
    (0..height * width)
        .map(|at| {
            if planes == 3 {
                return [value(0, at), value(1, at), value(2, at)];
            }
            let sum: f32 = (0..planes).map(|plane| value(plane, at)).sum();
            [sum / planes.max(1) as f32; 3]
        })
        .collect()
}

/// Mean over the planes of how far each pixel is off.
fn error_map(window: &ShownWindow, (planes, height, width): Size) -> Vec<f32> {
    let off = |at: usize| {
        let pair = window.original.get(at).zip(window.reconstruction.get(at));
        pair.map(|(a, b)| (a - b).abs()).filter(|e| e.is_finite()).unwrap_or(0.0)
    };
    let plane = height * width;
    let mean =
        |at: usize| (0..planes).map(|p| off(p * plane + at)).sum::<f32>() / planes.max(1) as f32;
    (0..plane).map(mean).collect()
}

/// Averages blocks of pixels until the longest side fits.
fn shrink(
    pixels: &[[f32; 3]],
    (_, height, width): Size,
    side: usize,
    paint: impl Fn([f32; 3]) -> [u8; 3],
) -> Image {
    let block = height.max(width).div_ceil(side).max(1);
    let (small_height, small_width) = (height.div_ceil(block), width.div_ceil(block));
    let mean = |top: usize, left: usize| {
        let rows = top..(top + block).min(height);
        let all = rows.flat_map(|y| (left..(left + block).min(width)).map(move |x| y * width + x));
        let (sum, number) = all.fold(([0.0; 3], 0_u32), |([r, g, b], n), at| {
            let [pr, pg, pb] = pixels.get(at).copied().unwrap_or_default();
            ([r + pr, g + pg, b + pb], n + 1)
        });
        sum.map(|v| v / number.max(1) as f32)
    };
    let pixels = (0..small_height)
        .flat_map(|y| (0..small_width).map(move |x| (y * block, x * block)))
        .map(|(top, left)| paint(mean(top, left)))
        .collect();
    Image { width: small_width, height: small_height, pixels }
}

/// Three pictures of one size in a row on white, blown up by a whole number.
fn beside(images: &[Image; 3]) -> Image {
    let (width, height) = (images[0].width, images[0].height);
    let zoom = (HEIGHT / height.max(1)).max(1);
    let pitch = width * zoom + GAP;
    let mut pixels = Vec::with_capacity(pitch * 3 * height * zoom);
    for y in 0..height * zoom {
        for x in 0..pitch * 3 - GAP {
            let (image, inside) = (x / pitch, x % pitch);
            let at = (y / zoom) * width + inside / zoom;
            let pixel = images.get(image).and_then(|image| image.pixels.get(at)).copied();
            pixels.push(pixel.filter(|_| inside < width * zoom).unwrap_or([255; 3]));
        }
    }
    Image { width: pitch * 3 - GAP, height: height * zoom, pixels }
}

fn png(image: &Image) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    let mut encoder = png::Encoder::new(&mut bytes, side(image.width), side(image.height));
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(image.pixels.as_flattened())?;
    writer.finish()?;
    Ok(bytes)
}

fn address(image: &Image) -> Result<String, ReportError> {
    let text = base64::engine::general_purpose::STANDARD.encode(png(image)?);
    Ok(format!("data:image/png;base64,{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> ShownWindow {
        ShownWindow {
            original: vec![0.0, 1.0, 0.5, 0.25],
            reconstruction: vec![0.0, 0.5, 0.5, f32::NAN],
            ..ShownWindow::default()
        }
    }

    #[test]
    fn pixels_are_what_was_put_in() {
        let [original, _, error] = triple(&window(), (1, 2, 2), 0.5, SIDE);
        assert_eq!(original.pixels, [[0; 3], [255; 3], [128; 3], [64; 3]]);
        assert_eq!(error.pixels[0], ramp(&ERROR, 0.0));
        assert_eq!(error.pixels[1], ramp(&ERROR, 1.0));
        assert_eq!(largest(&[window()], (1, 2, 2)), 0.5);
    }

    #[test]
    fn a_png_decodes_to_the_same_pixels() {
        let [original, ..] = triple(&window(), (1, 2, 2), 0.5, SIDE);
        let bytes = png(&original).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (2, 2));
        assert_eq!(pixels, original.pixels.as_flattened());
    }

    #[test]
    fn large_pictures_are_averaged_and_small_ones_blown_up() {
        let values: Vec<f32> = (0..400 * 2).map(|i| (i % 2) as f32).collect();
        let image = shrink(&colours(&values, (1, 2, 400)), (1, 2, 400), 200, |p| {
            p.map(|v| (v * 255.0).round() as u8)
        });
        assert_eq!((image.width, image.height), (200, 1));
        assert!(image.pixels.iter().all(|p| *p == [128; 3]));
        let row = beside(&triple(&window(), (1, 2, 2), 1.0, SIDE));
        assert_eq!((row.width, row.height), (192 * 3 + 2 * GAP, 192));
        assert_eq!(row.pixels[191], [255; 3]);
        assert_eq!(row.pixels[95], [0; 3]);
    }
}
