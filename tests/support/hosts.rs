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
            self.plug_in(n, "brd +")?;
            ip(&format!("-n {host} link set lo up"))?;
        }
        Ok(())
    }

    /// Puts an interface into a host, and its cable into the bridge. `broadcast` says whether it has such an address.
    fn plug_in(&self, n: usize, broadcast: &str) -> Result<(), String> {
        let (bridge, host) = (&self.bridge, &self.hosts[n - 1]);
        ip(&format!("-n {bridge} link add port{n} type veth peer name eth0 netns {host}"))?;
        self.set_up(n, n, broadcast)
    }

    /// A new interface gets its address, ending in `number`.
    fn set_up(&self, n: usize, number: usize, broadcast: &str) -> Result<(), String> {
        let (bridge, host) = (&self.bridge, &self.hosts[n - 1]);
        ip(&format!("-n {bridge} link set port{n} master br0 up"))?;
        ip(&format!("-n {host} addr add 10.70.0.{number}/24 {broadcast} dev eth0"))?;
        ip(&format!("-n {host} link set eth0 up"))
    }

    /// The command that runs on a host, counted from 1.
    pub(crate) fn on(&self, host: usize) -> Command {
        self.run_on(host, Path::new(env!("CARGO_BIN_EXE_chinwag")))
    }

    /// Another program that runs there.
    pub(crate) fn run_on(&self, host: usize, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.hosts[host - 1]]).arg(program);
        command
    }

    /// Changes something of a host's addresses, as `ip` says it.
    pub(crate) fn ip(&self, host: usize, what: &str) {
        ip(&format!("-n {} {what}", self.hosts[host - 1])).expect("a host of ours can be changed");
    }

    /// Changes something of the bridge.
    fn at_bridge(&self, what: &str) {
        ip(&format!("-n {} {what}", self.bridge)).expect("a bridge of ours can be changed");
    }

    /// A host's cable is out (its interface knows), or in again.
    pub(crate) fn cable(&self, host: usize, is_in: bool) {
        self.at_bridge(&format!("link set port{host} {}", if is_in { "up" } else { "down" }));
    }

    /// A host's cable leads nowhere (its interface does not know), or to the bridge again.
    pub(crate) fn bridged(&self, host: usize, is_bridged: bool) {
        self.at_bridge(&format!("link set port{host} {}", if is_bridged { "master br0" } else { "nomaster" }));
    }

    /// Another interface in the place of a host's, with the same IPv4 address, and none to broadcast to.
    pub(crate) fn another_interface(&self, host: usize) {
        self.at_bridge(&format!("link del port{host}"));
        self.plug_in(host, "").expect("an interface can be put in again");
    }

    /// Another interface in the place of a host's, under the same number, with another IPv4 address (10.70.0.`number`), and none
    /// to broadcast to.
    pub(crate) fn same_number(&self, host: usize, number: usize) {
        let name = &self.hosts[host - 1];
        let mut shown = Command::new("ip");
        shown.args(["netns", "exec", name, "cat", "/sys/class/net/eth0/ifindex"]);
        let shown = shown.output().expect("it is there").stdout;
        let index = String::from_utf8_lossy(&shown).trim().to_owned();
        self.at_bridge(&format!("link del port{host}"));
        self.at_bridge(&format!("link add port{host} type veth peer name eth0 index {index} netns {name}"));
        self.set_up(host, number, "").expect("an interface can be put in again");
    }

    /// A cable between two hosts, apart from the bridge: 10.71.0.`one` and 10.71.0.`other`.
    pub(crate) fn join(&self, one: usize, other: usize) {
        self.ip(one, &format!("link add eth1 type veth peer name eth1 netns {}", self.hosts[other - 1]));
        for host in [one, other] {
            self.ip(host, &format!("addr add 10.71.0.{host}/24 brd + dev eth1"));
            self.ip(host, "link set eth1 up");
        }
    }

    /// Changes a setting of a host's kernel.
    pub(crate) fn sysctl(&self, host: usize, setting: &str) {
        let set = format!("netns exec {} sysctl -qw {setting}", self.hosts[host - 1]);
        ip(&set).expect("a host of ours can be changed");
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

    /// Types a line into a shell of a host.
    pub(crate) fn shell(&self, host: usize, line: &str) -> Result<(), String> {
        let mut shell = Command::new("ip");
        shell.args(["netns", "exec", &self.hosts[host - 1], "sh", "-c", line]);
        done(shell, line)
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
