//! The C interface with an answer in Rust's own terms: done, or a code and its sentence.
#![allow(dead_code)]
use musegan_device::Program;
use musegan_device::interface::{About, DONE, Interface, Text, VERSION};

/// A code and its sentence.
pub type Refused = (i32, String);

/// The functions of a library.
#[derive(Clone, Copy)]
pub struct Table(&'static Interface);

/// Those of the library that is linked into this test.
pub fn own() -> Table {
    // SAFETY: the table is a constant.
    Table(unsafe { &*musegan_gpu::musegan_gpu_interface(VERSION) })
}

/// Calls with room for a sentence. Whatever is refused says why.
fn answered(call: impl FnOnce(*mut Text) -> i32) -> Result<String, Refused> {
    let mut bytes = vec![0; 1 << 16];
    let mut text = Text { bytes: bytes.as_mut_ptr(), capacity: bytes.len() as u64, length: 99 };
    let code = call(&raw mut text);
    assert!(text.length <= bytes.len() as u64, "a sentence of {} bytes", text.length);
    let said = String::from_utf8(bytes[..text.length as usize].to_vec()).expect("UTF-8");
    if code == DONE {
        return Ok(said);
    }
    assert!(!said.is_empty() && !said.contains('\n'), "code {code} says {said:?}");
    Err((code, said))
}

fn coded(code: i32) -> Result<(), i32> {
    if code == DONE { Ok(()) } else { Err(code) }
}

// SAFETY of all calls below: pointers are to what lives during the call and is as long as is said.
impl Table {
    pub fn of(interface: &'static Interface) -> Self {
        Self(interface)
    }

    pub fn functions(self) -> &'static Interface {
        self.0
    }

    /// The devices, or why there are none.
    pub fn devices(self) -> Result<Vec<About>, String> {
        let json = answered(|text| unsafe { (self.0.devices)(text) }).expect("always done");
        match serde_json::from_str::<Vec<About>>(&json) {
            Ok(devices) => Ok(devices),
            Err(_) => Err(serde_json::from_str(&json).expect("a list or a string")),
        }
    }

    pub fn open(self, device: u32, timeout: u32) -> Result<u64, Refused> {
        let mut context = 0;
        answered(|text| unsafe { (self.0.open)(device, timeout, &raw mut context, text) })?;
        Ok(context)
    }

    pub fn close(self, context: u64) -> Result<(), i32> {
        coded(unsafe { (self.0.close)(context) })
    }

    /// Free and all bytes.
    pub fn memory(self, context: u64) -> Result<(u64, u64), Refused> {
        let (mut free, mut all) = (0, 0);
        answered(|text| unsafe { (self.0.memory)(context, &raw mut free, &raw mut all, text) })?;
        Ok((free, all))
    }

    pub fn allocate(self, context: u64, bytes: u64) -> Result<u64, Refused> {
        let mut buffer = 0;
        answered(|text| unsafe { (self.0.allocate)(context, bytes, &raw mut buffer, text) })?;
        Ok(buffer)
    }

    pub fn free(self, context: u64, buffer: u64) -> Result<(), i32> {
        coded(unsafe { (self.0.free)(context, buffer) })
    }

    pub fn write(self, context: u64, buffer: u64, at: u64, bytes: &[u8]) -> Result<(), Refused> {
        let (start, length) = (bytes.as_ptr(), bytes.len() as u64);
        answered(|text| unsafe { (self.0.write)(context, buffer, at, start, length, text) })
            .map(drop)
    }

    pub fn read(self, context: u64, buffer: u64, at: u64, bytes: &mut [u8]) -> Result<(), Refused> {
        let (start, length) = (bytes.as_mut_ptr(), bytes.len() as u64);
        answered(|text| unsafe { (self.0.read)(context, buffer, at, start, length, text) })
            .map(drop)
    }

    pub fn write_numbers(self, context: u64, buffer: u64, numbers: &[f32]) -> Result<(), Refused> {
        let bytes: Vec<_> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.write(context, buffer, 0, &bytes)
    }

    pub fn numbers(self, context: u64, buffer: u64, count: usize) -> Result<Vec<f32>, Refused> {
        let mut bytes = vec![0; 4 * count];
        self.read(context, buffer, 0, &mut bytes)?;
        let words = bytes.as_chunks::<4>().0;
        Ok(words.iter().map(|&word| f32::from_le_bytes(word)).collect())
    }

    pub fn prepare_json(self, context: u64, json: &[u8]) -> Result<u64, Refused> {
        let mut program = 0;
        let (start, length) = (json.as_ptr(), json.len() as u64);
        answered(|text| unsafe {
            (self.0.prepare)(context, start, length, &raw mut program, text)
        })?;
        Ok(program)
    }

    pub fn prepare(self, context: u64, program: &Program) -> Result<u64, Refused> {
        self.prepare_json(context, &serde_json::to_vec(program).expect("programs are plain"))
    }

    pub fn discard(self, context: u64, program: u64) -> Result<(), i32> {
        coded(unsafe { (self.0.discard)(context, program) })
    }

    pub fn run(self, context: u64, program: u64, times: u32) -> Result<(), Refused> {
        answered(|text| unsafe { (self.0.run)(context, program, times, text) }).map(drop)
    }

    pub fn wait(self, context: u64) -> Result<(), Refused> {
        answered(|text| unsafe { (self.0.wait)(context, text) }).map(drop)
    }

    /// Kernels of a run, and launches by the host for it.
    pub fn launches(self, context: u64, program: u64) -> Result<(u64, u64), Refused> {
        let (mut kernels, mut host) = (0, 0);
        answered(|text| unsafe {
            (self.0.launches)(context, program, &raw mut kernels, &raw mut host, text)
        })?;
        Ok((kernels, host))
    }
}
