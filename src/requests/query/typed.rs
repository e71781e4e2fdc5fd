//! Asking for an answer of a type of the application's.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::Query;
use crate::call::{Call, Operation};
use crate::error::EngramError;
use crate::generated::types::{QueryResult, ReturnFormat};
use crate::requests::{request, setup};
use crate::retry::Repeat;
use crate::typed::{TypedAnswer, schema_of};

impl<Mode> Query<QueryResult, Mode> {
    /// Asks for an answer of the type `T`. The model is asked for JSON, and is shown the type's schema; the answer is decoded, or is an
    /// [`EngramError::Answer`]. With the feature `schemars` only.
    ///
    /// The schema guides the model and is not enforced. It replaces one that was set before; one that is set afterwards with
    /// [`response_schema`](Self::response_schema) replaces it. The descriptions in it are the comments of the type. What the model
    /// wrote is taken from [`answer_json`](QueryResult::answer_json) or, where the service could not parse it, from the text of the
    /// answer: all of it, or all that follows the last `FINAL ANSWER:`, in a code block or not.
    ///
    /// ```no_run
    /// # async fn example(engram: lumetra_engram::EngramClient) -> Result<(), lumetra_engram::EngramError> {
    /// use schemars::JsonSchema;
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize, JsonSchema)]
    /// struct Case {
    ///     title: String,
    ///     /// The year of the ruling.
    ///     year: u16,
    /// }
    ///
    /// let answer = engram.query("Which cases did we cite?").bucket("filings").json::<Vec<Case>>().await?;
    /// for case in &answer.value {
    ///     println!("{} ({})", case.title, case.year);
    /// }
    /// println!("{:?}", answer.result.usage);
    /// # Ok(())
    /// # }
    /// ```
    pub fn json<T: DeserializeOwned + JsonSchema>(self) -> Query<TypedAnswer<T>, Mode> {
        let query = self.return_format(ReturnFormat::Json).response_schema(schema_of::<T>());
        Query {
            setup: query.setup,
            question: query.question,
            buckets: query.buckets,
            top_k: query.top_k,
            top_k_per_bucket: query.top_k_per_bucket,
            max_tokens: query.max_tokens,
            response_schema: query.response_schema,
            options: query.options,
            extra: query.extra,
            answer: PhantomData,
        }
    }
}

impl<T, Mode> Query<TypedAnswer<T>, Mode> {
    fn check_typed(&self) -> Result<(), EngramError> {
        let refused = |problem: &str| Err(EngramError::invalid_request(problem.to_owned()));
        if self.options.skip_synthesis == Some(true) {
            return refused("with `skip_synthesis` there is no answer that `json` could decode");
        }
        if self.options.return_format != Some(ReturnFormat::Json) {
            return refused("with another `return_format` there is no answer that `json` could decode");
        }
        Ok(())
    }
}

impl<T: DeserializeOwned, Mode: Send> Operation for Query<TypedAnswer<T>, Mode> {
    const NAME: &str = "query";
    type Answer = TypedAnswer<T>;

    setup!();

    fn bucket_count(&self) -> usize {
        self.buckets.len()
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    async fn run(self, call: &Call) -> Result<TypedAnswer<T>, EngramError> {
        self.check_typed()?;
        let body = self.body(None)?;
        let outcome = call.api.query(&body).await;
        let result = call.answer(outcome).await?;
        call.typed(result)
    }
}

request!(
    /// Sends the request, waits for the whole answer, and decodes it.
    ///
    /// # Errors
    ///
    /// As for an answer in words, and [`EngramError::Answer`] where the answer is not of the type;
    /// [`EngramError::InvalidRequest`] also where the answer is left out with [`skip_synthesis`](Query::skip_synthesis), or asked for in
    /// words with [`return_format`](Query::return_format).
    {T: DeserializeOwned + 'static}
    Query[TypedAnswer<T>] => TypedAnswer<T>
);
