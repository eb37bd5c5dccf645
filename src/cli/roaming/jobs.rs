//! What takes time, on threads of its own: a handshake that proves a key, and a session beside the old one.

use std::convert::Infallible;
use std::net::{Ipv6Addr, SocketAddr};
use std::sync::mpsc::Sender;
use std::time::Duration;

use chinwag_proto::endpoint::{KeyPair, Target};
use chinwag_proto::wire::id::PublicKey;

use crate::client::{Whom, name_of};
use crate::client_core::Reads;
use crate::config::Home;
use crate::discovery::Found;
use crate::drive::{self, Clock, Inline, Options, entropy};
use crate::measure::{Command, Measurement, Notice};
use crate::net;
use crate::roaming::{Done, Job};

use super::super::args;
use super::super::failure::Failure;
use super::super::session::{Kind, Opened, Wants};
use super::mail::Mail;
use super::news::Arrival;

/// How long a proof may take.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// With which a server is called.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) home: Home,
    pub(super) args: args::Chat,
    pub(super) whole_screen: bool,
}

impl Caller {
    /// Does a job, and puts what came of it into the mails.
    pub(super) fn start(&self, job: Job, mails: Sender<Mail>) {
        let caller = self.clone();
        let refused = match &job {
            Job::Prove(found) => Some(*found.key()),
            Job::Begin(_) => None,
        };
        let again = mails.clone();
        let work = move || {
            let done = match job {
                Job::Prove(found) => {
                    let answers = answers(&found.addrs, *found.key()).unwrap_or_else(|failure| {
                        log::info!("roaming: {failure}");
                        false
                    });
                    Mail::Proved(Done::Proved(*found.key(), answers))
                }
                Job::Begin(found) => Mail::Begun(caller.begin(&found)),
            };
            // A chat that has ended wants to hear of nothing; a session that it gets no more ends by being dropped.
            let _ = mails.send(done);
        };
        let thread = std::thread::Builder::new().name("roaming job".to_owned()).spawn(work);
        if let Err(error) = thread {
            let failure = Failure::system(error);
            let done = match refused {
                Some(key) => Mail::Proved(Done::Proved(key, false)),
                None => Mail::Begun(Err(failure)),
            };
            let _ = again.send(done);
        }
    }

    /// Begins a session there, until the server has let the user in.
    fn begin(&self, found: &Found) -> Result<Box<Arrival>, Failure> {
        let (home, key) = (&self.home, *found.key());
        let server = name_of(home, &key, &found.name)?;
        let mut args = self.args.clone();
        let used = home.recent().name_on(server.as_str())?;
        args.client = args::Client {
            server: Some(Whom::Named(server)),
            name: used.or(args.client.name),
            invite_file: None,
            token_file: None,
            ..args.client
        };
        let reads = if args.read_privately { Reads::Private } else { Reads::Told };
        let wants =
            Wants::new(Kind::Chat).reads(reads).whole_screen(self.whole_screen).at(found.addrs.clone(), Some(key));
        let mut opened = Opened::open(home, &args.client, wants)?;
        match opened.until_let_in() {
            Ok(came) => Ok(Box::new(Arrival { opened, came, key, is_by_itself: false })),
            Err(failure) => {
                opened.close();
                Err(failure)
            }
        }
    }
}

/// Whether something with a server's key is where a beacon says that it is, by a handshake as nobody. One that wants a join key
/// before it proves anything counts, too.
fn answers(addrs: &[SocketAddr], key: PublicKey) -> Result<bool, Failure> {
    let mut rng = entropy::rng().map_err(Failure::system)?;
    let socket = net::bind((Ipv6Addr::UNSPECIFIED, 0).into())?;
    let worker = Box::new(Inline(|never: Infallible| match never {}));
    let node = Measurement::new(KeyPair::from_secret(rng.bytes()), rng.bytes());
    let measurement = drive::spawn(node, socket, worker, Options::new(Clock::start())).map_err(Failure::system)?;
    let target = Target { addrs: addrs.to_vec(), pin: Some(key), join_key: None, enrolled: false };
    let _ = measurement.send(Command::Try(target));
    let answers = loop {
        match measurement.recv_timeout(PATIENCE) {
            Ok(Some(Notice::Up { .. } | Notice::JoinKeyRefused | Notice::WrongVersion { .. })) => break true,
            Ok(Some(Notice::Unanswered { elapsed, .. })) if elapsed < PATIENCE => {}
            Ok(_) | Err(_) => break false,
        }
    };
    let _ = measurement.stop();
    Ok(answers)
}
