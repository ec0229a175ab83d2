//! The device that there is, through the C interface. Every buffer has canaries before and behind it,
//! which are looked at after every run.
use musegan_device::interface::{DONE, Interface, Text, VERSION};
use musegan_device::{Operation, Program, Slice};
use std::cell::RefCell;

/// Elements before and behind a buffer's own, and what they are.
const MARGIN: usize = 19;
const CANARY: u32 = 0x7fc0_dead;

/// A context that is closed with this value, and its buffers with their lengths.
pub struct Device {
    interface: &'static Interface,
    context: u64,
    buffers: RefCell<Vec<(u64, usize)>>,
}

fn done(call: impl FnOnce(*mut Text) -> i32) {
    let mut bytes = vec![0u8; 512];
    let mut text = Text { bytes: bytes.as_mut_ptr(), capacity: bytes.len() as u64, length: 0 };
    let code = call(&raw mut text);
    bytes.truncate(text.length as usize);
    assert_eq!(code, DONE, "{}", String::from_utf8_lossy(&bytes));
}

impl Device {
    pub fn open() -> Self {
        let table = musegan_gpu::musegan_gpu_interface(VERSION);
        // SAFETY: the table is a static of the library, or null.
        let interface = unsafe { table.as_ref() }.unwrap();
        let context = crate::opening::open(interface);
        Self { interface, context, buffers: RefCell::default() }
    }

    /// A buffer with these words.
    pub fn words(&self, words: &[u32]) -> Slice {
        let (mut buffer, elements) = (0, words.len() + 2 * MARGIN);
        let bytes = 4 * elements as u64;
        // SAFETY: the buffer's number is there to be written.
        done(|text| unsafe {
            (self.interface.allocate)(self.context, bytes, &raw mut buffer, text)
        });
        self.buffers.borrow_mut().push((buffer, words.len()));
        self.put(buffer, 0, &vec![CANARY; elements]);
        self.put(buffer, MARGIN, words);
        Slice { buffer, start: MARGIN as u64 }
    }

    /// A buffer with these numbers.
    pub fn floats(&self, numbers: &[f32]) -> Slice {
        self.words(&bits(numbers))
    }

    /// A buffer with the two words of a step.
    pub fn clock(&self, step: u64) -> Slice {
        self.words(&[step as u32, (step >> 32) as u32])
    }

    /// Puts other words into the beginning of a buffer.
    pub fn set(&self, at: Slice, words: &[u32]) {
        self.put(at.buffer, at.start as usize, words);
    }

    fn put(&self, buffer: u64, start: usize, words: &[u32]) {
        let (from, length) = (words.as_ptr().cast(), size_of_val(words) as u64);
        let start = 4 * start as u64;
        // SAFETY: so many bytes are there to be read.
        done(|text| unsafe {
            (self.interface.write)(self.context, buffer, start, from, length, text)
        });
    }

    fn get(&self, buffer: u64, elements: usize) -> Vec<u32> {
        let mut words = vec![0u32; elements];
        let (to, length) = (words.as_mut_ptr().cast(), 4 * elements as u64);
        // SAFETY: so many bytes are there to be written.
        done(|text| unsafe { (self.interface.read)(self.context, buffer, 0, to, length, text) });
        words
    }

    /// What is in a buffer.
    pub fn read(&self, at: Slice) -> Vec<u32> {
        let len = self.buffers.borrow().iter().find(|(buffer, _)| *buffer == at.buffer).unwrap().1;
        self.get(at.buffer, MARGIN + len).split_off(MARGIN)
    }

    /// What is in a buffer, as numbers.
    pub fn numbers(&self, at: Slice) -> Vec<f32> {
        self.read(at).into_iter().map(f32::from_bits).collect()
    }

    /// Runs a program `times` over. Nothing outside a buffer may have changed.
    pub fn run(&self, operations: &[Operation], times: u32) {
        let program = Program { operations: operations.to_vec() };
        let json = serde_json::to_vec(&program).unwrap();
        let (from, length) = (json.as_ptr(), json.len() as u64);
        let mut number = 0;
        // SAFETY: as many bytes of JSON are there as is said, and `number` to be written.
        unsafe {
            done(|text| {
                (self.interface.prepare)(self.context, from, length, &raw mut number, text)
            });
            done(|text| (self.interface.run)(self.context, number, times, text));
            assert_eq!((self.interface.discard)(self.context, number), DONE);
        }
        for &(buffer, len) in self.buffers.borrow().iter() {
            let words = self.get(buffer, len + 2 * MARGIN);
            let margins = words[..MARGIN].iter().chain(&words[MARGIN + len..]);
            assert!(margins.into_iter().all(|&word| word == CANARY), "written outside a buffer");
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: the context is a number.
        unsafe { (self.interface.close)(self.context) };
    }
}

/// Numbers as the words that they lie in memory as.
pub fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}
