//! Limits that a process puts on itself before it touches an untrusted model.
//!
//! The checks of [`crate::graph`] bound what a file may ask for, but the engine's own memory and time
//! are not proven. A program that must survive any file starts itself again as a child, calls [`restrict_self`]
//! there, feeds it the bytes, and loads them itself only when the child has ended well. This module
//! never starts a process.

use std::io;

use crate::graph::Limits;

/// Address space of a program with an engine that has not loaded anything, generously.
const PROGRAM: u64 = 1 << 30;

/// Seconds that the smallest model may take.
const LEAST_SECONDS: u64 = 60;

/// Multiply-adds in a second of a slow machine, for the few runs of a trial together.
const PER_SECOND: u64 = 1_000_000_000;

/// Memory that the trial load of a model may use, in bytes of address space: the engine keeps what
/// it has made of the weights beside them.
pub fn load_memory(limits: Limits) -> u64 {
    limits.memory.saturating_mul(2).saturating_add(PROGRAM)
}

/// CPU time that the trial load of a model may use, in seconds.
pub fn load_seconds(limits: Limits) -> u64 {
    (limits.multiply_adds / PER_SECOND).max(LEAST_SECONDS)
}

/// Limits this process's address space to `bytes` and its CPU time to `seconds` from now on (the
/// kernel ends it beyond that), and forbids core dumps. There is no way back.
///
/// # Errors
/// When the system refuses, for one because a lower hard limit already holds; or always where the
/// system has no such limits.
#[cfg(unix)]
pub fn restrict_self(bytes: u64, seconds: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = [(Resource::As, bytes), (Resource::Cpu, seconds), (Resource::Core, 0)];
    for (resource, value) in wanted {
        // A limit that is already lower stays: raising it needs privileges.
        let hard = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let value = value.min(hard);
        setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
            .map_err(io::Error::from)?;
    }
    Ok(())
}

/// See the Unix version; elsewhere there is nothing to limit with.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub fn restrict_self(_bytes: u64, _seconds: u64) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}
