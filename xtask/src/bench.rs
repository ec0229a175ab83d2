//! placeholder
use crate::workspace::Workspace;
/// placeholder
pub fn run(_: &Workspace, _: bool) -> anyhow::Result<()> {
    Ok(())
}
