//! The engine of one workspace: it owns the workspace, reads lists and fetches interviews.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{Poll, Report, Result, Scheduler, Workspace, owner::Lost};

/// How long the loops may take to end after the ownership ended. The heartbeat lasts longer.
const END_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the process leaves a workspace to the other process after it handed it over.
const HAND_OVER_PAUSE: Duration = Duration::from_secs(5);

/// Keeps one workspace up to date. Several processes may run an engine for it: the owner works, the
/// others wait.
#[derive(Clone)]
pub struct Engine {
    workspace: Workspace,
    poll: Poll,
    scheduler: Scheduler,
    reads_lists: bool,
}

impl Engine {
    /// Makes an engine.
    pub fn new(workspace: Workspace, poll: Poll, scheduler: Scheduler) -> Self {
        Self { workspace, poll, scheduler, reads_lists: true }
    }

    /// The same engine without list reading. A list would make other interviews due.
    pub fn without_lists(self) -> Self {
        Self { reads_lists: false, ..self }
    }

    /// The workspace.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Works while the process owns the workspace, until `shutdown` is cancelled. It then finishes
    /// the interviews in flight.
    pub async fn run(&self, shutdown: &CancellationToken) {
        let owner = &self.workspace.owner;
        while !shutdown.is_cancelled() {
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = owner.taken() => {}
            }
            let lost = Box::pin(self.work(shutdown)).await;
            owner.release().await;
            if let Some(lost) = lost {
                owner.lost(lost);
                let pause = if lost == Lost::HandOver { HAND_OVER_PAUSE } else { Duration::ZERO };
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = sleep(pause) => {}
                }
            }
        }
        owner.stop_waiting().await;
    }

    /// Works until `shutdown` is cancelled or the ownership ends. Returns why the ownership ended.
    async fn work(&self, shutdown: &CancellationToken) -> Option<Lost> {
        let stop = shutdown.child_token();
        let read_lists = async {
            if self.reads_lists {
                self.poll.run(&stop).await;
            }
        };
        let loops = async { tokio::join!(self.scheduler.run(&stop), read_lists) };
        tokio::pin!(loops);
        tokio::select! {
            _ = &mut loops => None,
            lost = self.workspace.owner.keep() => {
                stop.cancel();
                // A loop that has not ended by then is dropped together with its tasks.
                timeout(END_TIMEOUT, loops).await.ok();
                Some(lost)
            }
        }
    }

    /// Reads every list that is due. Tests use it to drive single steps.
    pub async fn poll(&self) -> Result<Report> {
        Box::pin(self.workspace.owner.hold(self.poll.step())).await
    }

    /// Fetches every interview that is due now. Returns the number of jobs settled.
    pub async fn fetch(&self) -> Result<usize> {
        Box::pin(self.workspace.owner.hold(self.scheduler.step())).await
    }
}
