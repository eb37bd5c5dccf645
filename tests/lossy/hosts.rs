//! Two hosts of our own: network namespaces joined by a veth pair, whose kernels drop UDP at random.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::Host;

/// Two hosts, gone when dropped.
pub(crate) struct Pair {
    server: String,
    client: String,
}

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 69, 0, 1);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 69, 0, 2);

impl Pair {
    /// Two hosts that each drop this share of the UDP datagrams that arrive.
    ///
    /// # Errors
    /// What could not be done here, in the words of the tool that could not.
    pub(crate) fn with_udp_loss(per_cent: u32) -> Result<Self, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let id = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let pair = Self { server: format!("cw-s-{id}"), client: format!("cw-c-{id}") };
        let Self { server, client } = &pair;
        run(&format!("ip netns add {server}"), "")?;
        run(&format!("ip netns add {client}"), "")?;
        run(&format!("ip -n {server} link add veth0 type veth peer name veth0 netns {client}"), "")?;
        for (host, addr) in [(server, SERVER), (client, CLIENT)] {
            run(&format!("ip -n {host} addr add {addr}/24 dev veth0"), "")?;
            run(&format!("ip -n {host} link set veth0 up"), "")?;
            run(&format!("ip -n {host} link set lo up"), "")?;
            let rules = format!(
                "table inet chinwag {{\n chain input {{\n type filter hook input priority 0;\n \
                 meta l4proto udp numgen random mod 100 < {per_cent} drop\n }}\n}}\n"
            );
            run(&format!("ip netns exec {host} nft -f -"), &rules)?;
        }
        Ok(pair)
    }

    pub(crate) fn server(&self) -> Host {
        on(&self.server)
    }

    pub(crate) fn client(&self) -> Host {
        on(&self.client)
    }

    /// Where a server listens to be reached by the client's host.
    pub(crate) fn addr(&self) -> IpAddr {
        IpAddr::V4(SERVER)
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for host in [&self.server, &self.client] {
            let _ = run(&format!("ip netns del {host}"), "");
        }
    }
}

fn on(host: &str) -> Host {
    Host(["ip", "netns", "exec", host].map(str::to_owned).to_vec())
}

fn run(line: &str, input: &str) -> Result<(), String> {
    let mut words = line.split_whitespace();
    let mut child = Command::new(words.next().unwrap_or_default())
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("{line}: {e}"))?;
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()));
    let out = child.wait_with_output().map_err(|e| format!("{line}: {e}"))?;
    match (out.status.success(), written) {
        (true, Ok(())) => Ok(()),
        _ => Err(format!("{line}: {}", String::from_utf8_lossy(&out.stderr).trim())),
    }
}
