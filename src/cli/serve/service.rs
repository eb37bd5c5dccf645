//! What a service manager is told (sd_notify, systemd's protocol). Where there is none, nothing happens.

/// The server listens.
pub(super) fn ready(addr: std::net::SocketAddr) {
    #[cfg(target_os = "linux")]
    tell(&[sd_notify::NotifyState::Ready, sd_notify::NotifyState::Status(&crate::host::Listening(addr).to_string())]);
    #[cfg(not(target_os = "linux"))]
    let _ = addr;
}

/// The settings are read again, which `done` does.
pub(super) fn reloading<T>(done: impl FnOnce() -> T) -> T {
    #[cfg(target_os = "linux")]
    if let Ok(now) = sd_notify::NotifyState::monotonic_usec_now() {
        tell(&[sd_notify::NotifyState::Reloading, now]);
    }
    let done = done();
    #[cfg(target_os = "linux")]
    tell(&[sd_notify::NotifyState::Ready]);
    done
}

/// Goodbyes are being said.
pub(super) fn stopping() {
    #[cfg(target_os = "linux")]
    tell(&[sd_notify::NotifyState::Stopping]);
}

#[cfg(target_os = "linux")]
fn tell(state: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        log::debug!("the service manager is not told: {error}");
    }
}
