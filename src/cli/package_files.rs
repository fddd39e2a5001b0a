//! What a package brings beside the program: the command line itself goes in, pages of the manual and completions for
//! shells come out, as files. Only in builds with the feature `packaging`; on a device it is not needed.

use std::fs::create_dir_all;
use std::io;
use std::path::Path;

use clap::Command;
use clap_complete::Shell;

use super::command_line;

/// Writes `man/*.1`, a page for the program and one for each command, and `completions/` for bash, zsh and fish,
/// under `folder`. Commands that are hidden are in none of them.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    create_dir_all(&man)?;
    clap_mangen::generate_to(command_line(), &man)?;
    create_dir_all(&completions)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut shown(&command_line()), "oddity", &completions)?;
    }
    Ok(())
}

/// The generators of completions know nothing of hidden commands.
fn shown(all: &Command) -> Command {
    let commands = all.get_subcommands().filter(|command| !command.is_hide_set());
    let bare = Command::new("oddity").version(env!("CARGO_PKG_VERSION"));
    bare.args(all.get_arguments().cloned()).subcommands(commands.cloned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs::read_to_string;

    use super::*;

    #[test]
    fn every_command_has_a_page_and_is_completed_and_no_other_is() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        let text = |file: &str| read_to_string(folder.path().join(file)).unwrap();
        let (cli, main) = (command_line(), text("man/oddity.1"));
        let completions =
            ["bash", "fish"].map(|shell| text(&format!("completions/oddity.{shell}")));
        let completions = completions.into_iter().chain([text("completions/_oddity")]);
        let completions: Vec<String> = completions.collect();
        assert!(cli.get_subcommands().count() > 3);
        for command in cli.get_subcommands() {
            let (name, shown) = (command.get_name(), !command.is_hide_set());
            let page = folder.path().join(format!("man/oddity-{name}.1"));
            assert_eq!(page.exists(), shown, "{name}");
            let in_main = main.contains(&format!("oddity\\-{}(1)", name.replace('-', "\\-")));
            assert_eq!(in_main, shown, "{name}: {main}");
            for completion in &completions {
                assert_eq!(completion.contains(name), shown, "{name}");
            }
        }
        // Options and exit codes are in the pages as they are in the help.
        assert!(text("man/oddity-detect.1").contains("fail\\-on\\-alert"));
        assert!(main.contains("Exit codes"));
    }
}
