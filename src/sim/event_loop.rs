//! A run: the one loop that moves virtual time.
//!
//! The loop takes the next event, lets one process run, and carries out what it did; [`super::check`] looks on. Nothing
//! here reads a clock or draws from anywhere but the seed: the same plan gives the same trace.

use chinwag_simnet::process::{Effect, Livelock};

use super::check::{Finding, Promise};
use super::coverage::{Coverage, Situation};
use super::machines::Machines;
use super::network::{HostId, SERVER};
use super::plan::{Plan, Step};
use super::trace::Trace;
use super::world::{Event, Stage, World};
use super::{notices, steps};

/// How a run went.
#[derive(Debug)]
pub struct Outcome {
    /// Promises that were broken.
    pub findings: Vec<Finding>,
    /// Situations that came up.
    pub coverage: Coverage,
    /// Hash of the trace.
    pub hash: u64,
    /// Datagrams sent.
    pub datagrams: u64,
    /// Virtual time that passed, in µs.
    pub virtual_us: u64,
}

/// Runs a plan.
#[must_use]
pub fn run(plan: Plan, machines: &dyn Machines, trace: Trace<'_>) -> Outcome {
    World::new(plan, machines, trace).run()
}

/// No run needs as many.
const EVENTS_MAX: u64 = 30_000_000;

impl World<'_> {
    fn run(mut self) -> Outcome {
        let mut events = 0;
        while self.stage < Stage::Over {
            let Some(event) = self.queue.pop() else { break };
            self.findings.set_now(self.now());
            self.happens(event);
            events += 1;
            if events > EVENTS_MAX {
                self.findings.add(Promise::Liveness, format!("{EVENTS_MAX} events and no end"));
                break;
            }
        }
        for _ in 0..self.truth.repeated {
            self.coverage.hit(Situation::DuplicatePost);
        }
        if self.network.was_too_narrow() {
            self.coverage.hit(Situation::TooLong);
        }
        Outcome {
            virtual_us: self.now().as_micros(),
            findings: self.findings.into_list(),
            coverage: self.coverage,
            hash: self.trace.hash(),
            datagrams: self.datagrams,
        }
    }

    fn happens(&mut self, event: Event) {
        let now = self.now();
        match event {
            Event::Step(index) => {
                let step = self.plan.steps[index].1.clone();
                self.take(step);
            }
            Event::Run(SERVER) if self.server.run_at == Some(now) => {
                self.server.run_at = None;
                self.run_server();
            }
            Event::Run(host) if host != SERVER && self.client(host).run_at == Some(now) => {
                let client = self.client(host);
                client.run_at = None;
                if client.asleep_until > now {
                    self.wake_client(host);
                } else {
                    self.run_client(host);
                }
            }
            Event::Run(_) => {}
            Event::Link(host) => self.arrivals(host),
            Event::Disk(boot, job) => self.disk_done(boot, job),
            Event::Recorded(host, life, record) => self.recorded(host, life, record),
        }
    }

    fn take(&mut self, step: Step) {
        if !matches!(step, Step::Say(..) | Step::Tell(..) | Step::Weather(..)) {
            let now = self.now();
            self.trace.event(now, format_args!("--- {step:?}"));
        }
        steps::take(self, step);
    }

    fn run_server(&mut self) {
        let now = self.now();
        let Some(process) = &mut self.server.process else { return };
        let mut effects = Vec::new();
        let result = process.run(now, &mut effects);
        let has_read_all = process.has_read_all();
        for effect in effects {
            match effect {
                Effect::Send { to, from, bytes } => self.server_sends(to, from, bytes),
                Effect::Job(job) => self.server_job(job),
                Effect::Notice(notice) => notices::server(self, notice),
            }
        }
        if has_read_all {
            self.wire.rested();
        }
        self.check_rest(SERVER, result);
        self.wake_server();
    }

    fn run_client(&mut self, host: HostId) {
        let now = self.now();
        let Some(process) = &mut self.client(host).process else { return };
        let mut effects = Vec::new();
        let result = process.run(now, &mut effects);
        for effect in effects {
            match effect {
                Effect::Send { to, bytes, .. } => self.client_sends(host, to, bytes),
                Effect::Job(save) => self.client_records(host, save),
                Effect::Notice(notice) => notices::client(self, host, notice),
            }
        }
        self.check_rest(host, result);
        self.wake_client(host);
    }

    fn check_rest(&mut self, host: HostId, result: Result<(), Livelock>) {
        if result == Err(Livelock) {
            self.findings.add(Promise::Liveness, format!("host {} does not come to rest", host.0));
            self.stage = Stage::Over;
        }
    }
}
