//! A server makes itself known on the subnet: by our own discovery, and by DNS-SD for ordinary tools (RFC 6763).

use std::net::SocketAddr;

use chinwag_proto::wire::datagram::{BeaconFlags, BeaconRoom};
use chinwag_proto::wire::id::PublicKey;
use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};

use crate::discovery::{self, Advertisement, Notice};
use crate::drive::{Commands, Scout};
use crate::server::{self, BeaconContent, ShownRoom};

/// The service type of DNS-SD.
const SERVICE: &str = "_chinwag._udp.local.";
/// Longest name of a service, in octets: one label of DNS (RFC 6763, section 4.1.1).
const INSTANCE_MAX_LEN: usize = 63;
/// What the daemon may add to a name that another server of the subnet has, in octets: ` (99)`.
const RENAMED_BY: usize = 5;

/// What there is to announce.
pub(super) struct Announcement<'a> {
    pub(super) name: &'a str,
    pub(super) key: PublicKey,
    pub(super) listens_on: SocketAddr,
    pub(super) flags: BeaconFlags,
}

/// A server that is announced, until this is dropped: then it says goodbye.
pub(super) struct Announced {
    advertisement: Advertisement,
    scout: Option<Scout>,
    _dns_sd: Option<DnsSd>,
}

impl Announced {
    /// Begins to announce. Others that are heard of go to `heard`, from another thread. A subnet on which nothing can be
    /// announced is no reason not to serve: it is logged.
    pub(super) fn start(
        announcement: &Announcement<'_>,
        server: Commands<server::Command>,
        heard: impl Fn(Notice) + Send + 'static,
    ) -> Self {
        let advertisement = advertisement(announcement);
        let face = move |notice| match notice {
            Notice::Asked => drop(server.send(server::Command::Beacon)),
            Notice::Found(_) | Notice::Gone(_) | Notice::Twin(_) => heard(notice),
            Notice::Stopped => {}
        };
        let scout = match Scout::start(face) {
            Ok(scout) => {
                scout.send(discovery::Command::Announce(advertisement.clone()));
                Some(scout)
            }
            Err(error) => {
                log::warn!("not announced on the subnet: {error}");
                None
            }
        };
        let dns_sd = DnsSd::start(announcement).inspect_err(|error| log::info!("not announced by DNS-SD: {error}"));
        Self { advertisement, scout, _dns_sd: dns_sd.ok() }
    }

    /// Looks for others as well; those with these keys are heard in any crowd.
    pub(super) fn seek(&self, expected: &[PublicKey]) {
        if let Some(scout) = &self.scout {
            scout.send(discovery::Command::Expect(expected.to_vec()));
            scout.send(discovery::Command::Seek);
        }
    }

    /// The server says this of itself now.
    pub(super) fn tell(&mut self, beacon: BeaconContent) {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.advertisement.online = count(beacon.online);
        self.advertisement.rooms_in_all = count(beacon.rooms_in_all);
        let shown = |room: ShownRoom| BeaconRoom::new(&room.name, &room.topic, count(room.online));
        self.advertisement.rooms = beacon.rooms.into_iter().map(shown).collect();
        self.scout.iter().for_each(|scout| scout.send(discovery::Command::Announce(self.advertisement.clone())));
    }
}

fn advertisement(announcement: &Announcement<'_>) -> Advertisement {
    let Announcement { name, key, listens_on, flags } = *announcement;
    Advertisement {
        key,
        name: name.to_owned(),
        port: listens_on.port(),
        addr: (!listens_on.ip().is_unspecified()).then(|| listens_on.ip()),
        flags,
        online: 0,
        rooms_in_all: 0,
        rooms: Vec::new(),
    }
}

/// The announcement by DNS-SD.
struct DnsSd {
    daemon: ServiceDaemon,
    name: String,
}

impl DnsSd {
    fn start(announcement: &Announcement<'_>) -> Result<Self, mdns_sd::Error> {
        let Announcement { name, key, listens_on, .. } = announcement;
        let daemon = ServiceDaemon::new()?;
        // Another machine that resolved a loopback address would call itself.
        daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
        let host = format!("{}.local.", host_label(&crate::client::machine_name()));
        let version = chinwag_proto::limits::VERSION.to_string();
        let properties = [("fp", key.fingerprint()), ("v", version), ("name", (*name).to_owned())];
        let name = &instance_label(name);
        let info = match listens_on.ip() {
            ip if ip.is_unspecified() => {
                ServiceInfo::new(SERVICE, name, &host, "", listens_on.port(), &properties[..])?.enable_addr_auto()
            }
            ip => ServiceInfo::new(SERVICE, name, &host, ip, listens_on.port(), &properties[..])?,
        };
        let name = info.get_fullname().to_owned();
        daemon.register(info)?;
        Ok(Self { daemon, name })
    }
}

impl Drop for DnsSd {
    fn drop(&mut self) {
        // The goodbye goes out before the daemon ends; if it does not, the records expire.
        if let Ok(done) = self.daemon.unregister(&self.name) {
            let _ = done.recv_timeout(std::time::Duration::from_millis(200));
        }
        let _ = self.daemon.shutdown();
    }
}

/// What a server is called as a service; its whole name is in the text record. A name that is too long for a label of DNS is cut,
/// since the daemon would drop the announcement without a word. A dot may stand in such a label (RFC 6763, section 4.3), but
/// too few keep to that: zeroconf 0.154 (Python) asks for two labels, and mdns-sd 0.21.7 does not see that another server has
/// such a name.
fn instance_label(name: &str) -> String {
    let cut = name[..name.floor_char_boundary(INSTANCE_MAX_LEN - RENAMED_BY)].trim_end();
    cut.replace(['.', '\\'], "-")
}

/// What may stand in a host name of what the machine is called.
fn host_label(name: &str) -> String {
    let label: String = name
        .split('.')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(63)
        .collect();
    if label.is_empty() { "chinwag".to_owned() } else { label }
}

/// That another server has the key of this one, for whoever runs it.
pub(super) fn twin(addr: SocketAddr) -> String {
    format!(
        "another server at {} has the key of this one: clients meet either, and what is said is split between the two; \
         stop one of them, and remove its server.key",
        addr.ip()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_of_a_server_fits_into_a_label_of_dns_and_is_cut_between_letters() {
        for name in ["x".repeat(64), "ж".repeat(32), "安".repeat(21), "😀".repeat(16)] {
            let label = instance_label(&name);
            assert!(label.len() + RENAMED_BY <= INSTANCE_MAX_LEN && label.len() > 52, "{label}");
            assert!(name.starts_with(&label));
        }
        assert_eq!(instance_label(&format!("{} and more", "x".repeat(57))), "x".repeat(57));
    }

    #[test]
    fn a_name_with_a_dot_is_one_that_every_tool_can_ask_for() {
        assert_eq!(instance_label("lab 2.0"), "lab 2-0");
        assert_eq!(instance_label("Müller & Söhne"), "Müller & Söhne");
    }
}
