//! A process for each question: it gets the question on its standard input and says its answer on its standard output. Whatever
//! it does, it is over in time, and so is whatever it started in its process group.

use std::io::{self, Read, Write as _};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::{ANSWER_MAX_LEN, ANSWER_WITHIN, Answered, COMPLAINT_MAX_LEN, protocol};
use chinwag_server::{Ask, Verdict};

/// The longest wait for output before it is looked whether the process has ended.
const SLICE: Duration = Duration::from_millis(50);
/// The first wait for a process that has closed its output; each next one is twice as long.
const FIRST_SLICE: Duration = Duration::from_millis(1);

/// The program that is asked.
#[derive(Clone, Debug)]
pub struct Program {
    command: String,
    within: Duration,
    is_stopping: Arc<AtomicBool>,
}

impl Program {
    /// The program that this line of the shell runs.
    #[must_use]
    pub fn new(command: String) -> Self {
        Self { command, within: ANSWER_WITHIN, is_stopping: Arc::default() }
    }

    /// Ends every question that is being asked, and all later ones at once: the server stops.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Asks. Blocks until there is an answer, for [`ANSWER_WITHIN`] at most.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a process is given time by the clock; no machine is told of it")]
    pub fn ask(&self, ask: &Ask) -> Answered {
        let began = Instant::now();
        let mut complaint = Capped::new(COMPLAINT_MAX_LEN);
        let said = self.said(ask, began + self.within, &mut complaint);
        let complaint = String::from_utf8_lossy(&complaint.octets).trim().to_owned();
        let verdict = match said {
            Ok(answer) => protocol::verdict(&answer),
            Err(why) if complaint.is_empty() => Verdict::Failed { why },
            Err(why) => Verdict::Failed { why: format!("{why}: {}", complaint.replace('\n', "; ")) },
        };
        Answered { verdict, complaint, took: began.elapsed() }
    }

    fn said(&self, ask: &Ask, deadline: Instant, complaint: &mut Capped) -> Result<Vec<u8>, String> {
        let mut child = Command::new("sh")
            .args(["-c", &self.command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // It is no part of the service that a manager watches.
            .env_remove("NOTIFY_SOCKET")
            .process_group(0)
            .spawn()
            .map_err(|error| format!("it can't be started: {error}"))?;
        let mut answer = Capped::new(ANSWER_MAX_LEN);
        let waited = self.wait(&mut child, ask, deadline, (&mut answer, complaint));
        // Until it is reaped, no other group has its number.
        let group = Pid::from_child(&child);
        let _ = kill_process_group(group, Signal::KILL);
        let status = child.wait().map_err(|error| format!("it is lost: {error}"))?;
        waited?;
        if answer.is_full {
            return Err(format!("its answer has more than {ANSWER_MAX_LEN} octets"));
        }
        if status.success() { Ok(answer.octets) } else { Err(format!("it ended with {status}")) }
    }

    /// Gives the question, and takes what is said until the process has ended.
    #[expect(clippy::disallowed_methods, reason = "a process is given time by the clock; no machine is told of it")]
    fn wait(
        &self,
        child: &mut Child,
        ask: &Ask,
        deadline: Instant,
        (answer, complaint): (&mut Capped, &mut Capped),
    ) -> Result<(), String> {
        let broken = |error: io::Error| format!("it can't be heard: {error}");
        // A question is shorter than what a pipe holds. Who does not read it may have an answer all the same.
        if let Some(mut stdin) = child.stdin.take() {
            let _ = stdin.write_all(protocol::question(ask).reveal().as_bytes());
        }
        let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
        out.iter().try_for_each(unblock).map_err(broken)?;
        err.iter().try_for_each(unblock).map_err(broken)?;
        let mut slice = FIRST_SLICE;
        loop {
            // First whether it has ended: what it said before that is in the pipe by now.
            let has_ended = has_ended(child).map_err(broken)?;
            answer.take_of(&mut out).map_err(broken)?;
            complaint.take_of(&mut err).map_err(broken)?;
            if has_ended || answer.is_full {
                return Ok(());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(format!("it did not end within {} s", self.within.as_secs_f32()));
            }
            if self.is_stopping.load(Ordering::Relaxed) {
                return Err("the server stops".to_owned());
            }
            let is_silent = out.is_none() && err.is_none();
            slice = if is_silent { (slice * 2).min(SLICE) } else { FIRST_SLICE };
            wait_for(
                [out.as_ref().map(AsFd::as_fd), err.as_ref().map(AsFd::as_fd)],
                left.min(if is_silent { slice } else { SLICE }),
            )
            .map_err(broken)?;
        }
    }
}

/// Octets up to a number.
struct Capped {
    max: usize,
    octets: Vec<u8>,
    is_full: bool,
}

impl Capped {
    const fn new(max: usize) -> Self {
        Self { max, octets: Vec::new(), is_full: false }
    }

    /// Takes what is there; of what is too much, a bounded piece is read and forgotten. At its end the pipe goes.
    fn take_of<P: Read>(&mut self, pipe: &mut Option<P>) -> io::Result<()> {
        let mut part = [0; 4_096];
        while let Some(reader) = pipe {
            match reader.read(&mut part) {
                Ok(0) => *pipe = None,
                Ok(len) => {
                    let kept = len.min(self.max - self.octets.len());
                    self.octets.extend_from_slice(&part[..kept]);
                    self.is_full |= kept < len;
                    if self.is_full {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn unblock(pipe: &impl AsFd) -> io::Result<()> {
    Ok(rustix::io::ioctl_fionbio(pipe, true)?)
}

/// Whether a process has ended. It is not reaped by that.
fn has_ended(child: &Child) -> io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(Pid::from_child(child)), options)?.is_some())
}

/// Waits until one of them has something to say, or for so long.
fn wait_for(pipes: [Option<rustix::fd::BorrowedFd<'_>>; 2], within: Duration) -> io::Result<()> {
    let mut fds: Vec<_> = pipes.into_iter().flatten().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
    let within = Timespec { tv_sec: within.as_secs() as i64, tv_nsec: i64::from(within.subsec_nanos()) };
    match poll(&mut fds, Some(&within)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use chinwag_proto::wire::message::Secret;

    use super::*;

    fn program(command: &str) -> Program {
        Program { within: Duration::from_secs(60), ..Program::new(command.to_owned()) }
    }

    fn ask() -> Ask {
        Ask { name: "ann".into(), password: Some(Secret::from(String::from("correct horse"))) }
    }

    fn why(command: &str) -> String {
        match program(command).ask(&ask()).verdict {
            Verdict::Failed { why } => why,
            other @ (Verdict::Yes { .. } | Verdict::No) => panic!("{command}: {other:?}"),
        }
    }

    const YES: &str = r#"echo '{"version":1,"verdict":"yes"}'"#;

    #[test]
    fn it_gets_the_question_on_its_input_and_nowhere_else() {
        let dir = tempfile::tempdir().expect("a folder");
        let (input, seen) = (dir.path().join("input"), dir.path().join("seen"));
        let command = format!(
            "cat >{}; {{ tr '\\0' '\\n' </proc/$$/environ; tr '\\0' '\\n' </proc/$$/cmdline; }} >{}; {YES}",
            input.display(),
            seen.display()
        );
        assert!(matches!(program(&command).ask(&ask()).verdict, Verdict::Yes { .. }));
        let line = std::fs::read_to_string(&input).expect("what it read");
        assert_eq!(line, "{\"version\":1,\"name\":\"ann\",\"password\":\"correct horse\"}\n");
        let seen = std::fs::read_to_string(&seen).expect("arguments and environment");
        assert!(!seen.contains("horse") && !seen.contains("NOTIFY_SOCKET"), "{seen}");
    }

    #[test]
    fn who_does_not_read_the_question_may_answer_it() {
        assert!(matches!(program(&format!("exec 0<&-; {YES}")).ask(&ask()).verdict, Verdict::Yes { .. }));
        assert!(matches!(program(&format!("exec 2>&-; {YES}")).ask(&ask()).verdict, Verdict::Yes { .. }));
    }

    #[test]
    fn whatever_goes_wrong_is_said() {
        assert!(why("exit 3").contains("exit status: 3"));
        assert!(why("no-such-program-here").contains("not found"), "and its own words");
        assert!(why(&format!("{YES}; echo 'no route' >&2; exit 1")).contains("exit status: 1: no route"));
        assert!(why("true").contains("makes no sense"));
        assert!(why("kill -9 $$").contains("signal: 9"));
        let long = why("head -c 100000 /dev/zero; sleep 600");
        assert!(long.contains("more than 4096 octets"), "{long}");
    }

    #[test]
    fn what_it_complains_of_is_kept_up_to_a_length_and_holds_up_nothing() {
        let answered = program(&format!("head -c 1000000 /dev/zero | tr '\\0' x >&2; {YES}")).ask(&ask());
        assert!(matches!(answered.verdict, Verdict::Yes { .. }), "{:?}", answered.verdict);
        assert_eq!(answered.complaint.len(), COMPLAINT_MAX_LEN);
    }

    /// Waits until there is no process of that number, or only what is left of one that has ended.
    fn is_over(pid: &str) {
        let status = || std::fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap_or_default();
        let runs = || !status().is_empty() && !status().contains("State:\tZ");
        let tries = (0..10_000_000).take_while(|_| runs()).inspect(|_| std::thread::yield_now()).count();
        assert!(tries < 10_000_000, "{}", status());
    }

    #[test]
    fn who_takes_too_long_is_ended_with_all_that_it_started() {
        let dir = tempfile::tempdir().expect("a folder");
        let pid = dir.path().join("pid");
        let command = format!("sleep 600 & echo $! >{}; wait", pid.display());
        let program = Program { within: Duration::from_millis(300), ..program(&command) };
        let Verdict::Failed { why } = program.ask(&ask()).verdict else { panic!("it can't have answered") };
        assert!(why.contains("did not end within"), "{why}");
        // On a machine that is busy it may not have come so far.
        let pid = std::fs::read_to_string(&pid).unwrap_or_default();
        if !pid.trim().is_empty() {
            is_over(&pid);
        }
    }

    #[test]
    fn who_leaves_somebody_behind_with_its_output_is_heard_and_that_one_ended() {
        let dir = tempfile::tempdir().expect("a folder");
        let pid = dir.path().join("pid");
        let answered = program(&format!("sleep 600 & echo $! >{}; {YES}", pid.display())).ask(&ask());
        assert!(matches!(answered.verdict, Verdict::Yes { .. }), "{:?}", answered.verdict);
        is_over(&std::fs::read_to_string(&pid).expect("a number"));
        // Also one that has left the group: it is not ended, and not waited for.
        let answered = program(&format!("setsid sleep 2 & {YES}")).ask(&ask());
        assert!(matches!(answered.verdict, Verdict::Yes { .. }), "{:?}", answered.verdict);
    }

    #[test]
    fn a_server_that_stops_waits_for_no_answer() {
        let program = program("sleep 600");
        let asked = program.clone();
        let thread = std::thread::spawn(move || asked.ask(&ask()).verdict);
        program.stop();
        assert_eq!(thread.join().expect("an end"), Verdict::Failed { why: "the server stops".into() });
    }
}
