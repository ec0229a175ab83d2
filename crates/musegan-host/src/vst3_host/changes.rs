//! Parameter changes of a block: one queue for each parameter that changes, with as many points
//! as it has values.
use std::sync::{Mutex, MutexGuard, PoisonError};

use vst3::Steinberg::Vst::{
    IParamValueQueue, IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, ParamID,
    ParamValue,
};
use vst3::Steinberg::{kInvalidArgument, kResultOk, tresult};
use vst3::{Class, ComWrapper};

use crate::block::ParameterChange;

/// The points of one parameter: sample and value, sorted by sample.
struct Queue {
    id: ParamID,
    points: Mutex<Vec<(i32, ParamValue)>>,
}

impl Queue {
    fn points(&self) -> MutexGuard<'_, Vec<(i32, ParamValue)>> {
        self.points.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, at: i32, value: ParamValue) -> usize {
        let mut points = self.points();
        let index = points.partition_point(|point| point.0 <= at);
        points.insert(index, (at, value));
        index
    }
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id
    }

    unsafe fn getPointCount(&self) -> i32 {
        self.points().len() as i32
    }

    unsafe fn getPoint(&self, index: i32, at: *mut i32, value: *mut ParamValue) -> tresult {
        let points = self.points();
        let point = usize::try_from(index).ok().and_then(|index| points.get(index));
        // SAFETY: the plugin gives places for both numbers, or null.
        match (point, unsafe { at.as_mut() }, unsafe { value.as_mut() }) {
            (Some(point), Some(at), Some(value)) => (*at, *value) = *point,
            _ => return kInvalidArgument,
        }
        kResultOk
    }

    unsafe fn addPoint(&self, at: i32, value: ParamValue, index: *mut i32) -> tresult {
        let added = self.add(at, value);
        // SAFETY: the plugin gives a place for a number, or null.
        if let Some(index) = unsafe { index.as_mut() } {
            *index = added as i32;
        }
        kResultOk
    }
}

/// All queues of a block.
#[derive(Default)]
pub(super) struct Changes {
    queues: Mutex<Vec<ComWrapper<Queue>>>,
}

impl Changes {
    fn queues(&self) -> MutexGuard<'_, Vec<ComWrapper<Queue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn clear(&self) {
        self.queues().clear();
    }

    pub fn push(&self, change: ParameterChange) {
        let mut queues = self.queues();
        let index = queue_of(&mut queues, change.id);
        queues[index].add(i32::try_from(change.at).unwrap_or(i32::MAX), change.value);
    }

    /// How many points there are.
    pub fn count(&self) -> usize {
        self.queues().iter().map(|queue| queue.points().len()).sum()
    }
}

/// The place of a parameter's queue, which is made where there is none.
fn queue_of(queues: &mut Vec<ComWrapper<Queue>>, id: ParamID) -> usize {
    queues.iter().position(|queue| queue.id == id).unwrap_or_else(|| {
        queues.push(ComWrapper::new(Queue { id, points: Mutex::default() }));
        queues.len() - 1
    })
}

/// A queue as plugins get it: lent, not given.
fn lent(queue: &ComWrapper<Queue>) -> *mut IParamValueQueue {
    queue.as_com_ref::<IParamValueQueue>().map_or(std::ptr::null_mut(), |queue| queue.as_ptr())
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> i32 {
        self.queues().len() as i32
    }

    unsafe fn getParameterData(&self, index: i32) -> *mut IParamValueQueue {
        let queues = self.queues();
        let queue = usize::try_from(index).ok().and_then(|index| queues.get(index));
        queue.map_or(std::ptr::null_mut(), lent)
    }

    unsafe fn addParameterData(
        &self,
        id: *const ParamID,
        place: *mut i32,
    ) -> *mut IParamValueQueue {
        // SAFETY: the plugin gives a parameter's number and a place for an index, or null.
        let (Some(id), place) = (unsafe { (id.as_ref(), place.as_mut()) }) else {
            return std::ptr::null_mut();
        };
        let mut queues = self.queues();
        let index = queue_of(&mut queues, *id);
        if let Some(place) = place {
            *place = index as i32;
        }
        lent(&queues[index])
    }
}
