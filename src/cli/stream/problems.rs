//! Counts go in; it comes out whether to say something: the first few times one by one, then at each
//! doubling. A live stream has no end at which they could be summed up.

use std::fmt::Display;

use crate::cli::warning::Warning;

/// Problems that are told one by one.
const ONE_BY_ONE: u64 = 10;

/// Bad rows and readings.
#[derive(Default)]
pub(super) struct ProblemTeller {
    count: u64,
    next: u64,
}

impl ProblemTeller {
    pub(super) fn tell(&mut self, problem: &dyn Display) {
        self.count += 1;
        if self.count <= ONE_BY_ONE {
            Warning::Problem(problem).say();
            self.next = 2 * ONE_BY_ONE;
        } else if self.count >= self.next {
            self.next = self.next.saturating_mul(2);
            Warning::ProblemsSoFar { count: self.count, latest: problem }.say();
        }
    }

    pub(super) fn sum_up(&self) {
        if self.count > ONE_BY_ONE {
            Warning::Problems { count: self.count }.say();
        }
    }
}
