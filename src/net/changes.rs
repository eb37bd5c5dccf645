//! News of interfaces: the system says when one comes, goes or has other addresses. Linux says so over netlink (rtnetlink(7));
//! on other systems nothing here is told, and interfaces have to be listed now and then.

use std::collections::BTreeSet;
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::{AsRawFd as _, OwnedFd};

use mio::event::Source;
use mio::{Interest, Registry, Token};

/// Gone interfaces that are named between two looks at most; of more than these, any may be gone.
const GONE_MAX: usize = 64;

/// Interfaces that are not what they were when somebody last looked, whatever a list of them says: one that was made anew may have
/// the number and the addresses of the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The interfaces with these numbers.
    These(BTreeSet<u32>),
    /// Any of them: some news was lost, or there was too much of it.
    Any,
}

impl Gone {
    /// Whether the interface with that number is not the one that it was.
    #[must_use]
    pub fn has(&self, index: u32) -> bool {
        match self {
            Self::These(indices) => indices.contains(&index),
            Self::Any => true,
        }
    }

    /// Adds further interfaces.
    pub fn add(&mut self, more: Self) {
        match (&mut *self, more) {
            (Self::These(indices), Self::These(more)) => {
                indices.extend(more);
                if indices.len() > GONE_MAX {
                    *self = Self::Any;
                }
            }
            (Self::These(_), Self::Any) => *self = Self::Any,
            (Self::Any, _) => {}
        }
    }
}

impl Default for Gone {
    fn default() -> Self {
        Self::These(BTreeSet::new())
    }
}

/// Where news of interfaces arrives.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Changes(OwnedFd);

#[cfg(target_os = "linux")]
impl Changes {
    /// News from now on.
    ///
    /// # Errors
    /// What the system said: a sandbox may forbid `AF_NETLINK`.
    pub fn subscribe() -> io::Result<Self> {
        use rustix::net::netlink::SocketAddrNetlink;
        use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with};

        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        bind(&fd, &SocketAddrNetlink::new(0, rtnetlink::GROUPS))?;
        Ok(Self(fd))
    }

    /// Takes a part of the news that have come, so that no flood of them holds up the caller. `None`: there are no more.
    ///
    /// # Errors
    /// Nothing more will be heard.
    pub fn take(&mut self) -> io::Result<Option<Gone>> {
        use rustix::io::Errno;
        use rustix::net::{RecvFlags, recv};

        /// More than the kernel puts into one datagram of news (`NLMSG_GOODSIZE`, at most 8 KiB).
        const BUFFER_LEN: usize = 16 * 1024;
        const DATAGRAMS_MAX: usize = 64;
        let mut buf = [0; BUFFER_LEN];
        let mut news = None;
        for _ in 0..DATAGRAMS_MAX {
            match recv(&self.0, &mut buf, RecvFlags::empty()) {
                Ok((len, _)) => {
                    let gone = Gone::These(rtnetlink::deleted_links(&buf[..len]).collect());
                    news.get_or_insert_with(Gone::default).add(gone);
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                // The socket's buffer was full, and the kernel says so once.
                Err(Errno::NOBUFS) => news = Some(Gone::Any),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(news)
    }
}

#[cfg(target_os = "linux")]
impl Source for Changes {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        mio::unix::SourceFd(&self.0.as_raw_fd()).register(registry, token, interests)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        mio::unix::SourceFd(&self.0.as_raw_fd()).reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        mio::unix::SourceFd(&self.0.as_raw_fd()).deregister(registry)
    }
}

/// Where news of interfaces would arrive: there are none on this system.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub enum Changes {}

#[cfg(not(target_os = "linux"))]
impl Changes {
    /// No news.
    ///
    /// # Errors
    /// Always: interfaces have to be listed now and then.
    pub fn subscribe() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn take(&mut self) -> io::Result<Option<Gone>> {
        match *self {}
    }
}

#[cfg(not(target_os = "linux"))]
impl Source for Changes {
    fn register(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        match *self {}
    }

    fn reregister(&mut self, _: &Registry, _: Token, _: Interest) -> io::Result<()> {
        match *self {}
    }

    fn deregister(&mut self, _: &Registry) -> io::Result<()> {
        match *self {}
    }
}

/// As much of the format as says which interface is gone (rtnetlink(7), linux/rtnetlink.h).
#[cfg(target_os = "linux")]
mod rtnetlink {
    /// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV6_IFADDR`.
    pub(super) const GROUPS: u32 = 0x1 | 0x10 | 0x100;
    /// `RTM_DELLINK`.
    const DELETED_LINK: u16 = 17;
    /// `AF_UNSPEC`: a bridge says by a message of its own family that an interface has left it.
    const ANY_FAMILY: u8 = 0;
    /// `struct nlmsghdr`: length u32, type u16, flags u16, sequence u32, port u32.
    const HEADER_LEN: usize = 16;

    /// The numbers of the interfaces that a datagram says are gone. What is cut short is passed over.
    pub(super) fn deleted_links(datagram: &[u8]) -> impl Iterator<Item = u32> {
        let mut rest = datagram;
        std::iter::from_fn(move || {
            let (header, _) = rest.split_first_chunk::<HEADER_LEN>()?;
            let len = usize::try_from(u32::from_ne_bytes([header[0], header[1], header[2], header[3]])).ok()?;
            let kind = u16::from_ne_bytes([header[4], header[5]]);
            let body = rest.get(HEADER_LEN..len)?;
            rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
            Some((kind, body))
        })
        .filter_map(|(kind, body)| {
            // `struct ifinfomsg`: family u8, padding, type u16, index i32.
            let [family, _, _, _, index @ ..] = body.first_chunk::<8>()?;
            (kind == DELETED_LINK && *family == ANY_FAMILY).then(|| u32::from_ne_bytes(*index))
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// A message: its kind, the family and number of the interface, and attributes of so many octets.
    fn message(kind: u16, family: u8, index: u32, attributes: usize) -> Vec<u8> {
        let len = 16 + 16 + attributes;
        let mut bytes = u32::try_from(len).expect("short").to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend([family, 0, 1, 0]);
        bytes.extend(index.to_ne_bytes());
        bytes.resize(len.next_multiple_of(4), 7);
        bytes
    }

    fn deleted(datagram: &[u8]) -> Vec<u32> {
        rtnetlink::deleted_links(datagram).collect()
    }

    #[test]
    fn an_interface_is_gone_when_its_link_is_deleted_and_not_when_it_leaves_a_bridge() {
        let (new_link, deleted_link, deleted_addr, bridge) = (16, 17, 21, 7);
        let datagram = [
            message(new_link, 0, 3, 0),
            message(deleted_link, 0, 4, 5),
            message(deleted_addr, 0, 5, 0),
            message(deleted_link, bridge, 6, 9),
            message(deleted_link, 0, 0x0102_0304, 0),
        ];
        assert_eq!(deleted(&datagram.concat()), [4, 0x0102_0304]);
    }

    #[test]
    fn what_is_cut_short_or_says_a_wrong_length_ends_the_reading() {
        let whole = [message(17, 0, 4, 0), message(17, 0, 5, 0)].concat();
        for len in 0..whole.len() {
            let expected: &[u32] = if len < 32 { &[] } else { &[4] };
            assert_eq!(deleted(&whole[..len]), expected, "{len}");
        }
        for len in [0u32, 1, 15, 16, 20, 65, u32::MAX] {
            let mut wrong = whole.clone();
            wrong[..4].copy_from_slice(&len.to_ne_bytes());
            assert!(!deleted(&wrong).contains(&4), "{len}");
        }
    }

    #[test]
    fn of_more_interfaces_than_are_remembered_any_may_be_gone() {
        let one = |index| Gone::These([index].into());
        let mut gone = Gone::default();
        (1..=64).for_each(|index| gone.add(one(index)));
        gone.add(one(7));
        assert!(gone.has(64) && !gone.has(65));
        gone.add(one(65));
        assert_eq!(gone, Gone::Any);
        gone.add(one(1));
        assert!(gone.has(1_000));
    }

    #[test]
    fn without_news_nothing_is_taken() {
        let Ok(mut changes) = Changes::subscribe() else { return };
        // Another test, or the machine itself, may change something meanwhile: what matters is that it ends.
        while changes.take().expect("it is heard").is_some() {}
    }
}
