//! The driver's functions, found at run time.
//!
//! Nothing of CUDA is linked, and of what a toolkit installs nothing is needed: the driver's own
//! library is all. It is opened by the name that the driver's installation gives it, is never
//! closed, and where it or one of its functions is missing that is a sentence.
//!
//! What must stay true: a function's parameters are those of `cuda.h` for the symbol's version. Codes
//! come back as plain integers, because newer drivers have codes that nobody here knows.
use std::ffi::{c_char, c_int, c_uint, c_ulonglong, c_void};
use std::sync::OnceLock;

/// What the driver hands out.
pub(super) type Handle = *mut c_void;
/// A context, module, function, stream, event, graph or node still to be written.
type Out = *mut Handle;

/// A kernel of a graph, as `CUDA_KERNEL_NODE_PARAMS_v1`.
#[repr(C)]
pub(super) struct KernelNode {
    pub(super) function: Handle,
    pub(super) grid: [c_uint; 3],
    pub(super) block: [c_uint; 3],
    pub(super) shared_bytes: c_uint,
    pub(super) arguments: *mut *mut c_void,
    pub(super) extra: *mut *mut c_void,
}

macro_rules! functions {
    ($($name:ident = $symbol:literal ($($parameter:ty),* $(,)?);)*) => {
        /// The driver's functions by what they do; each gives a code.
        pub(super) struct Functions {
            $(pub(super) $name: unsafe extern "system" fn($($parameter),*) -> c_int,)*
        }

        impl Functions {
            fn find(library: &libloading::Library) -> Result<Self, &'static str> {
                Ok(Self {
                    $($name: {
                        // SAFETY: the driver's function of this name has these parameters.
                        let found = unsafe { library.get(concat!($symbol, "\0").as_bytes()) };
                        *found.map_err(|_| $symbol)?
                    },)*
                })
            }
        }
    };
}

functions! {
    initialise = "cuInit"(c_uint);
    driver_version = "cuDriverGetVersion"(*mut c_int);
    error_name = "cuGetErrorName"(c_int, *mut *const c_char);
    error_string = "cuGetErrorString"(c_int, *mut *const c_char);
    device_count = "cuDeviceGetCount"(*mut c_int);
    device = "cuDeviceGet"(*mut c_int, c_int);
    device_name = "cuDeviceGetName"(*mut c_char, c_int, c_int);
    device_memory = "cuDeviceTotalMem_v2"(*mut usize, c_int);
    device_attribute = "cuDeviceGetAttribute"(*mut c_int, c_uint, c_int);
    context_create = "cuCtxCreate_v2"(Out, c_uint, c_int);
    context_destroy = "cuCtxDestroy_v2"(Handle);
    context_push = "cuCtxPushCurrent_v2"(Handle);
    context_pop = "cuCtxPopCurrent_v2"(Out);
    module_load = "cuModuleLoadData"(Out, *const c_void);
    module_function = "cuModuleGetFunction"(Out, Handle, *const c_char);
    stream_create = "cuStreamCreate"(Out, c_uint);
    stream_query = "cuStreamQuery"(Handle);
    stream_destroy = "cuStreamDestroy_v2"(Handle);
    event_create = "cuEventCreate"(Out, c_uint);
    event_record = "cuEventRecord"(Handle, Handle);
    event_query = "cuEventQuery"(Handle);
    event_destroy = "cuEventDestroy_v2"(Handle);
    memory_info = "cuMemGetInfo_v2"(*mut usize, *mut usize);
    memory_take = "cuMemAlloc_v2"(*mut u64, usize);
    memory_free = "cuMemFree_v2"(u64);
    memory_clear = "cuMemsetD8Async"(u64, u8, usize, Handle);
    host_take = "cuMemAllocHost_v2"(Out, usize);
    host_free = "cuMemFreeHost"(*mut c_void);
    copy_to = "cuMemcpyHtoDAsync_v2"(u64, *const c_void, usize, Handle);
    copy_from = "cuMemcpyDtoHAsync_v2"(*mut c_void, u64, usize, Handle);
    launch = "cuLaunchKernel"(
        Handle, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, Handle,
        *mut *mut c_void, *mut *mut c_void,
    );
    graph_create = "cuGraphCreate"(Out, c_uint);
    graph_add_kernel = "cuGraphAddKernelNode"(Out, Handle, *const Handle, usize, *const KernelNode);
    graph_instantiate = "cuGraphInstantiateWithFlags"(Out, Handle, c_ulonglong);
    graph_upload = "cuGraphUpload"(Handle, Handle);
    graph_launch = "cuGraphLaunch"(Handle, Handle);
    graph_destroy = "cuGraphDestroy"(Handle);
    graph_exec_destroy = "cuGraphExecDestroy"(Handle);
}

/// The driver, or why there is none. Asked again after a failure, the same answer.
pub(super) fn driver() -> Result<&'static Functions, String> {
    static DRIVER: OnceLock<Result<Functions, String>> = OnceLock::new();
    DRIVER.get_or_init(open).as_ref().map_err(Clone::clone)
}

fn open() -> Result<Functions, String> {
    let library = load().map_err(|error| {
        format!(
            "there is no NVIDIA driver: {NAME} does not open ({}); install the graphics card's \
             driver",
            error.to_string().replace('\n', " ")
        )
    })?;
    // Never closed: the driver has threads of its own.
    let library = std::mem::ManuallyDrop::new(library);
    Functions::find(&library).map_err(|missing| {
        format!("the NVIDIA driver is too old: {NAME} has no {missing}; install one for CUDA 12")
    })
}

#[cfg(unix)]
const NAME: &str = "libcuda.so.1";

#[cfg(unix)]
fn load() -> Result<libloading::Library, libloading::Error> {
    // SAFETY: a program that runs where the driver is installed trusts the driver.
    unsafe { libloading::Library::new(NAME) }
}

#[cfg(windows)]
const NAME: &str = "nvcuda.dll";

/// From the system's own folder only, so that no other file of that name gets into a host.
#[cfg(windows)]
fn load() -> Result<libloading::Library, libloading::Error> {
    use libloading::os::windows::{LOAD_LIBRARY_SEARCH_SYSTEM32, Library};
    // SAFETY: a program that runs where the driver is installed trusts the driver.
    unsafe { Library::load_with_flags(NAME, LOAD_LIBRARY_SEARCH_SYSTEM32) }.map(Into::into)
}
