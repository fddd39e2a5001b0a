//! Which columns may name the sensor and hold its readings, where each line has one reading: the first values of the
//! columns go in, candidates come out. Whether one of them is right, only all of the data tells.

use crate::decode::columns::LongForm;
use crate::decode::time::looks::looks;
use crate::decode::value::{self, Reading};

/// Columns that name a sensor in what people use, with what holds the readings beside them.
const SENSORS: [&str; 20] = [
    "entity_id",
    "_field",
    "sensor",
    "sensor_id",
    "sensor_name",
    "metric",
    "metric_name",
    "__name__",
    "topic",
    "variable",
    "parameter",
    "signal",
    "tag",
    "tagname",
    "tag_name",
    "varname",
    "itemid",
    "item_id",
    "point",
    "datapoint",
];
const READINGS: [&str; 10] = [
    "state",
    "_value",
    "value",
    "payload",
    "reading",
    "val",
    "values",
    "measurement",
    "varvalue",
    "tagvalue",
];
/// Columns that say of a reading how good it is, or how it came: no readings of their own.
const ABOUT: [&str; 19] = [
    "quality",
    "qualitydetail",
    "qualitycode",
    "opcquality",
    "quality_code",
    "q",
    "validity",
    "status",
    "statuscode",
    "flag",
    "flags",
    "qos",
    "retain",
    "retained",
    "payloadlen",
    "mid",
    "dup",
    "ns",
    "nanoseconds",
];

/// Names of columns that count or identify, whole-numbered as they are.
const IDS: [&str; 8] = ["id", "_id", "uid", "uuid", "index", "idx", "row_id", "serial"];

/// Different names that a column of them may have.
const MOST_NAMES: usize = 64;
/// Bytes of a name.
const NAME_BYTES: usize = 128;

/// What the values of a column are, as names.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    texts: u32,
    numbers: u32,
    fractions: bool,
    different: Vec<Vec<u8>>,
    too_many: bool,
    /// The last name, as its place in `different`.
    last: Option<usize>,
    /// Names that are another than the one before.
    switches: u32,
}

impl Names {
    /// Of the first fields of a column.
    pub fn of(fields: &[Vec<u8>]) -> Self {
        let mut names = Self::default();
        fields.iter().for_each(|field| names.add(field));
        names
    }

    fn add(&mut self, field: &[u8]) {
        match value::read(field, true) {
            Reading::Missing => return,
            Reading::Number(number) => {
                self.numbers += 1;
                self.fractions |= number.fract() != 0.0;
                if self.fractions {
                    return;
                }
            }
            Reading::Bad if looks(field).is_written() => return,
            Reading::Bad => self.texts += 1,
        }
        let field = field.trim_ascii();
        if self.too_many {
            return;
        }
        let known = self.different.iter().position(|known| known == field);
        if known.is_none() {
            self.too_many = self.different.len() >= MOST_NAMES || field.len() > NAME_BYTES;
            self.different.push(field.to_vec());
        }
        let at = known.unwrap_or(self.different.len() - 1);
        self.switches += u32::from(self.last.replace(at).is_some_and(|last| last != at));
    }

    /// Several names that come again and take turns.
    pub fn alternate(&self) -> bool {
        let rows = self.texts + self.numbers;
        !self.too_many
            && self.different.len() > 1
            && self.different.len() * 4 <= rows as usize
            && self.switches * 4 >= rows
    }

    /// Texts that come again.
    pub fn may_name(&self) -> bool {
        self.texts > self.numbers
            && !self.too_many
            && self.different.len() * 2 <= self.texts as usize
    }

    /// Why a column of this name is an id, and no sensor.
    pub fn id(&self, name: &str, others: &[String]) -> Option<&'static str> {
        let lower = name.trim().to_ascii_lowercase();
        let last = lower.rsplit('.').next().unwrap_or_default();
        let is_table = last == "table" && others.iter().any(|other| other == "_value");
        let is_id = IDS.contains(&last) || last.ends_with("_id") || last.ends_with(" id");
        (self.numbers > 0 && !self.fractions && (is_table || is_id))
            .then_some("an id; --channels keeps it, --key watches each on its own")
    }
}

/// The candidates, the likeliest first. `channels` are those that were found, `taken` columns that are for something
/// else.
pub(super) fn forms(
    names: &[String],
    stats: &[Names],
    channels: &[String],
    taken: &[usize],
) -> Vec<LongForm> {
    let rank = |list: &[&str], name: &str| {
        let last = name.rsplit('.').next().unwrap_or(name).trim().to_ascii_lowercase();
        list.iter().position(|known| *known == last)
    };
    // Of two channels one may only say how good the readings of the other are.
    let is_about = |channel: &String| rank(&ABOUT, channel).is_some();
    let channels: Vec<String> =
        channels.iter().filter(|channel| !is_about(channel)).cloned().collect();
    let free = |column: usize| !taken.contains(&column);
    let value = names.iter().enumerate().filter(|(column, _)| free(*column));
    let value = value.filter_map(|(_, name)| Some((rank(&READINGS, name)?, name))).min();
    let mut forms: Vec<(usize, LongForm)> = Vec::new();
    for (column, (name, stats)) in names.iter().zip(stats).enumerate() {
        if !free(column) {
            continue;
        }
        // Two names alone may have been taken for words of a state.
        let mut others = channels.iter().filter(|channel| *channel != name);
        if let (Some(rank), Some((_, value))) = (rank(&SENSORS, name), value)
            && channels.iter().all(|channel| channel == value || channel == name)
            && value != name
        {
            let (name, value) = (name.clone(), value.clone());
            forms.push((rank, LongForm { name, value, known: true }));
        } else if let (Some(value), None) = (others.next(), others.next())
            && stats.may_name()
        {
            let (name, value) = (name.clone(), value.clone());
            forms.push((SENSORS.len() + column, LongForm { name, value, known: false }));
        }
    }
    forms.sort_by_key(|(rank, _)| *rank);
    forms.into_iter().map(|(_, form)| form).collect()
}
