//! Which file of a crate uses what another one defines. The crate's root goes in; arrows between
//! files come out. A name that is passed on (`pub use`) is followed to the file that defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::code::Code;

/// A module is a file; modules within a file count as names that it defines.
struct Module {
    file: PathBuf,
    parent: usize,
    children: BTreeMap<String, usize>,
    code: Code,
}

/// What a path leads to.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    /// Something that this module defines.
    Item(usize),
    Module(usize),
    /// Another crate, or a name that is no path: a variable, a type parameter.
    Outside,
}

/// The files of a crate and the arrows between them.
pub struct Imports {
    modules: Vec<Module>,
    /// From a file to one that defines what it uses.
    uses: BTreeSet<(usize, usize)>,
    /// From a file to a module that it names.
    names: BTreeSet<(usize, usize)>,
    unknown: Vec<String>,
}

impl Imports {
    pub fn read(root: &Path) -> Self {
        let (uses, names) = (BTreeSet::new(), BTreeSet::new());
        let mut all = Self { modules: Vec::new(), uses, names, unknown: Vec::new() };
        all.read_module(root.to_path_buf(), root.parent().unwrap().to_path_buf(), 0);
        all.define_by_macros();
        for module in 0..all.modules.len() {
            all.draw_arrows(module);
        }
        all
    }

    /// What a macro of any file writes is defined where it is called.
    fn define_by_macros(&mut self) {
        let macros = self.modules.iter().flat_map(|module| module.code.macros.clone());
        let macros: BTreeMap<String, BTreeSet<String>> = macros.collect();
        for module in &mut self.modules {
            let written = module.code.calls.iter().filter_map(|call| macros.get(call)).flatten();
            let written: Vec<String> = written.cloned().collect();
            module.code.defined.extend(written);
        }
    }

    /// Reads a file and those of its modules, which lie in `folder`.
    fn read_module(&mut self, file: PathBuf, folder: PathBuf, parent: usize) -> usize {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = Code::read(&text);
        let names = code.children.clone();
        let id = self.modules.len();
        self.modules.push(Module { file, parent, children: BTreeMap::new(), code });
        for name in names {
            let inside = folder.join(&name);
            let own = folder.join(format!("{name}.rs"));
            let file = if own.is_file() { own } else { inside.join("mod.rs") };
            let child = self.read_module(file, inside, id);
            self.modules[id].children.insert(name, child);
        }
        id
    }

    fn draw_arrows(&mut self, from: usize) {
        let (mut targets, mut unknown) = (Vec::new(), Vec::new());
        let mut follow = |path: &[String]| match self.resolve(from, path, 0) {
            Some(target) => targets.push(target),
            None => unknown.push(path.join("::")),
        };
        let code = &self.modules[from].code;
        // In a module within the file, `super` is the file.
        let within = |path: &[String]| {
            path.first().is_some_and(|first| first == "super")
                && path.get(1).is_some_and(|name| code.defined.contains(name))
        };
        for import in &code.imports {
            match &import.alias {
                Some(alias) if import.public && !code.words.contains(alias) => {}
                Some(_) => follow(&import.path),
                None if import.public => {}
                None => {
                    let glob = |word: &&String| {
                        let path: Vec<String> = [&import.path[..], &[(*word).clone()]].concat();
                        matches!(self.resolve(from, &path, 0), Some(Target::Item(_)))
                    };
                    for word in code.words.iter().filter(glob) {
                        follow(&[&import.path[..], std::slice::from_ref(word)].concat());
                    }
                }
            }
        }
        code.paths.iter().filter(|path| !within(path)).for_each(|path| follow(path));
        let file = self.modules[from].file.display();
        self.unknown.extend(unknown.iter().map(|path| format!("{file}: {path}")));
        for target in targets {
            match target {
                Target::Item(to) if to != from => drop(self.uses.insert((from, to))),
                Target::Module(to) if to != from => drop(self.names.insert((from, to))),
                _ => {}
            }
        }
    }

    /// `None` when a module of this crate has no such name.
    fn resolve(&self, from: usize, path: &[String], depth: usize) -> Option<Target> {
        let mut target = Target::Module(from);
        for (at, name) in path.iter().enumerate() {
            let Target::Module(module) = target else { return Some(target) };
            let is_last = at + 1 == path.len();
            target = match name.as_str() {
                "crate" => Target::Module(0),
                "self" => target,
                "super" => Target::Module(self.modules[module].parent),
                name => match self.look_up(module, name, is_last, depth) {
                    Some(found) => found,
                    None if at == 0 => Target::Outside,
                    None => return None,
                },
            };
        }
        Some(target)
    }

    /// A name in a module. A function may be called like a module: at the end of a path it is meant.
    fn look_up(&self, module: usize, name: &str, is_last: bool, depth: usize) -> Option<Target> {
        let own = &self.modules[module];
        if own.code.defined.contains(name) {
            return Some(Target::Item(module));
        }
        let child = own.children.get(name).map(|child| Target::Module(*child));
        // Names that stand for themselves, such as `use log::log`, end here.
        if depth > 8 || (child.is_some() && !is_last) {
            return child;
        }
        let named = own.code.imports.iter().filter(|import| import.alias.as_deref() == Some(name));
        let mut found = named.filter_map(|import| self.resolve(module, &import.path, depth + 1));
        if let Some(target) = found.find(|target| *target != Target::Outside || child.is_none()) {
            return Some(target);
        }
        let globs = own.code.imports.iter().filter(|import| import.alias.is_none());
        let through = |target| match target {
            Target::Module(glob) => self.look_up(glob, name, is_last, depth + 1),
            _ => None,
        };
        let mut globs = globs.filter_map(|glob| self.resolve(module, &glob.path, depth + 1));
        child.or_else(|| globs.find_map(through))
    }

    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.modules.iter().map(|module| module.file.as_path())
    }

    /// Paths into this crate that lead nowhere.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// From each file to those whose definitions it uses.
    pub fn uses(&self) -> impl Iterator<Item = (&Path, &Path)> {
        self.uses.iter().map(|&(from, to)| (self.file(from), self.file(to)))
    }

    /// As [`Imports::uses`], and to modules that are named.
    pub fn arrows(&self) -> impl Iterator<Item = (&Path, &Path)> {
        self.uses.union(&self.names).map(|&(from, to)| (self.file(from), self.file(to)))
    }

    fn file(&self, module: usize) -> &Path {
        &self.modules[module].file
    }

    /// Sets of files from each of which all others of its set can be reached.
    pub fn circles(&self) -> Vec<Vec<&Path>> {
        let reached: Vec<BTreeSet<usize>> =
            (0..self.modules.len()).map(|from| self.reached(from)).collect();
        let mut circles = BTreeSet::new();
        for (from, there) in reached.iter().enumerate() {
            let back = there.iter().filter(|to| reached[**to].contains(&from));
            let mut circle: Vec<&Path> = back.map(|module| self.file(*module)).collect();
            circle.sort();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    fn reached(&self, from: usize) -> BTreeSet<usize> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(at) = open.pop() {
            for &(_, to) in self.uses.range((at, 0)..=(at, usize::MAX)) {
                if reached.insert(to) {
                    open.push(to);
                }
            }
        }
        reached
    }
}
