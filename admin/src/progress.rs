use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// How far long work is, on standard error: a bar for whoever watches, else a line each time.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    done: u64,
    total: Option<u64>,
}

impl Progress {
    /// Of work whose end is not known.
    pub(crate) fn counting(what: &'static str) -> Self {
        Self::new(what, None)
    }

    pub(crate) fn of(what: &'static str, total: u64) -> Self {
        Self::new(what, Some(total))
    }

    fn new(what: &'static str, total: Option<u64>) -> Self {
        let template =
            if total.is_some() { "{wide_bar} {pos}/{len} {msg} {eta}" } else { "{spinner} {pos} {msg} {elapsed}" };
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.with_style(style).with_message(what)
        });
        Self { bar, what, done: 0, total }
    }

    pub(crate) fn advance(&mut self, more: u64) {
        if more == 0 {
            return;
        }
        self.done += more;
        match (&self.bar, self.total) {
            (Some(bar), _) => bar.set_position(self.done),
            (None, Some(total)) => eprintln!("{}/{total} {}", self.done, self.what),
            (None, None) => eprintln!("{} {}", self.done, self.what),
        }
    }

    /// A line that stays.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish();
        }
    }
}
