//! All integration tests in one binary, so that the library and tract are linked once. A test that
//! needs a process of its own (its own allocator, its own limits) stands beside it in `tests/`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../harness/mod.rs"]
mod harness;

mod accuracy;
mod average;
mod bench;
mod boards;
mod calibrate;
mod cases;
mod check;
#[cfg(target_os = "linux")]
mod chips;
mod cli;
mod cold_room;
mod cross;
mod decoder;
mod detect;
mod draw;
mod drift;
mod encode;
mod engine;
mod evaluate;
mod feedback;
mod fit;
mod fit_pictures;
mod flash;
mod free_axes;
mod generate;
mod holes;
mod layering;
mod layouts;
mod legible;
mod loading;
mod long;
mod messages;
#[cfg(target_os = "linux")]
mod modbus;
mod models;
mod new_normal;
mod normal_data;
mod numbers;
mod operators;
mod output;
mod overlap;
mod pictures;
#[cfg(target_os = "linux")]
mod pins;
mod pipes;
mod planes;
mod profile;
mod profile_versions;
mod quantize;
mod readme;
mod reconstruct;
mod reference_metrics;
mod replay;
mod report;
mod roles;
mod running;
mod sampling;
mod schema;
mod score_models;
#[cfg(target_os = "linux")]
mod sensors;
mod service;
mod sklearn;
mod times;
mod trust;
mod unprecedented;
mod vibration;
mod zoo;
