//! The half of a VST3 plugin that runs on the main thread: parameters and state.
use std::sync::mpsc::Sender;

use vst3::Steinberg::Vst::{
    IComponent, IComponentHandler, IComponentTrait, IConnectionPoint, IConnectionPointTrait,
    IEditController, IEditControllerTrait, IHostApplication, ParameterInfo, String128,
};
use vst3::Steinberg::{FUnknown, IBStream, IPluginBaseTrait, TUID, kResultOk};
use vst3::{ComPtr, ComWrapper};

use super::done;
use super::handler::{Application, Handler};
use super::module::Module;
use super::stream::ByteStream;
use crate::block::ParameterChange;
use crate::error::HostError;
use crate::host::{Controller, Parameter};

pub(super) struct Vst3Controller {
    component: ComPtr<IComponent>,
    edit: ComPtr<IEditController>,
    /// Whether the controller is an object of its own.
    apart: bool,
    waiting: Sender<ParameterChange>,
    /// Whether values must go through the processor.
    pub processing: bool,
    // The plugin holds pointers to these.
    _handler: ComPtr<IComponentHandler>,
    _application: ComPtr<IHostApplication>,
}

impl Vst3Controller {
    /// Initialises the component, finds or makes its controller, and introduces them to each
    /// other and to the host. The error is a reason, to be told with the path.
    pub fn connect(
        module: &Module,
        component: ComPtr<IComponent>,
        waiting: Sender<ParameterChange>,
    ) -> Result<Self, String> {
        let application = ComWrapper::new(Application).to_com_ptr::<IHostApplication>();
        let handler =
            ComWrapper::new(Handler { waiting: waiting.clone() }).to_com_ptr::<IComponentHandler>();
        let (Some(application), Some(handler)) = (application, handler) else {
            return Err("this host is broken".into());
        };
        let context: *mut FUnknown = application.as_ptr().cast();
        // SAFETY: the component is new, and the host's objects live as long as it does.
        unsafe {
            if component.initialize(context) != kResultOk {
                return Err("its component could not be initialised".into());
            }
            let (edit, apart) = match component.cast::<IEditController>() {
                Some(edit) => (edit, false),
                None => (separate(module, &component, context)?, true),
            };
            edit.setComponentHandler(handler.as_ptr());
            let controller = Self {
                component,
                edit,
                apart,
                waiting,
                processing: false,
                _handler: handler,
                _application: application,
            };
            controller.introduce(true);
            Ok(controller)
        }
    }

    /// The way back, before the plugin is released.
    pub fn disconnect(&mut self) {
        // SAFETY: the plugin is initialised and inactive, and nothing else is called hereafter.
        unsafe {
            self.introduce(false);
            self.edit.setComponentHandler(std::ptr::null_mut());
            if self.apart {
                self.edit.terminate();
            }
            self.component.terminate();
        }
    }

    /// Connects a component and a controller that are two objects, or disconnects them.
    unsafe fn introduce(&self, connect: bool) {
        let ends =
            (self.component.cast::<IConnectionPoint>(), self.edit.cast::<IConnectionPoint>());
        let (true, (Some(component), Some(edit))) = (self.apart, ends) else { return };
        // SAFETY: both are alive and initialised.
        unsafe {
            if connect {
                component.connect(edit.as_ptr());
                edit.connect(component.as_ptr());
            } else {
                component.disconnect(edit.as_ptr());
                edit.disconnect(component.as_ptr());
            }
        }
    }
}

/// The controller that a component names.
unsafe fn separate(
    module: &Module,
    component: &ComPtr<IComponent>,
    context: *mut FUnknown,
) -> Result<ComPtr<IEditController>, String> {
    let mut class: TUID = [0; 16];
    // SAFETY: the component is initialised and may write to `class`; the controller is new.
    unsafe {
        if component.getControllerClassId(&mut class) != kResultOk {
            return Err("it names no controller".into());
        }
        let edit: ComPtr<IEditController> =
            module.create(&class).ok_or("its controller could not be created")?;
        match edit.initialize(context) {
            code if code == kResultOk => Ok(edit),
            _ => Err("its controller could not be initialised".into()),
        }
    }
}

impl Controller for Vst3Controller {
    fn parameters(&mut self) -> Result<Vec<Parameter>, HostError> {
        // SAFETY: the controller is initialised and may write to `info`, for which all bytes 0
        // are a valid value.
        let describe = |index| unsafe {
            let mut info: ParameterInfo = std::mem::zeroed();
            done("describe a parameter", self.edit.getParameterInfo(index, &mut info))?;
            Ok(Parameter {
                id: info.id,
                name: text(&info.title),
                default: info.defaultNormalizedValue,
                value: self.edit.getParamNormalized(info.id),
                steps: u32::try_from(info.stepCount).ok().filter(|&steps| steps > 0),
            })
        };
        // SAFETY: the controller is initialised.
        let count = unsafe { self.edit.getParameterCount() };
        (0..count).map(describe).collect()
    }

    fn set_parameter(&mut self, id: u32, value: f64) -> Result<(), HostError> {
        let value = value.clamp(0.0, 1.0);
        // SAFETY: the controller is initialised.
        done("set a parameter", unsafe { self.edit.setParamNormalized(id, value) })?;
        // A controller apart from its processor knows the value before that does.
        if self.processing || self.apart {
            let _ = self.waiting.send(ParameterChange { at: 0, id, value });
        }
        Ok(())
    }

    fn save_state(&mut self) -> Result<Vec<u8>, HostError> {
        let stream = ComWrapper::new(ByteStream::new(Vec::new()));
        // SAFETY: the component is initialised, and the stream lives through the call.
        done("save its state", unsafe { self.component.getState(lent(&stream)) })?;
        Ok(stream.bytes())
    }

    fn load_state(&mut self, state: &[u8]) -> Result<(), HostError> {
        let stream = || ComWrapper::new(ByteStream::new(state.to_vec()));
        // SAFETY: the component and the controller are initialised, and the streams live through
        // the calls.
        unsafe {
            done("load a state", self.component.setState(lent(&stream())))?;
            done("load a state", self.edit.setComponentState(lent(&stream())))
        }
    }
}

/// The text up to the first 0.
fn text(units: &String128) -> String {
    let units: Vec<u16> = units.iter().copied().take_while(|&unit| unit != 0).collect();
    String::from_utf16_lossy(&units)
}

/// A stream as plugins get it for the time of a call.
fn lent(stream: &ComWrapper<ByteStream>) -> *mut IBStream {
    stream.as_com_ref::<IBStream>().map_or(std::ptr::null_mut(), |stream| stream.as_ptr())
}
