//! The memory of a process.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

pub const MIB: u64 = 1 << 20;

/// The most memory that a process has had so far.
pub fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// A control group with a process that the kernel kills when it needs more memory.
pub struct Limited(PathBuf);

impl Limited {
    /// Limits the memory of a process. `None` when control groups cannot be used.
    pub fn to(bytes: u64, process: u32) -> Option<Self> {
        // Control groups of version 2, and of version 1.
        let hierarchies =
            [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")];
        hierarchies.into_iter().find_map(|(hierarchy, limit)| {
            let group = Path::new(hierarchy).join(format!("heymilo-sync-test-{process}"));
            fs::create_dir(&group).ok()?;
            let group = Self(group);
            group.set(limit, bytes).ok()?;
            group.set("cgroup.procs", process.into()).ok()?;
            Some(group)
        })
    }

    /// Writes a file of the kernel.
    fn set(&self, file: &str, value: u64) -> io::Result<()> {
        let mut file = File::options().write(true).open(self.0.join(file))?;
        file.write_all(value.to_string().as_bytes())
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        // When the process is still alive after a failure, the group stays.
        fs::remove_dir(&self.0).ok();
    }
}
