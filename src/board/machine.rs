//! A machine as its files show it: `/proc`, `/sys`, `/dev` and `/boot` go in, this machine's or those in a
//! folder; facts come out. Reads only, and opens no device.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::spec::BusKind;

/// A machine to look at.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
}

/// Who would use a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Its number; 0 may do everything.
    pub user: u32,
    /// All of its groups.
    pub groups: Vec<u32>,
}

impl Visitor {
    /// Who runs this process.
    pub fn this() -> Self {
        let mut groups = vec![rustix::process::getegid().as_raw()];
        let further = rustix::process::getgroups().unwrap_or_default();
        groups.extend(further.into_iter().map(rustix::process::Gid::as_raw));
        Self { user: rustix::process::geteuid().as_raw(), groups }
    }
}

/// Whether a file may be read and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Granted,
    /// To those of this group, by its name.
    OnlyTo(String),
    /// To root alone.
    OnlyRoot,
}

const READ_WRITE: u32 = 0o6;

impl Machine {
    /// The machine whose files lie in this folder; `/` is this one.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    /// Whether this program runs on it.
    pub fn is_this(&self) -> bool {
        self.root == Path::new("/")
    }

    fn path(&self, absolute: &str) -> PathBuf {
        self.root.join(absolute.trim_start_matches('/'))
    }

    pub(super) fn text(&self, absolute: &str) -> Option<String> {
        let bytes = std::fs::read(self.path(absolute)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(super) fn has(&self, absolute: &str) -> bool {
        self.path(absolute).exists()
    }

    /// Names in a folder, sorted; none where there is no folder.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort_by_key(|name| (name.len(), name.clone()));
        names
    }

    /// Entries of the device tree, the most particular one first.
    pub fn compatible(&self) -> Vec<String> {
        let text = self.text("/proc/device-tree/compatible").unwrap_or_default();
        text.split('\0').filter(|entry| !entry.is_empty()).map(ToOwned::to_owned).collect()
    }

    /// The model's name in the device tree, or that of a PC's firmware.
    pub fn model(&self) -> Option<String> {
        let tree = self.text("/proc/device-tree/model");
        let text = tree.or_else(|| self.text("/sys/class/dmi/id/product_name"))?;
        let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// What the kernel says of the processor's instructions.
    pub(super) fn cpu_words(&self) -> BTreeSet<String> {
        let text = self.text("/proc/cpuinfo").unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        let lines = lines.filter(|(key, _)| matches!(key.trim(), "Features" | "flags"));
        lines.flat_map(|(_, words)| words.split_whitespace().map(ToOwned::to_owned)).collect()
    }

    /// Files by their path, or by its beginning and `*`.
    pub(super) fn files(&self, pattern: &str) -> Vec<String> {
        let Some(begin) = pattern.strip_suffix('*') else {
            return if self.has(pattern) { vec![pattern.to_owned()] } else { Vec::new() };
        };
        let (folder, name) = begin.rsplit_once('/').unwrap_or(("", begin));
        let names = self.names(folder).into_iter().filter(|other| other.starts_with(name));
        names.map(|name| format!("{folder}/{name}")).collect()
    }

    /// N of the controller that is this node of the device tree.
    pub(super) fn number_of(&self, kind: BusKind, node: &str) -> Option<u32> {
        let (folder, prefix) = match kind {
            BusKind::I2c => ("/sys/bus/i2c/devices", "i2c-"),
            BusKind::Spi => ("/sys/class/spi_master", "spi"),
            BusKind::Uart => return None,
        };
        self.names(folder).into_iter().find_map(|name| {
            let number = name.strip_prefix(prefix)?.parse().ok()?;
            let link = std::fs::read_link(self.path(&format!("{folder}/{name}/of_node"))).ok()?;
            (link.file_name()?.to_str()? == node).then_some(number)
        })
    }

    /// Whether the kernel knows the controller behind this device file, though the file may be missing.
    pub(super) fn has_controller(&self, kind: BusKind, device: &str) -> bool {
        let number = |prefix: &str| {
            let rest = device.strip_prefix(prefix)?;
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            (!digits.is_empty()).then_some(digits)
        };
        match kind {
            BusKind::I2c => number("/dev/i2c-")
                .is_some_and(|n| self.has(&format!("/sys/bus/i2c/devices/i2c-{n}"))),
            BusKind::Spi => number("/dev/spidev")
                .is_some_and(|n| self.has(&format!("/sys/class/spi_master/spi{n}"))),
            BusKind::Uart => false,
        }
    }

    /// Labels of GPIO chips with their device files, as far as the kernel shows them.
    pub(super) fn chip_labels(&self) -> BTreeMap<String, Option<String>> {
        let mut labels = BTreeMap::new();
        for name in self.names("/sys/class/gpio") {
            let folder = format!("/sys/class/gpio/{name}");
            let Some(label) = self.text(&format!("{folder}/label")) else { continue };
            // The chip's own folder lies in that of the device that it belongs to.
            let beside = self.names(&format!("{folder}/device"));
            let chip = beside.into_iter().find_map(|name| {
                let number: u32 = name.strip_prefix("gpiochip")?.parse().ok()?;
                Some(format!("/dev/gpiochip{number}"))
            });
            labels.insert(label.trim().to_owned(), chip.filter(|chip| self.has(chip)));
        }
        labels
    }

    /// Whether `visitor` may read and write a file that is there, by its owner, group and mode.
    pub(super) fn access(&self, absolute: &str, visitor: &Visitor) -> Access {
        let Ok(file) = std::fs::metadata(self.path(absolute)) else { return Access::OnlyRoot };
        let grants = |shift: u32| (file.mode() >> shift) & READ_WRITE == READ_WRITE;
        let in_group = visitor.groups.contains(&file.gid());
        if visitor.user == 0
            || (visitor.user == file.uid() && grants(6))
            || (in_group && grants(3))
            || grants(0)
        {
            return Access::Granted;
        }
        match self.group(file.gid()) {
            Some(name) if grants(3) && file.gid() != 0 => Access::OnlyTo(name),
            _ => Access::OnlyRoot,
        }
    }

    fn group(&self, number: u32) -> Option<String> {
        let text = self.text("/etc/group")?;
        text.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (name, number_of) = (fields.next()?, fields.nth(1)?);
            (number_of.parse() == Ok(number)).then(|| name.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_for_its_owner_its_group_or_all() {
        let folder = tempfile::tempdir().unwrap();
        let machine = Machine::at(folder.path());
        let device = folder.path().join("device");
        std::fs::write(&device, "").unwrap();
        let owner = std::fs::metadata(&device).unwrap();
        std::fs::create_dir(folder.path().join("etc")).unwrap();
        let groups = format!("other:x:4242:\nbus:x:{}:\n", owner.gid());
        std::fs::write(folder.path().join("etc/group"), groups).unwrap();
        let set = |mode: u32| {
            std::fs::set_permissions(&device, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let ask = |user: u32, group: u32| {
            machine.access("/device", &Visitor { user, groups: vec![group] })
        };
        let stranger = owner.uid() + 1;
        set(0o660);
        assert_eq!(ask(stranger, owner.gid()), Access::Granted);
        // The group of number 0 is root's own: nobody is advised to join it.
        let expected = match owner.gid() {
            0 => Access::OnlyRoot,
            _ => Access::OnlyTo("bus".into()),
        };
        assert_eq!(ask(stranger, 4242), expected);
        assert_eq!(ask(0, 4242), Access::Granted);
        set(0o606);
        assert_eq!(ask(stranger, 4242), Access::Granted);
        set(0o640);
        assert_eq!(ask(stranger, owner.gid()), Access::OnlyRoot);
    }

    #[test]
    fn words_of_the_processor_are_those_of_either_architecture() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("proc")).unwrap();
        let machine = Machine::at(folder.path());
        for text in
            ["processor\t: 0\nFeatures\t: fp asimd asimddp\n", "flags\t\t: fpu asimd asimddp\n"]
        {
            std::fs::write(folder.path().join("proc/cpuinfo"), text).unwrap();
            let words = machine.cpu_words();
            assert!(words.contains("asimd") && words.contains("asimddp"), "{words:?}");
            assert!(!words.contains("i8mm"));
        }
    }
}
