//! `prohori login`: a way into the dashboard for whoever controls its host.

use crate::audit::there;
use crate::cli::Login;
use dashboard_api::accounts::one_time_login;
use std::io::Write as _;

/// Prints a one-time login; it is used up by one sign-in, within a quarter of an hour.
pub(crate) fn run(args: &Login) -> anyhow::Result<()> {
    let token = one_time_login(there(&args.data)?, &args.user)?;
    writeln!(std::io::stdout(), "{token}")?;
    Ok(())
}
