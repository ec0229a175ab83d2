//! A host that computes on the card itself: its context is what it was before, after every call.
use crate::card::{assert_tidy, driver, get, on_card};
use crate::life::filled;
use crate::programs::fill;
use crate::table::own;
use std::ffi::{c_int, c_uint, c_void};
use std::ptr::null_mut;

/// A context of the host's, current on this thread.
struct Hosts(*mut c_void);

impl Hosts {
    fn new() -> Self {
        type Create = unsafe extern "C" fn(*mut *mut c_void, c_uint, c_int) -> c_int;
        let (driver, mut device, mut context) = (driver(), 0, null_mut());
        // SAFETY: these are functions of the driver, and everything is there to be written.
        unsafe {
            let init = driver.get::<unsafe extern "C" fn(c_uint) -> c_int>(b"cuInit").unwrap();
            assert_eq!(init(0), 0);
            type Get = unsafe extern "C" fn(*mut c_int, c_int) -> c_int;
            assert_eq!(driver.get::<Get>(b"cuDeviceGet").unwrap()(&raw mut device, 0), 0);
            let create = driver.get::<Create>(b"cuCtxCreate_v2").unwrap();
            assert_eq!(create(&raw mut context, 0, device), 0);
        }
        Self(context)
    }

    /// It is current, and the only one.
    #[track_caller]
    fn assert_current(&self) {
        type Pop = unsafe extern "C" fn(*mut *mut c_void) -> c_int;
        type Push = unsafe extern "C" fn(*mut c_void) -> c_int;
        assert_eq!(get("current"), 1);
        let (driver, mut current) = (driver(), null_mut());
        // SAFETY: as above.
        unsafe {
            assert_eq!(driver.get::<Pop>(b"cuCtxPopCurrent_v2").unwrap()(&raw mut current), 0);
            assert_eq!(driver.get::<Push>(b"cuCtxPushCurrent_v2").unwrap()(current), 0);
        }
        assert_eq!(current, self.0);
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        type Destroy = unsafe extern "C" fn(*mut c_void) -> c_int;
        // SAFETY: as above; nobody uses it any more.
        let code = unsafe { driver().get::<Destroy>(b"cuCtxDestroy_v2").unwrap()(self.0) };
        assert_eq!(code, 0);
    }
}

#[test]
fn the_hosts_own_context_is_current_after_every_call() {
    on_card("", "hosts::the_hosts_own_context_is_current_after_every_call", || {
        let table = own();
        let hosts = Hosts::new();
        let check = || hosts.assert_current();
        table.devices().unwrap();
        check();
        let context = table.open(0, 10_000).unwrap();
        check();
        table.open(7, 10_000).unwrap_err();
        check();
        let (buffer, program) = filled(table, context);
        check();
        table.prepare(context, &fill(buffer, 101, 1.0)).unwrap_err();
        table.allocate(context, 1 << 40).unwrap_err();
        check();
        table.write(context, buffer, 0, &[1; 4]).unwrap();
        check();
        table.run(context, program, 300).unwrap();
        check();
        table.numbers(context, buffer, 100).unwrap();
        check();
        table.memory(context).unwrap();
        check();
        table.discard(context, program).unwrap();
        table.free(context, buffer).unwrap();
        check();
        // What goes on another thread goes there, and not here.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                filled(table, context);
                assert_eq!(get("current"), 0);
            });
        });
        table.close(context).unwrap();
        check();
        drop(hosts);
        assert_tidy();
    });
}

#[test]
fn the_hosts_own_context_is_current_after_a_card_was_lost() {
    on_card(
        "fail_kernel=2",
        "hosts::the_hosts_own_context_is_current_after_a_card_was_lost",
        || {
            let table = own();
            let hosts = Hosts::new();
            let context = table.open(0, 10_000).unwrap();
            let (_, program) = filled(table, context);
            table.run(context, program, 1).unwrap();
            table.wait(context).unwrap_err();
            hosts.assert_current();
            table.run(context, program, 1).unwrap_err();
            table.close(context).unwrap();
            hosts.assert_current();
            drop(hosts);
            assert_tidy();
        },
    );
}
