//! Songs of other versions: what a saved state goes through before it is loaded.
//!
//! What must stay true: the same state always gives the same settings, whatever was set before;
//! every state of an older version keeps its meaning; what a newer version saved and this one does
//! not know is kept, and saved again, so that the newer version finds it; and no value outside its
//! range gets in. Main thread.
use crate::params::BandParams;
use nice_plug::params::internals::ParamPtr;
use nice_plug::params::persist::PersistentField;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{Param, Params, PluginState};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The field that holds what this version does not know.
const FIELD: &str = "unknown";

/// What of the song's state this version does not know; saved as it came.
#[derive(Debug, Default)]
pub struct Unknown(Mutex<Contents>);

/// Parameters and fields under the names that the newer version gave them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Contents {
    params: BTreeMap<String, ParamValue>,
    fields: BTreeMap<String, String>,
}

impl PersistentField<'_, Contents> for Unknown {
    fn set(&self, contents: Contents) {
        *self.0.lock() = contents;
    }

    fn map<F: Fn(&Contents) -> R, R>(&self, f: F) -> R {
        f(&self.0.lock())
    }
}

/// Makes a state that any version saved into one that this version loads completely.
pub fn migrate(state: &mut PluginState) {
    unpack(state);
    rename(state);
    let sound = BandParams::default();
    let mut unknown = Contents { params: std::mem::take(&mut state.params), ..Contents::default() };
    for (id, param, _) in sound.param_map() {
        let value = in_range(param, unknown.params.remove(&id));
        state.params.insert(id, value);
    }
    unknown.fields = std::mem::take(&mut state.fields);
    for (name, default) in sound.serialize_fields() {
        let saved = unknown.fields.remove(&name);
        // All fields but the one below hold texts.
        let saved = saved.filter(|json| serde_json::from_str::<String>(json).is_ok());
        state.fields.insert(name, saved.unwrap_or(default));
    }
    if let Ok(json) = serde_json::to_string(&unknown) {
        state.fields.insert(FIELD.into(), json);
    }
}

/// Puts back what an older version kept without knowing it; this version may know it.
fn unpack(state: &mut PluginState) {
    let kept = state.fields.remove(FIELD);
    let kept = kept.and_then(|json| serde_json::from_str::<Contents>(&json).ok());
    let Contents { params, mut fields } = kept.unwrap_or_default();
    fields.remove(FIELD);
    for (id, value) in params {
        state.params.entry(id).or_insert(value);
    }
    for (name, json) in fields {
        state.fields.entry(name).or_insert(json);
    }
}

/// Parameters that were replaced by others.
fn rename(state: &mut PluginState) {
    if let Some(ParamValue::Bool(true)) = state.params.remove("thru") {
        let pass = || ParamValue::String("pass".into());
        state.params.entry("incoming".into()).or_insert_with(pass);
    }
}

/// A value that the parameter can have: the saved one if it can be, moved into the range where it
/// lies outside, and the default where there is none or it is of another kind.
#[allow(unsafe_code)]
fn in_range(param: ParamPtr, saved: Option<ParamValue>) -> ParamValue {
    // SAFETY: the parameters that the pointers come from live until `migrate` ends.
    match (param, saved) {
        (ParamPtr::FloatParam(param), saved) => {
            let param = unsafe { &*param };
            let value = match saved {
                Some(ParamValue::F32(value)) if !value.is_nan() => value,
                _ => param.default_plain_value(),
            };
            // Inside the range the value must stay what it is to the last bit.
            let share = param.preview_normalized(value);
            let inside = share > 0.0 && share < 1.0;
            ParamValue::F32(if inside { value } else { param.preview_plain(share) })
        }
        (ParamPtr::IntParam(param), saved) => {
            let param = unsafe { &*param };
            let value = match saved {
                Some(ParamValue::I32(value)) => value,
                _ => param.default_plain_value(),
            };
            let (least, most) = (param.preview_plain(0.0), param.preview_plain(1.0));
            ParamValue::I32(value.clamp(least, most))
        }
        (ParamPtr::BoolParam(_), Some(ParamValue::Bool(on))) => ParamValue::Bool(on),
        (ParamPtr::BoolParam(param), _) => {
            ParamValue::Bool(unsafe { &*param }.default_plain_value())
        }
        (ParamPtr::EnumParam(param), saved) => {
            let param = unsafe { &*param };
            if let Some(ParamValue::String(id)) = saved {
                // One that it does not know leaves the default.
                param.set_from_id(&id);
            }
            let id = param.unmodulated_plain_id().unwrap_or_default();
            ParamValue::String(id.to_owned())
        }
    }
}
