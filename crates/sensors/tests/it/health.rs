use oddity_sensors::Channel;
use oddity_sensors::health::{Health, Limits, Next, Note};

const MS: u64 = 1_000_000;

fn health() -> Health<2> {
    let channel = |low, high| Channel { name: "", unit: "", low, high };
    let limits = Limits { errors: 3, ..Limits::of_period(10 * MS) };
    Health::new(limits, [channel(-2.0, 2.0), channel(f32::NEG_INFINITY, 5.0)].into_iter())
}

/// What is told while something is done.
fn told(what: impl FnOnce(&mut dyn FnMut(Note))) -> Vec<Note> {
    let mut notes = Vec::new();
    what(&mut |note| notes.push(note));
    notes
}

fn read(health: &mut Health<2>, at: u64, values: [f32; 2]) -> Vec<Note> {
    told(|mut tell| health.read(at, &values, &mut tell))
}

fn fail(health: &mut Health<2>, at: u64) -> Vec<Note> {
    told(|mut tell| health.failed(at, &mut tell))
}

#[test]
fn a_sensor_is_started_and_then_read() {
    let mut health = health();
    assert_eq!(health.next(0), Next::Start);
    health.started();
    assert_eq!(health.next(0), Next::Read);
    assert_eq!(read(&mut health, 0, [0.0, 0.0]), []);
    assert_eq!(health.counts().restarts, 0);
}

#[test]
fn errors_in_a_row_lose_it_and_one_good_reading_between_them_does_not() {
    let mut health = health();
    health.started();
    assert_eq!(fail(&mut health, 0), []);
    assert_eq!(fail(&mut health, 10 * MS), []);
    assert_eq!(read(&mut health, 20 * MS, [0.0; 2]), []);
    assert_eq!(fail(&mut health, 30 * MS), []);
    assert_eq!(fail(&mut health, 40 * MS), []);
    assert_eq!(fail(&mut health, 50 * MS), [Note::Lost { errors: 3 }]);
    assert_eq!(health.next(50 * MS), Next::Wait(550 * MS));
    assert_eq!(health.next(550 * MS), Next::Start);
    assert_eq!(health.counts().errors, 5);
}

#[test]
fn the_wait_doubles_to_its_end_is_told_once_and_begins_anew() {
    let mut health = health();
    let mut now = 0;
    let mut waits = Vec::new();
    let mut notes = Vec::new();
    for _ in 0..9 {
        notes.extend(told(|mut tell| health.not_started(now, &mut tell)));
        let Next::Wait(until) = health.next(now) else { panic!("no wait") };
        waits.push((until - now) / MS);
        now = until;
    }
    assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    assert_eq!(notes, [Note::Lost { errors: 1 }]);

    health.started();
    assert_eq!(read(&mut health, now, [0.0; 2]), [Note::Back { after: 0 }]);
    assert_eq!(health.counts().restarts, 1);
    for _ in 0..3 {
        fail(&mut health, now);
    }
    assert_eq!(health.next(now), Next::Wait(now + 500 * MS));
}

/// A chip that starts and gives nothing is not hammered.
#[test]
fn a_start_alone_does_not_end_the_wait() {
    let mut health = health();
    for expected in [500, 1000, 2000] {
        health.started();
        for _ in 0..3 {
            fail(&mut health, 0);
        }
        assert_eq!(health.next(0), Next::Wait(expected * MS));
    }
}

#[test]
fn the_period_is_measured_and_not_across_a_gap() {
    let mut health = health();
    health.started();
    read(&mut health, 0, [0.0; 2]);
    assert_eq!(read(&mut health, 12 * MS, [0.0; 2]), []);
    assert_eq!(health.counts().worst_jitter, 2 * MS);
    assert_eq!(read(&mut health, 28 * MS, [0.0; 2]), [Note::Late { by: 6 * MS }]);
    // Told once, counted each time.
    assert_eq!(read(&mut health, 44 * MS, [0.0; 2]), []);
    fail(&mut health, 54 * MS);
    assert_eq!(read(&mut health, 90 * MS, [0.0; 2]), []);
    assert_eq!(told(|mut tell| health.overrun(&mut tell)), [Note::Overrun]);
    assert_eq!(read(&mut health, 200 * MS, [0.0; 2]), []);
    let counts = health.counts();
    assert_eq!((counts.late, counts.overruns, counts.worst_jitter), (2, 1, 6 * MS));
    assert!(counts.jitter > 0 && counts.jitter < 2 * MS, "{counts:?}");
}

#[test]
fn a_channel_at_its_end_is_told_once_and_when_it_leaves() {
    let mut health = health();
    health.started();
    let mut now = 0;
    let mut step = |health: &mut Health<2>, values| {
        now += 10 * MS;
        read(health, now, values)
    };
    assert_eq!(step(&mut health, [2.0, 0.0]), []);
    assert_eq!(step(&mut health, [2.0, 0.0]), []);
    assert_eq!(step(&mut health, [2.0, 0.0]), [Note::Saturated { channel: 0, high: true }]);
    assert_eq!(step(&mut health, [2.0, 5.0]), []);
    assert_eq!(step(&mut health, [0.0, 5.0]), [Note::Unsaturated { channel: 0 }]);
    assert_eq!(step(&mut health, [-2.0, 5.0]), [Note::Saturated { channel: 1, high: true }]);
    assert_eq!(step(&mut health, [-2.0, f32::NAN]), [Note::Unsaturated { channel: 1 }]);
    assert_eq!(step(&mut health, [-2.0, -1e30]), [Note::Saturated { channel: 0, high: false }]);
}

#[test]
fn one_end_after_the_other_begins_anew() {
    let mut health = health();
    health.started();
    let all: Vec<Note> = (0..12)
        .flat_map(|n| read(&mut health, n, [if n % 3 < 2 { 2.0 } else { -2.0 }, 0.0]))
        .collect();
    assert_eq!(all, []);
}
