//! `chinwag weather`: a relay that spoils packets between programs that don't know of it.

use crate::client::locate;
use crate::drive::relay::Relay;
use crate::host::Listening;
use crate::net;

use super::failure::{Exit, Failure};
use super::looking::{Echo, while_looking};
use super::output::say;
use super::signals::watch_signals;
use super::{args, start};

pub(super) fn run(args: &args::Weather) -> Result<(), Failure> {
    let spec = args::weather(&args.spec.join(",")).map_err(Failure::usage)?;
    let nowhere = || Failure::new(Exit::Connect, format!("{} says no address", args.to));
    let to = while_looking(&args.to, Echo::On, || locate(&args.to, None))?.into_iter().next().ok_or_else(nowhere)?;
    let listen = net::bind(net::resolve(&args.listen, 0)?[0])?;
    let relay = Relay::new(listen, to, spec).map_err(Failure::system)?;
    let stopper = relay.stopper();
    let _signals = watch_signals(move || {
        stopper.stop();
        true
    })
    .map_err(Failure::system)?;
    say(&Listening(relay.local_addr()).to_string());
    start::tell_weather(Some(relay.seed()));
    relay.run().map_err(Failure::system)
}
