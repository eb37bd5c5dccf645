//! The out-trays: what is to be done to links, told to the operator, stored, read, hashed and asked. Each is emptied by the
//! dispatcher; nobody else takes anything out.

use std::collections::VecDeque;

use chinwag_proto::endpoint::SessionId;
use chinwag_proto::limits::MESSAGE_MAX_LEN;
use chinwag_proto::wire::message::{Answer, Bulk, Down, Quota, Refusal, Wire as _};

use super::asks::Asks;
use super::commits::Commits;
use super::effect::Effect;
use super::job::Hash;
use super::limits::{HASHES_MAX, QUERIES_MAX};
use super::notice::Notice;
use super::pending::{Asked, By, Hashing, Inquiry};
use super::quota::Full;
use super::work::Work;
use chinwag_store::{Query, StoreError};

/// See the module.
#[derive(Debug)]
pub(super) struct Out {
    pub(super) effects: VecDeque<Effect>,
    pub(super) notices: VecDeque<Notice>,
    pub(super) commits: Commits,
    pub(super) queries: Work<Query, Inquiry>,
    pub(super) hashes: Work<Hash, Hashing>,
    /// Questions to the program that vouches for accounts.
    pub(super) asks: Asks,
}

impl Default for Out {
    fn default() -> Self {
        Self {
            effects: VecDeque::new(),
            notices: VecDeque::new(),
            commits: Commits::default(),
            queries: Work::new(QUERIES_MAX),
            hashes: Work::new(HASHES_MAX),
            asks: Asks::default(),
        }
    }
}

impl Out {
    pub(super) fn answer(&mut self, asked: Asked, answer: Result<Answer, Refusal>) {
        self.effects.push_back(Effect::tell(asked.session, &Down::Answer(asked.request, answer)));
    }

    /// Answers whoever asked.
    pub(super) fn answer_by(&mut self, by: By, answer: Result<Answer, Refusal>) {
        match by {
            By::Session(asked) => self.answer(asked, answer),
            By::Operator(tag) => self.notices.push_back(Notice::Answered(tag, answer.map(|_| ()))),
            By::Nobody => {}
        }
    }

    pub(super) fn refuse(&mut self, asked: Asked, reason: Refusal) {
        self.answer(asked, Err(reason));
    }

    pub(super) fn refuse_unless(&mut self, asked: Asked, granted: Result<(), Refusal>) {
        if let Err(reason) = granted {
            self.refuse(asked, reason);
        }
    }

    pub(super) fn answer_post(&mut self, session: SessionId, down: Down) {
        self.effects.push_back(Effect::Answer(session, down.encode()));
    }

    pub(super) fn send_bulk(&mut self, asked: Asked, bulk: &Bulk) {
        let body = bulk.encode();
        debug_assert!(body.len() <= MESSAGE_MAX_LEN, "pages are bounded");
        self.effects.push_back(Effect::Bulk(asked, body));
    }

    /// Tells sessions that a quota is nearly used up.
    pub(super) fn tell_near(&mut self, sessions: &[SessionId], quota: Quota, used: u64, of: Option<u64>) {
        let down = Down::QuotaNear { quota, used, of: of.unwrap_or_default() };
        self.effects.extend(sessions.iter().map(|&session| Effect::tell(session, &down)));
    }

    /// Tells the operator that a quota is nearly used up.
    pub(super) fn warn(&mut self, what: Full, used_bytes: u64, quota: Option<u64>) {
        let quota_bytes = quota.unwrap_or_default();
        self.notices.push_back(Notice::QuotaNear { what, used_bytes, quota_bytes });
    }

    /// Nothing more is acknowledged.
    pub(super) fn store_failed(&mut self, error: StoreError) {
        self.commits.halt();
        self.notices.push_back(Notice::StoreFailed(error));
    }
}
