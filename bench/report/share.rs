//! The share of a core that comes with a function's memory, as a control group (version 1 or 2) gives it: a quota in
//! every 20 ms. Making one takes root.

use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::cost::CORE_MEGABYTES;

const PERIOD_MICROSECONDS: u32 = 20_000;

pub struct Share(PathBuf);

impl Share {
    /// `None` where no group can be made.
    pub fn of(megabytes: u32) -> Option<Self> {
        let name = format!("latchkey-bench-{}", std::process::id());
        let quota = PERIOD_MICROSECONDS * megabytes / CORE_MEGABYTES;
        let make = |root: &str, limits: &[(&str, String)]| {
            let group = Path::new(root).join(&name);
            std::fs::create_dir(&group).ok()?;
            let share = Self(group);
            limits.iter().all(|(file, limit)| std::fs::write(share.0.join(file), limit).is_ok()).then_some(share)
        };
        let second = [("cpu.max", format!("{quota} {PERIOD_MICROSECONDS}"))];
        let first = [("cpu.cfs_period_us", PERIOD_MICROSECONDS.to_string()), ("cpu.cfs_quota_us", quota.to_string())];
        make("/sys/fs/cgroup/cpu", &first).or_else(|| make("/sys/fs/cgroup", &second))
    }

    /// From now on it is all that the process gets.
    pub fn hold(&self, process: u32) -> Outcome<()> {
        Ok(std::fs::write(self.0.join("cgroup.procs"), process.to_string())?)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // A group whose last process just ended may need a moment; one that stays is empty and harms nobody.
        std::fs::remove_dir(&self.0).ok();
    }
}
