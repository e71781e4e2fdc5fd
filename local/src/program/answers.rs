//! Options: what writes the answers and the profiles, and takes facts from memories.

use clap::Args;

use super::key::key_in;
use crate::chat::ChatModel;
use crate::error::LocalServerError;

const ANSWERS: &str = "Answers by a model";

#[derive(Debug, Args, PartialEq)]
#[group(skip)]
pub(super) struct Options {
    /// Let a model write the answers: the base URL of an endpoint compatible with OpenAI's, such as http://127.0.0.1:11434/v1 for Ollama.
    /// Questions are sent there with the memories found for them, and the memories of a bucket whose profile is requested [default:
    /// answers quote memories]
    #[arg(long, help_heading = ANSWERS, value_name = "URL", requires = "model")]
    model_url: Option<String>,

    /// The endpoint's model, such as qwen3:8b
    #[arg(long, help_heading = ANSWERS, value_name = "NAME", requires = "model_url")]
    model: Option<String>,

    /// The environment variable with the endpoint's API key
    #[arg(long, help_heading = ANSWERS, value_name = "VARIABLE", requires = "model_url")]
    model_key_env: Option<String>,

    /// Let the model take facts from all memories in the background, and use them in answers. Sends all memories to the endpoint
    #[arg(long, help_heading = ANSWERS, requires = "model_url")]
    pub(super) extract: bool,

    /// The most requests per minute to take facts from memories [default: 10]
    #[arg(long, help_heading = ANSWERS, value_name = "NUMBER", requires = "extract")]
    pub(super) extract_per_minute: Option<usize>,

    /// The number of new memories after which the model updates a bucket's profile, once you have requested one. Sends them to the
    /// endpoint. 0: only on request [default: 20]
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
