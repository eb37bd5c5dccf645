//! A subnet of our own: hosts in network namespaces, all on one bridge.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Hosts on a bridge, gone when dropped.
pub(crate) struct Subnet {
    bridge: String,
    hosts: Vec<String>,
}

impl Subnet {
    /// So many hosts, 10.70.0.1 and on; `None`, and a word, where there can't be any.
    #[expect(clippy::print_stdout, reason = "a test that can't be run says so")]
    pub(crate) fn new(hosts: usize) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let id = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let names = (1..=hosts).map(|n| format!("cw-{n}-{id}")).collect();
        let subnet = Self { bridge: format!("cw-br-{id}"), hosts: names };
        match subnet.build() {
            Ok(()) => Some(subnet),
            Err(why) => {
                println!("skipped: no network namespaces here ({why})");
                None
            }
        }
    }

    fn build(&self) -> Result<(), String> {
        let Self { bridge, hosts } = self;
        ip(&format!("netns add {bridge}"))?;
        ip(&format!("-n {bridge} link add br0 type bridge mcast_snooping 0"))?;
        ip(&format!("-n {bridge} link set br0 up"))?;
        for (n, host) in (1..).zip(hosts) {
            ip(&format!("netns add {host}"))?;
            // An IPv6 address is good at once, as on a machine that has been on its network for a while.
            run("ip", &format!("netns exec {host} sysctl -qw net.ipv6.conf.default.accept_dad=0"))?;
            run("ip", &format!("netns exec {host} sysctl -qw net.ipv6.conf.all.accept_dad=0"))?;
            ip(&format!("-n {bridge} link add port{n} type veth peer name eth0 netns {host}"))?;
            ip(&format!("-n {bridge} link set port{n} master br0 up"))?;
            ip(&format!("-n {host} addr add 10.70.0.{n}/24 brd + dev eth0"))?;
            ip(&format!("-n {host} link set eth0 up"))?;
            ip(&format!("-n {host} link set lo up"))?;
        }
        Ok(())
    }

    /// The command that runs on a host, counted from 1.
    pub(crate) fn on(&self, host: usize) -> Command {
        self.running(host, Path::new(env!("CARGO_BIN_EXE_chinwag")))
    }

    /// Any program that runs there.
    pub(crate) fn running(&self, host: usize, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.hosts[host - 1]]).arg(program);
        command
    }

    /// Changes something of a host's addresses, as `ip` says it.
    pub(crate) fn ip(&self, host: usize, what: &str) {
        ip(&format!("-n {} {what}", self.hosts[host - 1])).expect("a host of ours can be changed");
    }

    /// No IPv4 anywhere.
    pub(crate) fn ipv6_only(&self) {
        (1..=self.hosts.len()).for_each(|n| self.ip(n, "-4 addr flush dev eth0"));
    }

    /// What is sent to groups is lost, as on networks that filter it. `Err`: it can't be done here.
    pub(crate) fn filter_multicast(&self) -> Result<(), String> {
        for host in &self.hosts {
            let rules = "add table inet f; add chain inet f o { type filter hook output priority 0; }; \
                         add rule inet f o ip daddr 224.0.0.0/4 drop; add rule inet f o ip6 daddr ff00::/8 udp dport 24470 drop";
            let mut nft = Command::new("ip");
            nft.args(["netns", "exec", host, "nft", rules]);
            done(nft, "nft")?;
        }
        Ok(())
    }
}

impl Subnet {
    /// Loads a file of rules into a host's firewall. `Err`: it can't be done here.
    pub(crate) fn firewall(&self, host: usize, rules: &str) -> Result<(), String> {
        let mut nft = Command::new("ip");
        nft.args(["netns", "exec", &self.hosts[host - 1], "nft", "-f", rules]);
        done(nft, "nft")
    }
}

impl Drop for Subnet {
    fn drop(&mut self) {
        for host in self.hosts.iter().chain([&self.bridge]) {
            let _ = ip(&format!("netns del {host}"));
        }
    }
}

fn ip(line: &str) -> Result<(), String> {
    run("ip", line)
}

fn run(program: &str, line: &str) -> Result<(), String> {
    let mut command = Command::new(program);
    command.args(line.split_whitespace());
    done(command, line)
}

fn done(mut command: Command, what: &str) -> Result<(), String> {
    let out = command.stdin(Stdio::null()).output().map_err(|error| format!("{what}: {error}"))?;
    if out.status.success() { Ok(()) } else { Err(format!("{what}: {}", String::from_utf8_lossy(&out.stderr).trim())) }
}
