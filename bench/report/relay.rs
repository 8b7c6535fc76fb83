//! Between the function and DynamoDB: counts the calls, on threads of its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::Outcome;

pub struct Relay {
    pub endpoint: String,
    calls: Arc<AtomicUsize>,
}

impl Relay {
    pub fn start(upstream: &str) -> Outcome<Self> {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let relay = Self { endpoint: format!("http://{}", listener.local_addr()?), calls: Arc::default() };
        let calls = Arc::clone(&relay.calls);
        thread::spawn(move || {
            for caller in listener.incoming() {
                // A connection that fails shows as a request that fails.
                caller.and_then(|caller| connect(caller, &upstream, &calls)).ok();
            }
        });
        Ok(relay)
    }

    /// How many calls `work` made.
    pub fn count<T>(&self, work: impl FnOnce() -> T) -> (usize, T) {
        let before = self.calls.load(Ordering::SeqCst);
        let result = work();
        (self.calls.load(Ordering::SeqCst) - before, result)
    }
}

fn connect(caller: TcpStream, upstream: &str, calls: &Arc<AtomicUsize>) -> std::io::Result<()> {
    let engine = TcpStream::connect(upstream)?;
    caller.set_nodelay(true)?;
    engine.set_nodelay(true)?;
    let (caller_in, engine_in, calls) = (caller.try_clone()?, engine.try_clone()?, Arc::clone(calls));
    // The SDK waits for each answer before it uses the connection again, so a call begins where a read does.
    let count = move |bytes: &[u8]| {
        if bytes.starts_with(b"POST ") {
            calls.fetch_add(1, Ordering::SeqCst);
        }
    };
    thread::spawn(move || pass(caller_in, engine, count));
    thread::spawn(move || pass(engine_in, caller, |_| {}));
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream, see: impl Fn(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let bytes = buffer.get(..length).unwrap_or_default();
        see(bytes);
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    // The other side may be gone already.
    to.shutdown(Shutdown::Write).ok();
}
