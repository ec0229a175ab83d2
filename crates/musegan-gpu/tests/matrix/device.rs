//! The device that there is, through the C interface, for one program at a time.
use musegan_device::interface::{DONE, Interface, Text, VERSION};
use musegan_device::{Operation, Program, Slice};

/// A context that is closed with this value.
pub struct Device {
    interface: &'static Interface,
    context: u64,
}

fn sentence(call: impl FnOnce(*mut Text) -> i32) -> Result<(), String> {
    let mut bytes = vec![0u8; 512];
    let mut text = Text { bytes: bytes.as_mut_ptr(), capacity: bytes.len() as u64, length: 0 };
    let code = call(&raw mut text);
    bytes.truncate(text.length as usize);
    if code == DONE { Ok(()) } else { Err(String::from_utf8(bytes).unwrap()) }
}

impl Device {
    pub fn open() -> Self {
        let table = musegan_gpu::musegan_gpu_interface(VERSION);
        // SAFETY: the table is a static of the library, or null.
        let interface = unsafe { table.as_ref() }.unwrap();
        Self { interface, context: crate::opening::open(interface) }
    }

    fn buffer(&self, values: &[f32]) -> u64 {
        let (mut buffer, bytes) = (0, size_of_val(values) as u64);
        // SAFETY: as above; so many bytes are read from `values`.
        unsafe {
            sentence(|text| (self.interface.allocate)(self.context, bytes, &raw mut buffer, text))
                .unwrap();
            let from = values.as_ptr().cast();
            sentence(|text| (self.interface.write)(self.context, buffer, 0, from, bytes, text))
                .unwrap();
        }
        buffer
    }

    /// Runs what `describe` makes of one slice for each of `buffers`, and gives back what is in the
    /// last. Nothing else may have changed.
    pub fn compute<const N: usize>(
        &self,
        buffers: [&[f32]; N],
        describe: impl FnOnce([Slice; N]) -> Operation,
    ) -> Result<Vec<f32>, String> {
        let numbers = buffers.map(|values| self.buffer(values));
        let operation = describe(numbers.map(|buffer| Slice { buffer, start: 0 }));
        let ran = self.run(&Program { operations: vec![operation] });
        let mut contents = buffers.map(|values| vec![0.0f32; values.len()]);
        for (&buffer, values) in numbers.iter().zip(&mut contents) {
            let (to, bytes) = (values.as_mut_ptr().cast(), size_of_val(&values[..]) as u64);
            // SAFETY: so many bytes are there to be written.
            unsafe {
                sentence(|text| (self.interface.read)(self.context, buffer, 0, to, bytes, text))
                    .unwrap();
                assert_eq!((self.interface.free)(self.context, buffer), DONE);
            }
        }
        ran?;
        for (before, after) in buffers.iter().zip(&contents).take(N - 1) {
            let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(before), bits(after), "what is only read stays as it is");
        }
        Ok(contents.into_iter().next_back().unwrap())
    }

    fn run(&self, program: &Program) -> Result<(), String> {
        let json = serde_json::to_vec(program).unwrap();
        let mut number = 0;
        // SAFETY: as many bytes of JSON are there as is said, and `number` to be written.
        unsafe {
            sentence(|text| {
                let (json, length) = (json.as_ptr(), json.len() as u64);
                (self.interface.prepare)(self.context, json, length, &raw mut number, text)
            })?;
            let ran = sentence(|text| (self.interface.run)(self.context, number, 1, text));
            assert_eq!((self.interface.discard)(self.context, number), DONE);
            ran
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: the context is a number.
        assert_eq!(unsafe { (self.interface.close)(self.context) }, DONE);
    }
}
