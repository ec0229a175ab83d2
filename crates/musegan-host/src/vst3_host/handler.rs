//! The objects through which a plugin speaks to its host: who the host is, and what the user did
//! in the plugin's editor.
use std::ffi::c_void;
use std::sync::mpsc::Sender;

use vst3::Class;
use vst3::Steinberg::Vst::{
    IComponentHandler, IComponentHandlerTrait, IHostApplication, IHostApplicationTrait, ParamID,
    ParamValue, String128,
};
use vst3::Steinberg::{TUID, kInvalidArgument, kNotImplemented, kResultOk, tresult};

use crate::block::ParameterChange;

const NAME: &str = "MuseGAN host";

/// Says the host's name; makes no objects.
pub(super) struct Application;

impl Class for Application {
    type Interfaces = (IHostApplication,);
}

impl IHostApplicationTrait for Application {
    unsafe fn getName(&self, name: *mut String128) -> tresult {
        // SAFETY: the plugin gives a place for a name, or null.
        let Some(name) = (unsafe { name.as_mut() }) else { return kInvalidArgument };
        name.fill(0);
        for (to, from) in name.iter_mut().zip(NAME.encode_utf16()) {
            *to = from;
        }
        kResultOk
    }

    unsafe fn createInstance(
        &self,
        _: *mut TUID,
        _: *mut TUID,
        object: *mut *mut c_void,
    ) -> tresult {
        // SAFETY: the plugin gives a place for a pointer, or null.
        if let Some(object) = unsafe { object.as_mut() } {
            *object = std::ptr::null_mut();
        }
        kNotImplemented
    }
}

/// Hands what the user does in the plugin's editor to the processor, as the format asks of hosts.
pub(super) struct Handler {
    pub waiting: Sender<ParameterChange>,
}

impl Class for Handler {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for Handler {
    unsafe fn beginEdit(&self, _: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn performEdit(&self, id: ParamID, value: ParamValue) -> tresult {
        // The processor is gone only while all of the plugin goes.
        let _ = self.waiting.send(ParameterChange { at: 0, id, value });
        kResultOk
    }

    unsafe fn endEdit(&self, _: ParamID) -> tresult {
        kResultOk
    }

    /// Nothing is kept that could be out of date.
    unsafe fn restartComponent(&self, _: i32) -> tresult {
        kResultOk
    }
}
