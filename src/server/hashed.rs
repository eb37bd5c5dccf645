//! What comes of a password that was hashed, or checked.

use chinwag_proto::time::Now;
use chinwag_proto::wire::message::{Answer, Refusal};

use super::job::{Hash, Hashed, WorkId};
use super::out::Out;
use super::pending::{By, Hashing, Ticket};
use super::tables::Tables;
use super::{access, defer, hashing, login};
use chinwag_store::{NewAccount, Write};

/// A password was hashed, or checked.
pub(super) fn hashed(tables: &mut Tables, out: &mut Out, id: WorkId, hashed: Hashed, now: Now) {
    let Some(then) = out.hashes.done(id) else { return };
    match (then, hashed) {
        (Hashing::Register(asked, new), Hashed::Made(phc)) => {
            let done = login::register_now(&mut tables.sessions, out, asked, NewAccount { phc: Some(phc), ..*new });
            out.refuse_unless(asked, done);
        }
        (Hashing::Enrol(asked, Some(account), label), Hashed::Checked(true)) => {
            hashing::note_right(tables, asked, tables.accounts.lock_of(account), now);
            let done = login::enrol_now(&tables.accounts, &mut tables.sessions, out, asked, account, label, now);
            out.refuse_unless(asked, done);
        }
        (Hashing::Old(asked, account, new), Hashed::Checked(true)) => {
            hashing::note_right(tables, asked, tables.accounts.lock_of(account), now);
            let hash = hashing::fresh(tables, new);
            let done = hashing::queue(out, hash, Hashing::New(By::Session(asked), account));
            out.refuse_unless(asked, done);
        }
        (Hashing::Old(asked, account, password), Hashed::Checked(false)) => {
            let phc = tables.accounts.get(account).and_then(|account| account.phc.clone());
            let done = hashing::queue(out, Hash::Check { password, phc }, Hashing::Already(asked));
            out.refuse_unless(asked, done);
        }
        (Hashing::Already(asked), Hashed::Checked(true)) => out.answer(asked, Ok(Answer::Done)),
        (Hashing::New(by, account), Hashed::Made(phc)) => {
            let ticket = Ticket::PasswordSet(by, account, phc.clone());
            defer::defer_by(&mut tables.sessions, out, by, Write::Password { account, phc }, ticket);
        }
        (Hashing::Unregister(asked, account), Hashed::Checked(true)) => {
            hashing::note_right(tables, asked, tables.accounts.lock_of(account), now);
            let ticket = Ticket::Unregistered(By::Session(asked), account);
            let done = defer::defer(&mut tables.sessions, out, asked, Write::Unregister { account }, ticket);
            out.refuse_unless(asked, done);
        }
        (Hashing::Room(asked, then), hashed) => access::room_hashed(tables, out, asked, then, hashed, now),
        (then, hashed) => {
            let by = match then {
                Hashing::Register(asked, _)
                | Hashing::Enrol(asked, ..)
                | Hashing::Old(asked, ..)
                | Hashing::Already(asked)
                | Hashing::Unregister(asked, _)
                | Hashing::Room(asked, _) => By::Session(asked),
                Hashing::New(by, _) => by,
            };
            let reason = if hashed == Hashed::Failed { Refusal::Busy } else { Refusal::PasswordWrong };
            out.answer_by(by, Err(reason));
        }
    }
}
