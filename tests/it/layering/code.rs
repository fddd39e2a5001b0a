//! What a source file says of modules: its text goes in; the modules it declares, the names it
//! defines, what it imports and which paths its code names come out. Code under `#[cfg(test)]`,
//! comments and literals are left out.

use std::collections::{BTreeMap, BTreeSet};

/// One name that a `use` brings, or all of a module's.
#[derive(Debug, PartialEq)]
pub struct Import {
    pub path: Vec<String>,
    /// `None` for `*`.
    pub alias: Option<String>,
    /// Passed on to others: it counts as used here only if the code names it.
    pub public: bool,
}

#[derive(Debug, Default)]
pub struct Code {
    pub children: Vec<String>,
    pub defined: BTreeSet<String>,
    pub imports: Vec<Import>,
    /// Paths of two names or more outside of `use`.
    pub paths: Vec<Vec<String>>,
    /// Every word outside of `use`.
    pub words: BTreeSet<String>,
    /// Macros, with the functions that they write.
    pub macros: BTreeMap<String, BTreeSet<String>>,
    /// Macros that are called among the items.
    pub calls: BTreeSet<String>,
}

/// Words, and signs of one character; `::` is one sign.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let find = |from: usize, end: &str| {
        let end: Vec<char> = end.chars().collect();
        (from..chars.len())
            .find(|&at| chars[at..].starts_with(&end))
            .map_or(chars.len(), |at| at + end.len())
    };
    let string = |mut at: usize| {
        while at < chars.len() && chars[at] != '"' {
            at += if chars[at] == '\\' { 2 } else { 1 };
        }
        at + 1
    };
    while at < chars.len() {
        let rest = &chars[at..];
        at = match rest {
            ['/', '/', ..] => find(at, "\n"),
            ['/', '*', ..] => find(at + 2, "*/"),
            ['"', ..] | ['b', '"', ..] => string(at + 1 + usize::from(rest[0] == 'b')),
            ['r', '"', ..] | ['r', '#', '"' | '#', ..] | ['b', 'r', '"' | '#', ..] => {
                let start = at + 1 + usize::from(rest[0] == 'b');
                let hashes = chars[start..].iter().take_while(|c| **c == '#').count();
                find(start + hashes + 1, &format!("\"{}", "#".repeat(hashes)))
            }
            ['\'', '\\', ..] => find(at + 3, "'"),
            ['\'', _, '\'', ..] => at + 3,
            // A lifetime.
            ['\'', ..] => at + 1 + rest[1..].iter().take_while(|c| is_word(**c)).count(),
            [':', ':', ..] => {
                tokens.push("::".to_owned());
                at + 2
            }
            [first, ..] if is_word(*first) => {
                let word: String = rest.iter().take_while(|c| is_word(**c)).collect();
                at += word.chars().count();
                tokens.push(word);
                at
            }
            [sign, ..] => {
                if !sign.is_whitespace() {
                    tokens.push(sign.to_string());
                }
                at + 1
            }
            [] => break,
        };
    }
    tokens
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Where the item that starts here ends: after its `;`, or after its braces.
fn end_of_item(tokens: &[String]) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 && (token == ";" || token == "}") {
            return at + 1;
        }
    }
    tokens.len()
}

/// Reads one tree of a `use` from the front of the tokens. How many it took comes back.
fn import(tokens: &[String], before: &[String], public: bool, imports: &mut Vec<Import>) -> usize {
    let mut path = before.to_vec();
    let mut at = 0;
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while tokens[at] != "}" {
                    at += import(&tokens[at..], &path, public, imports);
                    at += usize::from(tokens[at] == ",");
                }
                return at + 1;
            }
            Some("*") => {
                imports.push(Import { path, alias: None, public });
                return at + 1;
            }
            Some("::") => at += 1,
            // `a::{self}` is `a`.
            Some("self") if !path.is_empty() => at += 1,
            Some("as") => {
                imports.push(Import { path, alias: Some(tokens[at + 1].clone()), public });
                return at + 2;
            }
            Some(name) if is_name(name) => {
                path.push(name.to_owned());
                at += 1;
            }
            _ => {
                let alias = path.last().cloned();
                imports.push(Import { path, alias, public });
                return at;
            }
        }
    }
}

impl Code {
    pub fn read(text: &str) -> Self {
        let tokens = tokens(text);
        let mut code = Self::default();
        let (mut at, mut depth) = (0, 0);
        while at < tokens.len() {
            at += code.step(&tokens, at, &mut depth);
        }
        code
    }

    /// Reads what starts here; how many tokens it took comes back.
    fn step(&mut self, tokens: &[String], at: usize, depth: &mut usize) -> usize {
        const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
        let rest = &tokens[at..];
        if rest.len() > TEST.len() && rest.iter().zip(TEST).all(|(a, b)| a == b) {
            return TEST.len() + end_of_item(&rest[TEST.len()..]);
        }
        let next = |ahead: usize| rest.get(ahead).map_or("", String::as_str);
        match rest[0].as_str() {
            "{" => *depth += 1,
            "}" => *depth -= 1,
            "use" if next(1) != "<" => {
                // `pub use` or `pub(crate) use`.
                let before = &tokens[at.saturating_sub(4)..at];
                let public =
                    before.iter().rev().take_while(|t| is_name(t) || *t == "(" || *t == ")");
                let public = public.into_iter().any(|token| token == "pub");
                return 1 + import(&rest[1..], &[], public, &mut self.imports);
            }
            "mod" if *depth == 0 && next(2) == ";" => {
                self.children.push(next(1).to_owned());
                return 3;
            }
            "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" | "mod"
                if *depth == 0 && is_name(next(1)) && next(1) != "fn" =>
            {
                self.defined.insert(next(1).to_owned());
                return 2;
            }
            "macro_rules" if *depth == 0 => {
                self.defined.insert(next(2).to_owned());
                let body = rest[..end_of_item(rest)].windows(2);
                let written = body.filter(|pair| pair[0] == "fn" && is_name(&pair[1]));
                let written = written.map(|pair| pair[1].clone()).collect();
                self.macros.insert(next(2).to_owned(), written);
                return 3;
            }
            word if is_name(word) => {
                if *depth == 0 && next(1) == "!" {
                    self.calls.insert(word.to_owned());
                    if next(2) == "{" {
                        self.define_by_macro(&rest[..end_of_item(rest)]);
                    }
                }
                return self.path(rest);
            }
            _ => {}
        }
        1
    }

    /// A macro that is called among the items may define those that it is given.
    fn define_by_macro(&mut self, call: &[String]) {
        for pair in call.windows(2) {
            if let [kind, name] = pair
                && matches!(kind.as_str(), "enum" | "struct" | "fn")
                && is_name(name)
            {
                self.defined.insert(name.clone());
            }
        }
    }

    /// A word, or words joined by `::`.
    fn path(&mut self, tokens: &[String]) -> usize {
        let mut path = vec![tokens[0].clone()];
        while let [colons, name, ..] = &tokens[2 * path.len() - 1..]
            && colons == "::"
            && is_name(name)
        {
            path.push(name.clone());
        }
        let taken = 2 * path.len() - 1;
        self.words.extend(path.first().cloned());
        if path.len() > 1 {
            self.paths.push(path);
        }
        taken
    }
}

#[test]
fn a_file_is_read_as_the_compiler_reads_it() {
    let code = Code::read(
        "//! use no::doc;\n\
         mod a; pub(crate) use a::{self, b::{C as D, *}}; use crate::e;\n\
         /* fn no() {} */ pub const fn f<'a>() { let x = r#\"use no;\"#; e::g(';', '\\'', \"\\\"{\"); }\n\
         #[cfg(test)]\nmod tests { use no::tests; }\n struct S { r#type: u8 } fn g() {} m! { enum E { A = 1 } }",
    );
    assert_eq!(code.children, ["a"]);
    assert_eq!(code.defined.iter().collect::<Vec<_>>(), ["E", "S", "f", "g"]);
    let imports: Vec<(String, Option<&str>, bool)> = code
        .imports
        .iter()
        .map(|import| (import.path.join("::"), import.alias.as_deref(), import.public))
        .collect();
    let wanted = [
        ("a", Some("a"), true),
        ("a::b::C", Some("D"), true),
        ("a::b", None, true),
        ("crate::e", Some("e"), false),
    ];
    assert_eq!(imports, wanted.map(|(path, alias, public)| (path.to_owned(), alias, public)));
    assert_eq!(code.paths, [["e", "g"]]);
}
