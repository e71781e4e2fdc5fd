//! Whether something is really to be deleted.

use clap::Args;

use crate::context::Context;
use crate::failure::Failure;

#[derive(Debug, Args)]
pub(super) struct Confirmation {
    /// The bucket's name once more, in place of the question
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
    /// Do it without asking
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
                context.terminal.ask(&format!("This deletes {what} for good. Type {bucket} to go on: "))?
            }
            None => {
                return Err(Failure::usage("nothing was deleted: this is not confirmed, and there is nobody to ask")
                    .hint(format!("Add `--confirm {bucket}` or `--yes`.")));
            }
        };
        match confirmed == bucket {
            true => Ok(()),
            false => Err(Failure::usage(format!("nothing was deleted: {confirmed:?} is not {bucket:?}"))),
        }
    }
}
