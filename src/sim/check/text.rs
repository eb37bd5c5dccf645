//! The texts of simulated messages: each says who said it, so that a checker recognises it wherever it turns up.

use std::fmt;
use std::str::FromStr;

use super::super::network::HostId;

/// Which message a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// By this client,
    pub by: HostId,
    /// in this of its lives,
    pub life: u32,
    /// the so many-th thing that it said then.
    pub n: u32,
}

impl Said {
    /// The interface's own number for it.
    #[must_use]
    pub fn tag(&self) -> u64 {
        u64::from(self.life) << 32 | u64::from(self.n)
    }

    /// As it is said, made up to `len` octets.
    #[must_use]
    pub fn text(&self, len: usize) -> String {
        let mut text = format!("{self};");
        while text.len() < len {
            text.push(char::from(b'a' + u8::try_from(text.len() % 26).expect("below 26")));
        }
        text
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.by.0, self.life, self.n)
    }
}

/// The text is none that was said here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSaidHere;

impl FromStr for Said {
    type Err = NotSaidHere;

    fn from_str(text: &str) -> Result<Self, NotSaidHere> {
        let (head, _) = text.split_once(';').ok_or(NotSaidHere)?;
        let mut parts = head.split('.');
        let mut part = || parts.next().ok_or(NotSaidHere);
        let (by, life, n) = (part()?, part()?, part()?);
        Ok(Self {
            by: HostId(by.parse().map_err(|_| NotSaidHere)?),
            life: life.parse().map_err(|_| NotSaidHere)?,
            n: n.parse().map_err(|_| NotSaidHere)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_who_said_it() {
        let said = Said { by: HostId(3), life: 2, n: 17 };
        assert_eq!(said.text(3), "3.2.17;");
        assert_eq!(said.text(300).len(), 300);
        assert_eq!(said.text(300).parse(), Ok(said));
        assert_eq!("hello".parse::<Said>(), Err(NotSaidHere));
    }
}
