//! The library as it ships: with this machine's driver, or none, or with the one that stands in for
//! it.
//!
//! The environment variable `MUSEGAN_GPU_LIBRARY` names the library to open; without it the one
//! that is linked into this test is called.
#![cfg(feature = "cuda")]
#![allow(clippy::unwrap_used)]

#[path = "calls/programs.rs"]
mod programs;
#[path = "calls/table.rs"]
mod table;

use musegan_device::interface::{ENTRY, Entry, NO_DEVICE, VERSION};
use programs::adds_up_products;
use table::{Table, own};

/// The library's table; the library stays open.
fn library() -> Table {
    let Some(path) = std::env::var_os("MUSEGAN_GPU_LIBRARY") else { return own() };
    // SAFETY: it is this library as it was built to be shipped, and stays open.
    unsafe {
        let library = Box::leak(Box::new(libloading::Library::new(&path).unwrap()));
        let entry = library.get::<Entry>(ENTRY.as_bytes()).unwrap();
        Table::of(entry(VERSION).as_ref().expect("it speaks our version"))
    }
}

#[test]
fn with_this_machines_driver_it_computes_or_says_why_not() {
    let table = library();
    match table.devices() {
        Err(reason) => {
            assert!(reason.contains("driver"), "{reason}");
            eprintln!("{reason}");
            assert_eq!(table.open(0, 1000), Err((NO_DEVICE, reason)));
        }
        Ok(devices) => {
            for device in &devices {
                eprintln!("{device:?}");
                let context = table.open(device.number, 10_000).unwrap();
                assert!(adds_up_products(table, context, 3).unwrap());
                table.close(context).unwrap();
            }
            let (code, reason) = table.open(devices.len() as u32, 1000).unwrap_err();
            assert_eq!(code, NO_DEVICE, "{reason}");
        }
    }
    assert_eq!(table.open(u32::MAX, 1000).unwrap_err().0, NO_DEVICE);
}
