//! Times of one stream's rows go in; whether a row is the next, comes after a hole, does not go on
//! from the one before, or is to be dropped comes out.

use alloc::vec::Vec;

use super::grid::Grid;
use super::note::Note;
use super::rate::Rate;
use crate::event::ClockFault;
use crate::types::Time;

/// Rows in a row that do not advance before the clock, not the row, counts as wrong; and rows in a
/// row that advance before a clock that was stuck is trusted again.
const CLOCK_ROWS: u32 = 5;

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowPlace {
    /// Right after the row before.
    Next,
    /// After so many missing rows, few enough to be held.
    After(u64),
    /// It does not go on from what came before.
    Anew,
    /// Nowhere: it is to be dropped.
    Dropped,
}

/// The clock of one stream. Without a period, rows count as they come.
#[derive(Debug)]
pub(super) struct Clock {
    period_ns: Option<i64>,
    hold: u32,
    last: Option<Time>,
    grid: Grid,
    rate: Rate,
    late: u32,
    duplicates: u32,
    /// Rows that must advance before the clock is trusted again.
    distrust: u32,
    /// It was set back, and has not advanced since.
    went_back: bool,
}

impl Clock {
    pub(super) fn new(period_ns: Option<i64>, hold: u32) -> Self {
        Self {
            period_ns,
            hold,
            last: None,
            grid: Grid::at(Time(0)),
            rate: Rate::default(),
            late: 0,
            duplicates: 0,
            distrust: 0,
            went_back: false,
        }
    }

    /// Places the next row. What its time says of the stream is added to `notes`.
    pub(super) fn place(&mut self, time: Option<Time>, notes: &mut Vec<Note>) -> RowPlace {
        let (Some(time), Some(period)) = (time, self.period_ns) else { return RowPlace::Next };
        let place = match self.last {
            None => RowPlace::Anew,
            Some(last) if time <= last => self.standing(time, last, notes),
            Some(last) => self.advancing(time, last, period, notes),
        };
        if place == RowPlace::Anew {
            self.grid = Grid::at(time);
        }
        if place != RowPlace::Dropped {
            self.last = Some(time);
        }
        place
    }

    fn advancing(
        &mut self,
        time: Time,
        last: Time,
        period: i64,
        notes: &mut Vec<Note>,
    ) -> RowPlace {
        self.late = 0;
        self.duplicates = 0;
        self.went_back = false;
        if self.distrust > 0 {
            self.distrust -= 1;
            self.grid = Grid::at(time);
            return RowPlace::Next;
        }
        if let Some(period_s) = self.rate.add(time.0.saturating_sub(last.0), period) {
            notes.push(Note::Rate { period_s });
        }
        match self.grid.missing(time, period) {
            0 => RowPlace::Next,
            missing if missing <= u64::from(self.hold) => RowPlace::After(missing),
            missing => {
                notes.push(Note::Gap { missing, from: last, expected: self.rate.is_slow() });
                RowPlace::Anew
            }
        }
    }

    /// A row whose time does not advance. A few are dropped; of more, the clock is to blame.
    fn standing(&mut self, time: Time, last: Time, notes: &mut Vec<Note>) -> RowPlace {
        let (count, note, fault) = match time == last {
            true => (&mut self.duplicates, Note::Duplicate, ClockFault::Stuck),
            false => (&mut self.late, Note::Late, ClockFault::SetBack),
        };
        if self.distrust > 0 {
            self.distrust = CLOCK_ROWS;
            return RowPlace::Next;
        }
        *count += 1;
        if *count < CLOCK_ROWS {
            notes.push(note);
            return RowPlace::Dropped;
        }
        *count = 0;
        // One that goes back again before it has advanced runs backwards: no better than stuck.
        let fault = if self.went_back { ClockFault::Stuck } else { fault };
        self.went_back = true;
        if fault == ClockFault::Stuck {
            self.distrust = CLOCK_ROWS;
        }
        notes.push(Note::Clock { fault, from: last });
        RowPlace::Anew
    }
}
