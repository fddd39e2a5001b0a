//! Judges pictures: each goes through the model, and is odd above the ratio that its profile says.
//!
//! `cargo run --example judge_pictures -- models/parts.onnx FOLDER`

use std::error::Error;

use oddity::detector::Judge;
use oddity::model::Bundle;
use oddity::picture::{PictureOptions, Pictures, normalise};
use oddity::types::Reconstruction;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(model), Some(folder)) = (args.next(), args.next()) else {
        return Err("usage: judge_pictures MODEL FOLDER".into());
    };
    let bundle = Bundle::from_bytes(std::fs::read(model)?)?;
    let profile = bundle.profile();
    let (planes, height, width) =
        bundle.model().picture_shape().ok_or("the model takes no pictures")?;
    let mut session = bundle.model().session()?;
    let mut judge = Judge::new(profile);

    // All pictures of the folder, brought to the model's size.
    let options = PictureOptions { size: Some((height, width)), planes: Some(planes) };
    let mut pictures = Pictures::open(&[folder.into()], options)?;
    let (mut window, mut answers) = (Vec::new(), Reconstruction::default());
    while let Some((name, picture)) = pictures.next()? {
        window.clear();
        window.extend_from_slice(picture);
        normalise(&mut window, &profile.channels);
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
