//! The state file: which child runs under which process id, and where the services are.

use super::children::Note;
use super::layout::Layout;
use super::parts::Parts;
use serde_json::{Value, json};

/// What stands in `run/state.json`; for scripts, tests and a curious operator.
pub(crate) struct State(Value);

impl State {
    /// Nothing runs yet.
    pub(crate) fn new(parts: &Parts) -> Self {
        let mut state = parts.addresses();
        state["ready"] = json!(false);
        state["supervisor"] = json!(std::process::id());
        state["children"] = json!({});
        Self(state)
    }

    /// Everything is up.
    pub(crate) fn ready(&mut self, layout: &Layout) {
        self.0["ready"] = json!(true);
        self.write(layout);
    }

    /// A child started or died.
    pub(crate) fn note(&mut self, note: &Note, layout: &Layout) {
        match note {
            Note::Started { name, pid, restarts } => {
                self.0["children"][name] = json!({ "pid": pid, "restarts": restarts });
            }
            Note::Died { name, .. } => self.0["children"][name]["pid"] = Value::Null,
        }
        self.write(layout);
    }

    /// The file is a convenience: a full disk must not end the supervision.
    fn write(&self, layout: &Layout) {
        if let Err(error) = layout.write_state(&self.0) {
            tracing::warn!(%error, "cannot write the state file");
        }
    }
}
