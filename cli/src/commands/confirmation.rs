//! Whether something is really to be deleted.

use clap::Args;

use crate::context::Context;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(super) struct Confirmation {
    /// The bucket's name again, instead of the prompt
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
    /// Do it without a prompt
    #[arg(short, long, conflicts_with = "confirm")]
    yes: bool,
}

impl Confirmation {
    /// `what` is what is lost, as in "all 12 memories of it".
    pub(super) fn check(&self, bucket: &str, what: &str, context: &Context) -> Result<(), Failure> {
        let confirmed = match &self.confirm {
            _ if self.yes => return Ok(()),
            Some(name) => name.clone(),
            None if context.terminal.can_ask() => {
                context.terminal.ask(&format!("This permanently deletes {what}. Type {bucket} to confirm: "))?
            }
            None => {
                return Err(Failure::usage(
                    "nothing was deleted: this needs a confirmation, and there is no terminal to ask on",
                )
                .hint(format!("Add `--confirm {bucket}` or `--yes`.")));
            }
        };
        match confirmed == bucket {
            true => Ok(()),
            false => Err(Failure::usage(format!("nothing was deleted: {confirmed:?} is not {bucket:?}"))),
        }
    }
}
