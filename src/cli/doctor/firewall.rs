//! What opens the firewall of a machine, as that machine has one: the commands that work there.

use std::path::Path;
use std::process::{Command, Stdio};

/// What is to get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Those who call a server here, at this port.
    Calls(u16),
    /// Those, what is said to everybody, and the answers to one's own questions: these come from the port of discovery, and no
    /// firewall knows to what they are answers.
    Discovery,
    /// One's own questions, on their way out.
    Questions,
    /// One's own calls of a server at this port, on their way out.
    Calling(u16),
}

/// Ports at which answers are waited for.
const ANYWHERE: &str = "32768-65535";

/// What decides about datagrams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Firewall {
    /// ufw.
    Ufw,
    /// firewalld.
    Firewalld,
    /// Chains of nftables, as far as this user may see them.
    Nftables(Vec<Chain>),
}

/// A base chain of nftables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    /// Family, table and chain: `inet filter input`.
    name: String,
    is_input: bool,
    /// What nothing lets through is dropped.
    is_shut: bool,
}

impl Firewall {
    /// The one of this machine.
    pub(super) fn of_machine() -> Self {
        let is_on = |config: &str, line: &str| {
            std::fs::read_to_string(config).is_ok_and(|text| text.lines().any(|said| said.trim() == line))
        };
        if is_on("/etc/ufw/ufw.conf", "ENABLED=yes") {
            return Self::Ufw;
        }
        if Path::new("/run/firewalld").exists() {
            return Self::Firewalld;
        }
        // Only root may see them.
        let listed = Command::new("nft").args(["list", "ruleset"]).stdin(Stdio::null()).stderr(Stdio::null()).output();
        Self::Nftables(listed.map_or_else(|_| Vec::new(), |out| chains(&String::from_utf8_lossy(&out.stdout))))
    }

    /// What is to be typed so that it does. Rules of another table let nothing through that one drops, so it is the chains that
    /// are shut which get one.
    pub(super) fn opens(&self, need: Need) -> String {
        match self {
            Self::Ufw => match need {
                Need::Calls(port) => format!("ufw allow {port}/udp"),
                Need::Discovery => {
                    let ports = ANYWHERE.replace('-', ":");
                    format!("ufw allow 24469,24470/udp && ufw allow proto udp from any port 24470 to any port {ports}")
                }
                Need::Questions => "ufw allow out 24470/udp".to_owned(),
                Need::Calling(port) => format!("ufw allow out {port}/udp"),
            },
            Self::Firewalld => match need {
                Need::Calls(port) => {
                    format!("firewall-cmd --add-port={port}/udp && firewall-cmd --runtime-to-permanent")
                }
                Need::Discovery => {
                    "firewall-cmd --add-port=24469-24470/udp --add-source-port=24470/udp && firewall-cmd --runtime-to-permanent"
                        .to_owned()
                }
                Need::Questions | Need::Calling(_) => "firewall-cmd --list-all-policies    # which one drops what leaves?".to_owned(),
            },
            Self::Nftables(chains) => nft(chains, need),
        }
    }
}

/// The same by nftables.
fn nft(chains: &[Chain], need: Need) -> String {
    let is_input = matches!(need, Need::Calls(_) | Need::Discovery);
    let known = || chains.iter().filter(|chain| chain.is_input == is_input);
    let shut: Vec<_> = known().filter(|chain| chain.is_shut).collect();
    let mut names: Vec<&str> =
        if shut.is_empty() { known().collect() } else { shut }.into_iter().map(|chain| chain.name.as_str()).collect();
    let mut steps = Vec::new();
    if names.is_empty() {
        let (name, hook) = if is_input { ("inet filter input", "input") } else { ("inet filter output", "output") };
        steps.push("nft add table inet filter".to_owned());
        steps.push(format!("nft add chain {name} '{{ type filter hook {hook} priority 0; }}'"));
        names.push(name);
    }
    for name in names {
        let mut accept = |what: &str| steps.push(format!("nft insert rule {name} {what} accept"));
        match need {
            Need::Calls(port) | Need::Calling(port) => accept(&format!("udp dport {port}")),
            Need::Discovery => {
                accept("udp dport '{ 24469, 24470 }'");
                accept(&format!("udp sport 24470 udp dport {ANYWHERE}"));
            }
            Need::Questions => accept("udp dport 24470"),
        }
    }
    steps.join("; ")
}

/// The base chains of a listing (`nft list ruleset`) by which datagrams of this machine pass.
fn chains(listing: &str) -> Vec<Chain> {
    let (mut table, mut chain, mut found) = (String::new(), String::new(), Vec::new());
    for line in listing.lines().map(str::trim) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["table", family, name, "{"] => table = format!("{family} {name}"),
            ["chain", name, "{"] => name.clone_into(&mut chain),
            ["type", "filter", "hook", hook @ ("input" | "output"), ..] => found.push(Chain {
                name: format!("{table} {chain}"),
                is_input: hook == "input",
                is_shut: line.contains("policy drop"),
            }),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "\
table ip nat {
	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
	}
}
table inet guard {
	set lan { type ipv4_addr; }
	chain incoming {
		type filter hook input priority filter; policy drop;
		ct state established accept
	}
	chain outgoing {
		type filter hook output priority filter; policy accept;
		udp dport 24470 drop
	}
}
table ip filter {
	chain INPUT {
		type filter hook input priority filter; policy accept;
	}
}";

    #[test]
    fn the_rule_goes_into_the_chain_that_is_shut() {
        let firewall = Firewall::Nftables(chains(LISTING));
        assert_eq!(firewall.opens(Need::Calls(24_469)), "nft insert rule inet guard incoming udp dport 24469 accept");
        assert_eq!(
            firewall.opens(Need::Discovery),
            "nft insert rule inet guard incoming udp dport '{ 24469, 24470 }' accept; \
             nft insert rule inet guard incoming udp sport 24470 udp dport 32768-65535 accept"
        );
        assert_eq!(firewall.opens(Need::Questions), "nft insert rule inet guard outgoing udp dport 24470 accept");
        assert_eq!(firewall.opens(Need::Calling(7_000)), "nft insert rule inet guard outgoing udp dport 7000 accept");
    }

    #[test]
    fn where_nothing_is_known_the_table_is_made_first() {
        let fix = Firewall::Nftables(Vec::new()).opens(Need::Calls(24_469));
        let steps: Vec<_> = fix.split("; nft ").collect();
        assert_eq!(steps[0], "nft add table inet filter");
        assert!(steps[1].starts_with("add chain inet filter input") && !fix.contains("policy"), "{fix}");
        assert_eq!(steps[2], "insert rule inet filter input udp dport 24469 accept");
    }

    #[test]
    fn other_firewalls_have_commands_of_their_own() {
        for need in [Need::Calls(24_469), Need::Discovery, Need::Questions] {
            assert!(Firewall::Ufw.opens(need).starts_with("ufw allow "));
            assert!(Firewall::Firewalld.opens(need).starts_with("firewall-cmd --"));
        }
    }
}
