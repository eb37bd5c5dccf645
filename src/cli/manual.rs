//! What is generated of the definition of the command line: completions for shells, and man pages.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use chinwag_proto::wire::message::name;
use clap::{Arg, ArgAction};
use clap_complete::Shell;

use super::args::{Completions, Man};
use super::config::definition;
use super::failure::{Exit, Failure};
use crate::config::Home;
use crate::keep;

/// What makes bash complete the value of `--room`, and leave the rest to the generated function.
const BASH_ROOMS: &str = r#"
_chinwag_with_rooms() {
    if [[ "${COMP_WORDS[COMP_CWORD-1]}" == --room ]]; then
        COMPREPLY=( $(compgen -W "$(chinwag completions --rooms 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}") )
        return 0
    fi
    _chinwag "$@"
}
complete -F _chinwag_with_rooms -o bashdefault -o default chinwag
"#;
/// The same for zsh. It is defined before the generated functions, which name it as what completes `ROOM`.
const ZSH_ROOMS: &str = r#"
(( $+functions[_chinwag_rooms] )) ||
_chinwag_rooms() {
    local -a rooms expl
    rooms=(${(f)"$(chinwag completions --rooms 2>/dev/null)"})
    _wanted rooms expl room compadd -a rooms
}
"#;
/// The same for fish, which takes the rules of all lines together.
const FISH_ROOMS: &str = "complete -c chinwag -l room -x -a '(chinwag completions --rooms 2>/dev/null)'\n";

pub(super) fn completions(home: &Home, args: &Completions) -> Result<(), Failure> {
    let Some(shell) = args.shell else {
        // A line of a shell is being typed: whatever is wrong is told to whoever reads the rooms, and not there.
        let rooms: String = rooms(home).iter().map(|room| format!("{room}\n")).collect();
        return print(rooms.as_bytes());
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definition(), "chinwag", &mut script);
    if shell == Shell::Bash {
        script.extend_from_slice(BASH_ROOMS.as_bytes());
    } else if shell == Shell::Fish {
        script.extend_from_slice(FISH_ROOMS.as_bytes());
    } else if shell == Shell::Zsh {
        script = with_zsh_rooms(&String::from_utf8_lossy(&script)).into_bytes();
    }
    print(&script)
}

/// A generated script for zsh in which rooms complete what is called `ROOM`. Its first line says to zsh what it is for.
fn with_zsh_rooms(script: &str) -> String {
    let (first, rest) = script.split_once('\n').unwrap_or((script, ""));
    let rest = rest.replace("]:ROOM:_default'", "]:ROOM:_chinwag_rooms'");
    format!("{first}\n{ZSH_ROOMS}{rest}")
}

/// The rooms that this device has read on whatever server, as they are typed behind `--room`: a `#` would begin a comment there.
fn rooms(home: &Home) -> BTreeSet<String> {
    let known = home.kept_all().into_iter().flat_map(|dir| keep::rooms(&dir).unwrap_or_default());
    let plain = |room: String| room.trim_start_matches('#').to_owned();
    known.map(plain).filter(|room| name::check(room.trim_start_matches('@')).is_ok()).collect()
}

pub(super) fn man(args: &Man) -> Result<(), Failure> {
    match &args.dir {
        Some(dir) => {
            let unwritable =
                |error| Failure::new(Exit::General, format!("can't write man pages to {}: {error}", dir.display()));
            write_all(dir).map_err(unwritable)
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(of(&args.command)?).render(&mut page).map_err(broken)?;
            print(&page)
        }
    }
}

fn write_all(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(documented().disable_help_subcommand(true), dir)
}

/// The definition for man pages: their synopses say which flags take which values.
fn documented() -> clap::Command {
    let mut all = definition();
    all.build();
    with_synopses(all)
}

fn with_synopses(command: clap::Command) -> clap::Command {
    let usage = synopsis(&command);
    let names: Vec<_> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    names.into_iter().fold(command.override_usage(usage), |command, name| command.mut_subcommand(name, with_synopses))
}

/// `chinwag send [--room ROOM] … [TEXT]…`
fn synopsis(command: &clap::Command) -> String {
    let values = |arg: &Arg| match arg.get_value_names() {
        Some(names) if arg.get_action().takes_values() => names.join(" "),
        _ => arg.get_id().as_str().to_uppercase(),
    };
    let mut words = vec![command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned()];
    for flag in command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set()) {
        let Some(long) = flag.get_long() else { continue };
        let named = flag.get_short().map_or_else(|| format!("--{long}"), |short| format!("-{short}|--{long}"));
        // A switch takes a value only to turn it off again.
        let is_switch = flag.get_num_args().is_some_and(|count| count.min_values() == 0);
        let value = if is_switch { String::new() } else { format!(" {}", values(flag)) };
        let more = if matches!(flag.get_action(), ArgAction::Append) { "…" } else { "" };
        words.push(if flag.is_required_set() {
            format!("{named}{value}{more}")
        } else {
            format!("[{named}{value}]{more}")
        });
    }
    for arg in command.get_positionals().filter(|arg| !arg.is_hide_set()) {
        let more = if matches!(arg.get_action(), ArgAction::Append) { "…" } else { "" };
        words.push(if arg.is_required_set() {
            format!("{}{more}", values(arg))
        } else {
            format!("[{}]{more}", values(arg))
        });
    }
    if command.has_subcommands() {
        words.push(if command.is_subcommand_required_set() { "COMMAND".into() } else { "[COMMAND]".into() });
    }
    words.join(" ")
}

/// The definition of one command.
fn of(names: &[String]) -> Result<clap::Command, Failure> {
    let all = documented();
    let mut command = &all;
    for name in names {
        let missing =
            || Failure::usage(format!("there is no command `{}`; `chinwag --help` lists them", names.join(" ")));
        command = command.find_subcommand(name).ok_or_else(missing)?;
    }
    let title = ["chinwag"].into_iter().chain(names.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    Ok(command.clone().name(title))
}

fn print(text: &[u8]) -> Result<(), Failure> {
    match std::io::stdout().write_all(text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(broken(error)),
        _ => Ok(()),
    }
}

fn broken(error: std::io::Error) -> Failure {
    Failure::new(Exit::General, error.to_string())
}
