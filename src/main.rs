//! The one binary: all it does is in [`chinwag::cli`].

fn main() -> std::process::ExitCode {
    chinwag::cli::run()
}
