//! What the tests of the dense kernels share: numbers without a pattern, and rows with gaps between them.

use oddity_kernels::Rows;

/// Numbers that look random and are the same in every run.
pub struct Noise(pub u64);

impl Noise {
    pub fn bits(&mut self) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// From -1 to 1.
    pub fn f32(&mut self) -> f32 {
        self.bits() as i32 as f32 / i32::MAX as f32
    }

    pub fn f32s(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.f32()).collect()
    }

    pub fn u8s(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.bits() as u8).collect()
    }

    pub fn i8s(&mut self, count: usize) -> Vec<i8> {
        (0..count).map(|_| self.bits() as i8).collect()
    }
}

/// How many values reach from the start of the first row to the end of the last.
pub fn span(count: usize, step: usize, row: usize) -> usize {
    if count == 0 { 0 } else { (count - 1) * step + row }
}

/// Asserts that what lies between the rows and behind them still holds `sentinel`.
pub fn assert_gaps<T: PartialEq + Copy + std::fmt::Debug>(
    y: &[T],
    rows: Rows,
    outputs: usize,
    sentinel: T,
) {
    for (at, &value) in y.iter().enumerate() {
        let row = at / rows.y_step.max(1);
        if row >= rows.count || at % rows.y_step.max(1) >= outputs {
            assert_eq!(value, sentinel, "written outside of a row, at {at}");
        }
    }
}

/// Fewer under Miri, which is some hundred times slower, and with 32 bits, which have plain Rust alone and run on an
/// emulated processor.
pub fn few<T: Copy>(all: &[T], step: usize) -> Vec<T> {
    let step = match (cfg!(miri), cfg!(target_pointer_width = "32")) {
        (true, _) => step,
        (false, true) => 2,
        (false, false) => 1,
    };
    all.iter().copied().step_by(step).collect()
}
