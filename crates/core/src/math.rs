//! The few functions that `core` does not have: logarithm, exponential, root, power, cosine.
//!
//! With the feature `std` those of the standard library, else those of `libm`; their last digits may
//! differ.

#[cfg(feature = "std")]
mod of {
    pub(crate) fn ln(x: f64) -> f64 {
        x.ln()
    }
    pub(crate) fn exp(x: f64) -> f64 {
        x.exp()
    }
    pub(crate) fn sqrt(x: f64) -> f64 {
        x.sqrt()
    }
    pub(crate) fn powf(x: f64, y: f64) -> f64 {
        x.powf(y)
    }
    #[cfg(feature = "features")]
    pub(crate) fn cos(x: f64) -> f64 {
        x.cos()
    }
    pub(crate) fn floor(x: f64) -> f64 {
        x.floor()
    }
    pub(crate) fn ceil(x: f64) -> f64 {
        x.ceil()
    }
}

#[cfg(not(feature = "std"))]
mod of {
    #[cfg(feature = "features")]
    pub(crate) use libm::cos;
    pub(crate) use libm::{ceil, exp, floor, log as ln, pow as powf, sqrt};
}

#[cfg(feature = "features")]
pub(crate) use of::cos;
pub(crate) use of::{ceil, exp, floor, ln, powf, sqrt};
