//! The loop with small machines that echo, on loopback.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chinwag_proto::link::Role;
use chinwag_proto::time::{Instant, Now};

use super::relay::Relay;
use super::{Clock, Handle, Inline, Loop, Options, SeatId, Stopped, Threaded, Worker, spawn};
use chinwag_net::{Socket, bind};
use chinwag_node::{Input, Machine, Node, Output, Transmit};

const PATIENCE: Duration = Duration::from_secs(20);

/// Sends back what it gets, if it is to; sends what it is told; sets a timer; has a job done.
#[derive(Default)]
struct Toy {
    echo: bool,
    out: VecDeque<(SocketAddr, Vec<u8>)>,
    notices: VecDeque<Heard>,
    jobs: VecDeque<u64>,
    deadline: Option<Instant>,
}

#[derive(Debug, PartialEq, Eq)]
enum Ask {
    Send(SocketAddr, Vec<u8>),
    TimerAfter(Duration),
    Double(u64),
    Count(u64),
    Stop,
}

#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Datagram(Vec<u8>),
    TimerLateBy(Duration),
    Doubled(u64),
    Number(u64),
    Stopped,
}

impl Node for Toy {
    type Command = Ask;
    type Notice = Heard;
    type Job = u64;
    type Done = u64;

    fn handle(&mut self, now: Now, input: Input<'_, Ask, u64>) {
        match input {
            Input::Datagram { from, bytes, .. } if self.echo => self.out.push_back((from, bytes.to_vec())),
            Input::Datagram { bytes, .. } => self.notices.push_back(Heard::Datagram(bytes.to_vec())),
            Input::Timeout => {
                if let Some(deadline) = self.deadline.take() {
                    assert!(now.mono >= deadline, "never too early");
                    self.notices.push_back(Heard::TimerLateBy(now.mono - deadline));
                }
            }
            Input::Done(number) => self.notices.push_back(Heard::Doubled(number)),
            Input::Command(Ask::Send(to, bytes)) => self.out.push_back((to, bytes)),
            Input::Command(Ask::TimerAfter(after)) => self.deadline = Some(now.mono + after),
            Input::Command(Ask::Double(number)) => self.jobs.push_back(number),
            Input::Command(Ask::Count(upto)) => self.notices.extend((0..upto).map(Heard::Number)),
            Input::Command(Ask::Stop) => self.notices.push_back(Heard::Stopped),
        }
    }

    fn poll(&mut self, _: Now, buf: &mut [u8]) -> Output<Heard, u64> {
        if let Some((to, bytes)) = self.out.pop_front() {
            buf[..bytes.len()].copy_from_slice(&bytes);
            return Output::Transmit(Transmit { to, from: None, len: bytes.len() });
        }
        if let Some(job) = self.jobs.pop_front() {
            return Output::Job(job);
        }
        match self.notices.pop_front() {
            Some(notice) => Output::Notice(notice),
            None => Output::Wait(self.deadline),
        }
    }
}

impl Machine for Toy {
    const ROLE: Role = Role::Client;

    fn stop() -> Ask {
        Ask::Stop
    }

    fn is_last(notice: &Heard) -> bool {
        *notice == Heard::Stopped
    }
}

fn socket() -> Socket {
    bind(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0)).unwrap()
}

fn inline() -> Box<dyn Worker<u64, u64>> {
    Box::new(Inline(|number| number * 2))
}

fn toy(echo: bool, weather: Option<&str>) -> Handle<Toy> {
    let mut options = Options::new(Clock::start());
    options.weather = weather.map(|spec| spec.parse().unwrap());
    options.notices_max = 4;
    spawn(Toy { echo, ..Toy::default() }, socket(), inline(), options).unwrap()
}

fn next(handle: &Handle<Toy>) -> Heard {
    handle.recv_timeout(PATIENCE).unwrap().expect("within the patience of a test")
}

#[test]
fn what_is_said_comes_back() {
    let (echo, me) = (toy(true, None), toy(false, None));
    for word in [b"one".to_vec(), b"two".to_vec()] {
        me.send(Ask::Send(echo.local_addr(), word.clone())).unwrap();
        assert_eq!(next(&me), Heard::Datagram(word));
    }
}

#[test]
fn a_timer_fires_once_and_never_early() {
    let me = toy(false, None);
    for us in [1, 300, 1_500, 20_000] {
        me.send(Ask::TimerAfter(Duration::from_micros(us))).unwrap();
        assert!(matches!(next(&me), Heard::TimerLateBy(_)));
    }
    me.send(Ask::Stop).unwrap();
    assert_eq!(next(&me), Heard::Stopped);
}

#[test]
fn a_job_is_done_inline_or_on_a_thread() {
    let threaded = Box::new(Threaded::new(|number| number * 2));
    for worker in [inline(), threaded] {
        let me = spawn(Toy::default(), socket(), worker, Options::new(Clock::start())).unwrap();
        for number in 0..300 {
            me.send(Ask::Double(number)).unwrap();
        }
        for number in 0..300 {
            assert_eq!(next(&me), Heard::Doubled(number * 2));
        }
    }
}

#[test]
fn a_tool_is_looked_after_while_there_is_no_job_and_jobs_go_first() {
    // A tool that has three things done to it after each job.
    let work = |left: &mut u64, number: u64| {
        *left = 3;
        number * 2
    };
    let (tended, seen) = std::sync::mpsc::channel();
    let rest = move |left: &mut u64| {
        let had = *left;
        *left = left.saturating_sub(1);
        tended.send(had).is_ok() && *left > 0
    };
    let worker = Box::new(Threaded::tended(0, work, rest));
    let me = spawn(Toy::default(), socket(), worker, Options::new(Clock::start())).unwrap();
    assert_eq!(seen.recv_timeout(PATIENCE), Ok(0), "there may be something from before");
    me.send(Ask::Double(7)).unwrap();
    assert_eq!(next(&me), Heard::Doubled(14));
    for left in [3, 2, 1] {
        assert_eq!(seen.recv_timeout(PATIENCE), Ok(left));
    }
    me.send(Ask::Double(8)).unwrap();
    assert_eq!(next(&me), Heard::Doubled(16));
}

#[test]
fn a_slow_interface_holds_up_the_socket_and_loses_nothing() {
    let (echo, me) = (toy(true, None), toy(false, None));
    for number in 0..200_u8 {
        me.send(Ask::Send(echo.local_addr(), vec![number])).unwrap();
    }
    // Far more notices than the channel takes; and the loop still hears commands.
    me.send(Ask::Count(1_000)).unwrap();
    let (mut datagrams, mut numbers) = (Vec::new(), Vec::new());
    while datagrams.len() < 200 || numbers.len() < 1_000 {
        match next(&me) {
            Heard::Datagram(bytes) => datagrams.push(bytes[0]),
            Heard::Number(number) => numbers.push(number),
            other @ (Heard::TimerLateBy(_) | Heard::Doubled(_) | Heard::Stopped) => panic!("{other:?}"),
        }
    }
    assert!(datagrams.is_sorted() && numbers.is_sorted());
}

#[test]
fn a_dropped_handle_stops_the_machine_even_if_nobody_listens() {
    let me = toy(false, None);
    let commands = me.commands();
    me.send(Ask::Count(100)).unwrap();
    drop(me);
    assert_eq!(commands.send(Ask::Stop), Err(Stopped));
}

#[test]
fn the_last_notice_ends_the_loop() {
    let me = toy(false, None);
    me.send(Ask::Stop).unwrap();
    assert_eq!(next(&me), Heard::Stopped);
    assert_eq!(me.recv(), Err(Stopped));
    me.stop().unwrap();
}

#[test]
fn weather_applies_once_to_what_is_sent_and_once_to_what_is_received() {
    let (echo, me) = (toy(true, None), toy(false, Some("delay=20ms,seed=3")));
    assert_eq!(me.weather_seed(), Some(3));
    let clock = Clock::start();
    me.send(Ask::Send(echo.local_addr(), b"slow".to_vec())).unwrap();
    assert_eq!(next(&me), Heard::Datagram(b"slow".to_vec()));
    assert!(clock.mono() >= Instant::from_micros(40_000), "{}", clock.mono());
}

#[test]
fn a_thousand_machines_share_a_loop() {
    let echo = toy(true, None);
    let mut many = Loop::new(Clock::start()).unwrap();
    let seats: Vec<SeatId> = (0..1_000).map(|_| many.seat(Toy::default(), socket(), inline(), None).unwrap()).collect();
    for (number, seat) in seats.iter().enumerate() {
        many.command(*seat, Ask::Send(echo.local_addr(), number.to_le_bytes().to_vec()));
    }
    let mut heard = vec![0; seats.len()];
    let end = many.clock().mono() + PATIENCE;
    while heard.contains(&0) {
        assert!(many.clock().mono() < end);
        many.turn(Some(end), &mut |_, seat: SeatId, notice| {
            assert_eq!(notice, Heard::Datagram(seat.index().to_le_bytes().to_vec()));
            heard[seat.index()] += 1;
        })
        .unwrap();
    }
    assert!(heard.iter().all(|count| *count == 1));
}

#[test]
fn a_relay_passes_on_in_both_directions_and_spoils_as_told() {
    let echo = toy(true, None);
    let relay = Relay::new(socket(), echo.local_addr(), "up:dup=100%,down:delay=5ms,seed=9".parse().unwrap()).unwrap();
    let (through, stopper) = (relay.local_addr(), relay.stopper());
    assert_eq!(relay.seed(), 9);
    let thread = std::thread::spawn(move || relay.run());
    let (a, b) = (toy(false, None), toy(false, None));
    a.send(Ask::Send(through, b"from a".to_vec())).unwrap();
    b.send(Ask::Send(through, b"from b".to_vec())).unwrap();
    for _ in 0..2 {
        assert_eq!(next(&a), Heard::Datagram(b"from a".to_vec()));
        assert_eq!(next(&b), Heard::Datagram(b"from b".to_vec()));
    }
    stopper.stop();
    thread.join().unwrap().unwrap();
}
