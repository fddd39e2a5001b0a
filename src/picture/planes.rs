//! A picture's values, `[planes, height, width]` from 0 to 1, go in; they come out as a model sees them,
//! in the order of its axes and normalised, and back.

use oddity_core::profile::Channel;

/// How a model holds pictures in its windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PictureWindow<'a> {
    /// 1 is grey, 3 are red, green and blue.
    pub planes: usize,
    /// `[height, width, planes]` rather than `[planes, height, width]`.
    pub planes_last: bool,
    /// Of each plane its mean is subtracted, and its scale divided by. Without channels the values are
    /// those of the picture.
    pub channels: &'a [Channel],
}

impl PictureWindow<'_> {
    /// The window of a picture, in place of what is in `window`.
    pub fn fill(&self, picture: &[f32], window: &mut Vec<f32>) {
        window.clear();
        window.resize(picture.len(), 0.0);
        let area = self.area(picture.len());
        for (plane, values) in picture.chunks(area).enumerate() {
            let channel = self.channels.get(plane);
            let normalised = |value: f32| match channel {
                Some(Channel { mean, scale, .. }) => ((f64::from(value) - mean) / scale) as f32,
                None => value,
            };
            let (first, step) = self.places(plane, area);
            for (to, &from) in window.iter_mut().skip(first).step_by(step).zip(values) {
                *to = normalised(from);
            }
        }
    }

    /// The picture that a window, or its reconstruction, holds.
    pub fn picture(&self, window: &[f32]) -> Vec<f32> {
        let area = self.area(window.len());
        let mut picture = Vec::with_capacity(window.len());
        for plane in 0..self.planes {
            let channel = self.channels.get(plane);
            let (first, step) = self.places(plane, area);
            let values = window.iter().skip(first).step_by(step).take(area);
            picture.extend(values.map(|&value| match channel {
                Some(Channel { mean, scale, .. }) => (f64::from(value) * scale + mean) as f32,
                None => value,
            }));
        }
        picture
    }

    /// Pixels, at least one.
    fn area(&self, values: usize) -> usize {
        (values / self.planes.max(1)).max(1)
    }

    /// Where the values of a plane begin in a window, and how far apart they are.
    fn places(&self, plane: usize, area: usize) -> (usize, usize) {
        match self.planes_last {
            true => (plane, self.planes.max(1)),
            false => (plane * area, 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_put_in_their_place_normalised_and_back() {
        let channel = |mean: f64| Channel {
            name: String::new(),
            unit: None,
            mean,
            scale: 2.0,
            longest_run: None,
            seen: None,
            sensitivity: None,
        };
        let channels = [channel(1.0), channel(0.0), channel(-1.0)];
        let picture = [1.0, 3.0, 10.0, 30.0, 5.0, 7.0];
        let mut window = vec![9.0; 2];
        let mut of = PictureWindow { planes: 3, planes_last: false, channels: &channels };
        of.fill(&picture, &mut window);
        assert_eq!(window, [0.0, 1.0, 5.0, 15.0, 3.0, 4.0]);
        assert_eq!(of.picture(&window), picture);
        of.planes_last = true;
        of.fill(&picture, &mut window);
        assert_eq!(window, [0.0, 5.0, 3.0, 1.0, 15.0, 4.0]);
        assert_eq!(of.picture(&window), picture);
        of.channels = &[];
        of.fill(&picture, &mut window);
        assert_eq!(window, [1.0, 10.0, 5.0, 3.0, 30.0, 7.0]);
        assert_eq!(of.picture(&window), picture);
    }
}
