//! Options: what writes the answers and the profiles, and takes facts from memories.

use clap::Args;

use super::key::key_in;
use crate::chat::ChatModel;
use crate::error::LocalServerError;

const ANSWERS: &str = "Answers by a model";

#[derive(Debug, Args, PartialEq)]
#[group(skip)]
pub(super) struct Options {
    /// Let a model of this endpoint, which is compatible with OpenAI's, write the answers: its base, such as http://127.0.0.1:11434/v1
    /// for Ollama. The questions are sent there, and the memories that were found for them; and those of a bucket that is asked for a
    /// profile [default: answers quote memories]
    #[arg(long, help_heading = ANSWERS, value_name = "URL", requires = "model")]
    model_url: Option<String>,

    /// The endpoint's model, such as qwen3:8b
    #[arg(long, help_heading = ANSWERS, value_name = "NAME", requires = "model_url")]
    model: Option<String>,

    /// The environment variable that holds the endpoint's API key
    #[arg(long, help_heading = ANSWERS, value_name = "VARIABLE", requires = "model_url")]
    model_key_env: Option<String>,

    /// Take facts from all memories with the model, in the background, and answer from these too. All memories are sent there
    #[arg(long, help_heading = ANSWERS, requires = "model_url")]
    pub(super) extract: bool,

    /// How many requests the model gets in a minute to take facts from memories, at most [default: 10]
    #[arg(long, help_heading = ANSWERS, value_name = "NUMBER", requires = "extract")]
    pub(super) extract_per_minute: Option<usize>,

    /// After how many new memories the model makes the profile of a bucket again that was asked for one before, which sends them to the
    /// endpoint. 0: on request alone [default: 20]
    #[arg(long, help_heading = ANSWERS, value_name = "NUMBER", requires = "model_url")]
    pub(super) profile_after: Option<u32>,
}

impl Options {
    pub(super) fn chat_model(&self) -> Result<Option<ChatModel>, LocalServerError> {
        let (Some(url), Some(model)) = (&self.model_url, &self.model) else { return Ok(None) };
        let chat_model = ChatModel::endpoint(url, model);
        match &self.model_key_env {
            Some(variable) => Ok(Some(chat_model.api_key(key_in(variable, "model_key_env")?))),
            None => Ok(Some(chat_model)),
        }
    }
}
