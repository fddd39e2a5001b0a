//! Words for the state of a contact, a pump, a switch: which one is 0 and which one is 1.

/// Zero and one. The first pair that has a word says what the other one is.
const PAIRS: [[&str; 2]; 38] = [
    ["off", "on"],
    ["false", "true"],
    ["no", "yes"],
    ["closed", "open"],
    ["closed", "opened"],
    ["close", "open"],
    ["shut", "open"],
    ["down", "up"],
    ["stopped", "running"],
    ["stopped", "started"],
    ["stop", "run"],
    ["stop", "start"],
    ["idle", "active"],
    ["idle", "running"],
    ["idle", "busy"],
    ["inactive", "active"],
    ["disabled", "enabled"],
    ["standby", "on"],
    ["standby", "running"],
    ["low", "high"],
    ["dry", "wet"],
    ["clear", "detected"],
    ["not_home", "home"],
    ["away", "home"],
    ["locked", "unlocked"],
    ["offline", "online"],
    ["disconnected", "connected"],
    ["normal", "alarm"],
    ["ok", "alarm"],
    ["ok", "fault"],
    ["ok", "error"],
    ["empty", "full"],
    ["aus", "ein"],
    ["aus", "an"],
    ["nein", "ja"],
    ["zu", "auf"],
    ["geschlossen", "offen"],
    ["falsch", "wahr"],
];

/// Names of columns whose words are names, not states.
const NAMING: [&str; 14] = [
    "id", "name", "device", "sensor", "unit", "host", "topic", "entity", "station", "location",
    "tag", "table", "result", "comment",
];

/// Bytes of a word at most.
const LONGEST: usize = 24;

/// Rows that have to show two words before an unknown pair is taken for states.
const LEAST: u32 = 16;

/// The words of one column.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// In small letters, in the order in which they came, with how often they did.
    seen: Vec<(String, u32)>,
    /// Too many, or no words.
    other: bool,
    last: usize,
    changes: u32,
}

impl Words {
    pub fn add(&mut self, field: &str) {
        let word = Some(field.trim().to_lowercase()).filter(|word| is_word(word));
        let Some(word) = word else { return self.other = true };
        let known = self.seen.iter().position(|(seen, _)| *seen == word);
        if known.is_none() && self.seen.len() == 2 {
            return self.other = true;
        }
        let place = known.unwrap_or_else(|| {
            self.seen.push((word, 0));
            self.seen.len() - 1
        });
        self.changes += u32::from(self.last != place);
        self.last = place;
        if let Some((_, count)) = self.seen.get_mut(place) {
            *count += 1;
        }
    }

    /// The words for 0 and 1, where these are states.
    pub fn states(&self, column: &str) -> Option<[String; 2]> {
        if self.other {
            return None;
        }
        let has =
            |pair: &[&str; 2]| self.seen.iter().all(|(word, _)| pair.contains(&word.as_str()));
        if let (Some(pair), false) = (PAIRS.iter().find(|pair| has(pair)), self.seen.is_empty()) {
            return Some(pair.map(str::to_owned));
        }
        let [(a, often), (b, rare)] = &self.seen[..] else { return None };
        // What changes from row to row names the row.
        let count = often + rare;
        let lasts = *often.min(rare) > 1 && count >= LEAST && self.changes * 4 <= count;
        let named = column.to_lowercase();
        let names =
            NAMING.iter().any(|naming| named.split(['_', '.', ' ', '-']).any(|p| p == *naming));
        let [zero, one] = if a < b { [a, b] } else { [b, a] };
        (lasts && !names).then(|| [zero.clone(), one.clone()])
    }
}

fn is_word(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= LONGEST
        && word.chars().all(|c| c.is_alphabetic() || matches!(c, '_' | '-' | ' '))
}
