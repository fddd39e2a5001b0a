//! `detect` under a service manager, which is played by a socket: it is told when the program is ready, how it goes,
//! that it lives, and that it stops.

use std::io::Write;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;
#[cfg(target_os = "linux")]
use std::os::unix::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::harness::Dir;

/// The program gives a sign of life at half of it.
const WATCHDOG_USEC: &str = "200000";
/// Nothing takes so long, whatever else the machine does.
const FOREVER: Duration = Duration::from_secs(120);

struct Manager(UnixDatagram);

impl Manager {
    fn new(socket: UnixDatagram) -> Self {
        socket.set_read_timeout(Some(FOREVER)).unwrap();
        Self(socket)
    }

    /// The next datagram; none if the program is silent for so long.
    fn hear(&self) -> Option<String> {
        let mut buffer = [0; 4096];
        let count = self.0.recv(&mut buffer).ok()?;
        Some(String::from_utf8(buffer[..count].to_vec()).unwrap())
    }

    #[track_caller]
    fn hear_until(&self, word: &str) -> String {
        loop {
            let heard = self.hear().unwrap_or_else(|| panic!("nothing is heard, but no {word}"));
            if heard.contains(word) {
                return heard;
            }
        }
    }

    fn start(&self, dir: &Dir, address: &str, args: &str) -> Child {
        let mut command = dir.command(args);
        command.env("NOTIFY_SOCKET", address).env("WATCHDOG_USEC", WATCHDOG_USEC);
        command.env_remove("WATCHDOG_PID");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }
}

/// A manager and its address.
fn manager(dir: &Dir) -> (Manager, String) {
    let path = dir.file("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    (Manager::new(socket), path.display().to_string())
}

#[test]
fn ready_alive_while_nothing_comes_status_and_stopping() {
    let dir = Dir::fitted();
    let (manager, address) = manager(&dir);
    let mut child = manager.start(&dir, &address, "detect model.onnx");
    // The very first word: the model is loaded by then, for what is wrong with it ends the program before.
    assert_eq!(manager.hear().unwrap().lines().next(), Some("READY=1"));
    for _ in 0..3 {
        let heard = manager.hear().unwrap();
        assert!(heard.contains("WATCHDOG=1"), "{heard}");
        assert!(heard.contains("STATUS=0 rows"), "{heard}");
    }
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&dir.read("normal.csv")).unwrap();
    let heard = manager.hear_until("STATUS=1200 rows");
    assert!(heard.contains("windows judged, 0 alerts raised"), "{heard}");
    drop(stdin);
    manager.hear_until("STOPPING=1");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_file_is_an_address_too() {
    let dir = Dir::fitted();
    let name = format!("oddity-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let manager = Manager::new(UnixDatagram::bind_addr(&address).unwrap());
    let mut child = manager.start(&dir, &format!("@{name}"), "detect model.onnx normal.csv");
    manager.hear_until("READY=1");
    manager.hear_until("STOPPING=1");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_model_that_cannot_be_used_is_never_ready() {
    let dir = Dir::fitted();
    let model = dir.read("model.onnx");
    dir.write("torn.onnx", &model[..model.len() / 2]);
    let (manager, address) = manager(&dir);
    let mut child = manager.start(&dir, &address, "detect torn.onnx");
    assert_eq!(child.wait().unwrap().code(), Some(2));
    manager.0.set_nonblocking(true).unwrap();
    assert_eq!(manager.hear(), None);
}

#[test]
fn a_loop_that_hangs_gives_no_sign_of_life() {
    let dir = Dir::fitted();
    let (manager, address) = manager(&dir);
    let mut child = manager.start(&dir, &address, "detect model.onnx --emit scores");
    let mut stdin = child.stdin.take().unwrap();
    let rows = dir.read("normal.csv");
    // Nobody reads the scores: the program waits for a reader, in the middle of its work.
    let writer = std::thread::spawn(move || {
        stdin.write_all(&rows).unwrap();
        stdin
    });
    manager.hear_until("READY=1");
    manager.0.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let silent = (0..1000).any(|_| manager.hear().is_none());
    assert!(silent, "a sign of life came a thousand times while nothing was done");
    // It goes on where it stood.
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    manager.0.set_read_timeout(Some(FOREVER)).unwrap();
    manager.hear_until("WATCHDOG=1");
    drop(writer.join().unwrap());
    manager.hear_until("STOPPING=1");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    reader.join().unwrap().unwrap();
}

#[test]
fn nobody_is_told_where_nobody_asks() {
    let dir = Dir::fitted();
    let args = "detect model.onnx normal.csv -v";
    let run = dir.oddity(args).ok();
    assert!(!run.stderr.contains("service manager"), "{}", run.stderr);
    // A manager that is gone is no reason to stop watching.
    let mut command = dir.command(args);
    command.env("NOTIFY_SOCKET", dir.file("gone"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), run.stdout);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("cannot tell the service manager"), "{stderr}");
}
