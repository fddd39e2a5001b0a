//! `oddity board check [NAME]`: findings about a board and this machine, as lines or as JSON.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValue;
use oddity::board::{Finding, Machine, Part, State, Visitor, check};
use oddity::terminal::printable;
use serde_json::json;

use super::source::{Source, print};
use super::text::{INDENT, line};
use crate::cli::exit::Completion;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// A board of the list, or the path of a file like those of boards/; by default what the device
    /// tree names
    name: Option<String>,
    /// Only these
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<Wanted>,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Look at the system whose /proc, /sys, /dev and /boot lie in this folder
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    #[command(flatten)]
    source: Source,
}

/// Width of a state.
const STATE: usize = 8;

/// A part, as an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted(Part);

impl clap::ValueEnum for Wanted {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [Wanted; Part::ALL.len()] = {
            let [a, b, c, d, e, f, g] = Part::ALL;
            [Wanted(a), Wanted(b), Wanted(c), Wanted(d), Wanted(e), Wanted(f), Wanted(g)]
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.word()))
    }
}

pub(super) fn run(args: &CheckArgs) -> anyhow::Result<Completion> {
    anyhow::ensure!(args.root.is_dir(), "{} is no folder", args.root.display());
    let boards = args.source.boards()?;
    let machine = Machine::at(&args.root);
    let recognised = boards.recognise(&machine);
    let (board, taken_for) = match (&args.name, recognised) {
        (Some(name), recognised) => (boards.find(name)?, recognised.ok()),
        (None, recognised) => {
            let recognised = recognised?;
            (recognised.board().clone(), Some(recognised))
        }
    };
    let mut findings = check(&board, &machine, taken_for, &Visitor::this());
    if !args.only.is_empty() {
        findings.retain(|finding| args.only.contains(&Wanted(finding.part)));
    }
    let missing = findings.iter().filter(|finding| finding.state == State::Missing).count();
    let text = match args.json {
        true => document(board.name(), &findings),
        false => lines(&findings),
    };
    print(&text)?;
    Ok(if missing == 0 { Completion::Done } else { Completion::Missing })
}

fn document(board: &str, findings: &[Finding]) -> String {
    let findings: Vec<_> = findings
        .iter()
        .map(|finding| {
            json!({
                "part": finding.part.word(),
                "name": finding.what,
                "state": match finding.state {
                    State::There => "ok",
                    State::Missing => "missing",
                    State::Unsure => "unsure",
                },
                "seen": finding.says,
                "todo": finding.todo,
            })
        })
        .collect();
    let document = json!({ "board": board, "findings": findings });
    format!("{document:#}\n")
}

fn lines(findings: &[Finding]) -> String {
    let of = |finding: &Finding| {
        let says = format!("{:<STATE$} {}", finding.state.word(), finding.says);
        // Never broken: what is to be done is copied.
        let todo = finding.todo.iter().map(|step| {
            format!("{:width$}-> {}\n", "", printable(step), width = INDENT + STATE + 1)
        });
        line(&finding.what, &says) + &todo.collect::<String>()
    };
    findings.iter().map(of).collect()
}
