//! Judges pictures: each goes through the model, and is odd above the ratio that its profile says.
//!
//! `cargo run --example judge_pictures -- models/parts.onnx FOLDER`

use std::error::Error;

use oddity::detector::Judge;
use oddity::model::Bundle;
use oddity::picture::{PictureOptions, PictureWindow, Pictures};
use oddity::profile::Layout;
use oddity::types::Reconstruction;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(model), Some(folder)) = (args.next(), args.next()) else {
        return Err("usage: judge_pictures MODEL FOLDER".into());
    };
    let bundle = Bundle::from_bytes(std::fs::read(model)?)?;
    let profile = bundle.profile();
    let shape = bundle.model().picture_shape_as(profile.layout);
    let (planes, height, width) = shape.ok_or("the model takes no pictures")?;
    let planes_last = profile.layout == Layout::PicturePlanesLast;
    let held = PictureWindow { planes, planes_last, channels: &profile.channels };
    let mut session = bundle.model().session()?;
    let mut judge = Judge::new(profile);

    // All pictures of the folder, brought to the model's size.
    let options = PictureOptions { size: Some((height, width)), planes: Some(planes) };
    let mut pictures = Pictures::open(&[folder.into()], options)?;
    let (mut window, mut answers) = (Vec::new(), Reconstruction::default());
    while let Some((name, picture)) = pictures.next()? {
        held.fill(picture, &mut window);
        session.run(&window, 1, &mut answers)?;
        let verdict = judge.judge(&window, &answers.answer(0, 1))?;
        let ratio = verdict.ratio.unwrap_or(f64::NAN);
        println!(
            "{name}: ratio {ratio:.2}{}",
            if verdict.odd == Some(true) { ", odd" } else { "" }
        );
    }
    Ok(())
}
