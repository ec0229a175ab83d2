//! A VST3 bundle's library, loaded and entered, and the plugin class in it.
use std::ffi::{c_char, c_void};
use std::path::{Path, PathBuf};

use libloading::Library;
use vst3::Steinberg::{IPluginFactory, IPluginFactoryTrait, PClassInfo, TUID, kResultOk};
use vst3::{ComPtr, Interface};

type Factory = unsafe extern "system" fn() -> *mut IPluginFactory;
type Exit = unsafe extern "system" fn() -> bool;

/// The category of the classes that process audio and events.
const EFFECT: &[u8] = b"Audio Module Class";

#[cfg(all(unix, not(target_os = "macos")))]
const EXIT: &[u8] = b"ModuleExit";
#[cfg(target_os = "macos")]
const EXIT: &[u8] = b"bundleExit";
#[cfg(windows)]
const EXIT: &[u8] = b"ExitDll";

/// The class of a plugin.
pub(super) struct EffectClass {
    pub id: TUID,
    pub name: String,
}

/// An entered module; left and unloaded when dropped, which must come after everything in it.
pub(super) struct Module {
    factory: Option<ComPtr<IPluginFactory>>,
    library: Library,
}

impl Module {
    /// The error is a reason, to be told with the path.
    pub fn load(bundle: &Path) -> Result<Self, String> {
        let path = binary(bundle)?;
        // SAFETY: the library is a VST3 module the caller chose to run in this process. The
        // functions are looked up by the names and have the types of the format, and the module is
        // entered before its factory is asked for.
        unsafe {
            let library = Library::new(path).map_err(|e| e.to_string())?;
            let library = enter(library)?;
            // From here on dropping leaves the module again.
            let mut module = Self { factory: None, library };
            let factory = module.library.get::<Factory>(b"GetPluginFactory");
            let factory = factory.map_err(|e| e.to_string())?();
            module.factory = ComPtr::from_raw(factory);
            if module.factory.is_none() {
                return Err("it gives no plugin factory".into());
            }
            Ok(module)
        }
    }

    /// The first plugin in the module.
    pub fn effect(&self) -> Result<EffectClass, String> {
        let factory = self.factory.as_ref().ok_or("it gives no plugin factory")?;
        // SAFETY: the factory is alive, `info` is one it may write to, and all bytes 0 are a
        // valid value of it.
        unsafe {
            for index in 0..factory.countClasses() {
                let mut info: PClassInfo = std::mem::zeroed();
                let told = factory.getClassInfo(index, &mut info) == kResultOk;
                if told && text(&info.category).as_bytes() == EFFECT {
                    return Ok(EffectClass { id: info.cid, name: text(&info.name) });
                }
            }
        }
        Err("it holds no plugin".into())
    }

    /// A new object of a class, by one of its interfaces.
    pub fn create<I: Interface>(&self, class: &TUID) -> Option<ComPtr<I>> {
        let mut object: *mut c_void = std::ptr::null_mut();
        let factory = self.factory.as_ref()?;
        // SAFETY: both identifiers are 16 bytes, and an object given under an interface's
        // identifier is one of that interface and is ours to release.
        unsafe {
            let interface = I::IID.as_ptr().cast::<c_char>();
            let answer = factory.createInstance(class.as_ptr().cast(), interface, &mut object);
            if answer == kResultOk { ComPtr::from_raw(object.cast()) } else { None }
        }
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        self.factory = None;
        // SAFETY: everything of the module has been released, and the function has the type of
        // the format.
        unsafe {
            if let Ok(exit) = self.library.get::<Exit>(EXIT) {
                exit();
            }
        }
    }
}

/// Calls what a module wants to have called first, with its own handle.
#[cfg(all(unix, not(target_os = "macos")))]
unsafe fn enter(library: Library) -> Result<Library, String> {
    use libloading::os::unix::Library as UnixLibrary;
    type Entry = unsafe extern "system" fn(*mut c_void) -> bool;
    let handle = UnixLibrary::from(library).into_raw();
    // SAFETY: the handle was taken out of a library just now and is put back into one; the
    // function has the type of the format.
    unsafe {
        let library = Library::from(UnixLibrary::from_raw(handle));
        let entry = *library.get::<Entry>(b"ModuleEntry").map_err(|e| e.to_string())?;
        if entry(handle) { Ok(library) } else { Err("its ModuleEntry failed".into()) }
    }
}

/// The format hands the bundle over here; this host has none to hand over, which plugins that
/// look for files in their bundle would notice.
#[cfg(target_os = "macos")]
unsafe fn enter(library: Library) -> Result<Library, String> {
    type Entry = unsafe extern "system" fn(*mut c_void) -> bool;
    // SAFETY: the function has the type of the format.
    unsafe {
        let entry = *library.get::<Entry>(b"bundleEntry").map_err(|e| e.to_string())?;
        if entry(std::ptr::null_mut()) { Ok(library) } else { Err("its bundleEntry failed".into()) }
    }
}

/// Windows has its own entry point; the format's is optional.
#[cfg(windows)]
unsafe fn enter(library: Library) -> Result<Library, String> {
    type Entry = unsafe extern "system" fn() -> bool;
    // SAFETY: the function has the type of the format.
    let entered = unsafe { library.get::<Entry>(b"InitDll").map_or(true, |entry| entry()) };
    if entered { Ok(library) } else { Err("its InitDll failed".into()) }
}

/// The library in a bundle; a file is taken for the library itself.
fn binary(bundle: &Path) -> Result<PathBuf, String> {
    if !bundle.is_dir() {
        return Ok(bundle.to_owned());
    }
    let (folder, extension) = if cfg!(target_os = "macos") {
        ("MacOS".to_owned(), "")
    } else if cfg!(windows) {
        let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        (format!("{machine}-win"), "vst3")
    } else {
        (format!("{}-linux", std::env::consts::ARCH), "so")
    };
    let name = Path::new(bundle.file_name().unwrap_or_default()).with_extension(extension);
    let path = bundle.join("Contents").join(&folder).join(name);
    if path.exists() { Ok(path) } else { Err(format!("it has no {}", path.display())) }
}

/// The text up to the first 0.
fn text(characters: &[c_char]) -> String {
    let bytes: Vec<u8> =
        characters.iter().take_while(|&&byte| byte != 0).map(|&byte| byte as u8).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
