//! The plugin as it is linked into a fuzz target, instrumented like all the rest.
use std::cell::RefCell;

use musegan_host::{EntryDescriptor, Host, linked};

// The plugin's library must be linked, though nothing of it is named.
use musegan as _;

unsafe extern "C" {
    #[allow(non_upper_case_globals)]
    static clap_entry: EntryDescriptor;
}

/// The one instance of a process, and the state it was born with.
type Plugin = (Box<dyn Host>, Vec<u8>);

/// Does something with the plugin, which goes from input to input: a new one for each would take
/// longer than all that is done with it.
pub fn with(act: impl FnOnce(&mut dyn Host, &[u8])) {
    thread_local! {
        static PLUGIN: RefCell<Option<Plugin>> = const { RefCell::new(None) };
    }
    PLUGIN.with_borrow_mut(|plugin| {
        let (host, good) = plugin.get_or_insert_with(|| {
            // SAFETY: this is the entry that the plugin's export macro made.
            let mut host = unsafe { linked(&clap_entry) }.expect("the plugin, linked in");
            let good = host.save_state().expect("the state of a new plugin");
            (host, good)
        });
        act(&mut **host, good);
    });
}
