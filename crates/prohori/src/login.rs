//! `prohori login`: a way into the dashboard for whoever controls its host.

use crate::audit::there;
use crate::cli::Login;
use dashboard_api::accounts::{one_time_login, reset_second_factor};
use std::io::Write as _;

/// Prints a one-time login; it is used up by one sign-in, within a quarter of an hour.
pub(crate) fn run(args: &Login) -> anyhow::Result<()> {
    if args.reset_second_factor && !reset_second_factor(there(&args.data)?, &args.user)? {
        eprintln!("{} has no second factor", args.user);
    }
    let token = one_time_login(there(&args.data)?, &args.user)?;
    writeln!(std::io::stdout(), "{token}")?;
    Ok(())
}
