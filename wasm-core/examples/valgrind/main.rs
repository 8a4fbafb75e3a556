//! The questions to valgrind about the AEADs. `deno task test:ctgrind` and `bench:instructions`
//! start it.
//!
//! It asserts the expected answers, so that the exit code tells.

mod count;
mod request;
mod taint;
mod work;

fn main() {
    assert!(request::is_running(), "runs under valgrind only");
    match std::env::args().nth(1).as_deref() {
        Some("taint") => taint::check(),
        Some("table") => taint::check_table(),
        Some("early-exit") => taint::check_early_exit(),
        Some("count") => count::count(),
        other => panic!("no such check: {other:?}"),
    }
}
