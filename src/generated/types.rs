// Generated from openapi/engram.yaml by `cargo xtask regen`; do not edit.
// spec fingerprint f7d69f19f26b3b6c

///Says that a deletion was done. Clients need nothing from it.
#[derive(::serde::Serialize, Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct Acknowledgement {
    ///True; the name that some servers use.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub ok: ::std::option::Option<bool>,
    ///True.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub success: ::std::option::Option<bool>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///One fact of a batch.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
pub struct BatchMemory {
    ///The fact, as text. The service keeps it verbatim.
    pub content: ::std::string::String,
}
///A named set of memories.
#[derive(::serde::Serialize, Clone, Debug, PartialEq, Default)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct Bucket {
    ///The same as `name`, which new code should prefer.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub bucket_name: ::std::option::Option<::std::string::String>,
    ///When it was created, as ISO 8601 text.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub created_at: ::std::option::Option<::std::string::String>,
    ///What the bucket is for.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub description: ::std::option::Option<::std::string::String>,
    ///The bucket's id.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub id: ::std::option::Option<::std::string::String>,
    ///How many memories it has. Absent for a new bucket.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub memory_count: ::std::option::Option<i64>,
    ///The bucket's name, which the other calls take.
    pub name: ::std::string::String,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///Buckets.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[serde(transparent)]
pub struct Buckets(pub ::std::vec::Vec<Bucket>);
impl ::std::ops::Deref for Buckets {
    type Target = ::std::vec::Vec<Bucket>;
    fn deref(&self) -> &::std::vec::Vec<Bucket> {
        &self.0
    }
}
impl ::std::convert::From<Buckets> for ::std::vec::Vec<Bucket> {
    fn from(value: Buckets) -> Self {
        value.0
    }
}
impl ::std::convert::From<::std::vec::Vec<Bucket>> for Buckets {
    fn from(value: ::std::vec::Vec<Bucket>) -> Self {
        Self(value)
    }
}
///What a clearing did. Servers may leave out both fields.
#[derive(::serde::Serialize, Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct ClearMemoriesResult {
    ///How many memories were deleted.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub cleared_count: ::std::option::Option<i64>,
    ///True where the memories were deleted.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub success: ::std::option::Option<bool>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///A bucket to make.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
pub struct CreateBucketRequest {
    ///What the bucket is for.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub description: ::std::option::Option<::std::string::String>,
    ///The bucket's name. The service's rules for names are not published.
    pub name: ::std::string::String,
    /// Further fields to send, which this version of the client does not know. None may have the name of another field
    /// here: it would be sent twice.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
/**How similar a new memory and a stored one must be to be merged. `off`: every write is a new memory. `loose`: a cosine
similarity of at least 0.95, the service's choice where none is sent. `strict`: at least 0.99.
*/
#[derive(
    ::serde::Deserialize,
    ::serde::Serialize,
    Clone,
    Copy,
    Debug,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd
)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub enum Dedup {
    #[serde(rename = "off")]
    Off,
    #[serde(rename = "loose")]
    Loose,
    #[serde(rename = "strict")]
    Strict,
}
impl ::std::fmt::Display for Dedup {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        match *self {
            Self::Off => f.write_str("off"),
            Self::Loose => f.write_str("loose"),
            Self::Strict => f.write_str("strict"),
        }
    }
}
impl ::std::str::FromStr for Dedup {
    type Err = self::error::ConversionError;
    fn from_str(
        value: &str,
    ) -> ::std::result::Result<Self, self::error::ConversionError> {
        match value {
            "off" => Ok(Self::Off),
            "loose" => Ok(Self::Loose),
            "strict" => Ok(Self::Strict),
            _ => Err("invalid value".into()),
        }
    }
}
impl ::std::convert::TryFrom<&str> for Dedup {
    type Error = self::error::ConversionError;
    fn try_from(
        value: &str,
    ) -> ::std::result::Result<Self, self::error::ConversionError> {
        value.parse()
    }
}
impl ::std::convert::TryFrom<::std::string::String> for Dedup {
    type Error = self::error::ConversionError;
    fn try_from(
        value: ::std::string::String,
    ) -> ::std::result::Result<Self, self::error::ConversionError> {
        value.parse()
    }
}
///An entity of the question that the knowledge graph knows.
#[derive(::serde::Serialize, Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct EntityMatch {
    ///The bucket whose graph knows it.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub bucket_name: ::std::option::Option<::std::string::String>,
    ///The entity's name.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub entity: ::std::option::Option<::std::string::String>,
    ///How well it matches.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub score: ::std::option::Option<f64>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
/**Why a request failed. Clients should also accept bodies of other shapes: gateways answer in text or HTML, and a code may
stand in `error`, in `code` or in a nested object.
*/
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
pub struct Error {
    ///What went wrong, for programs, such as `BYOK_REQUIRED`.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub code: ::std::option::Option<::std::string::String>,
    ///What went wrong, for people, or a code.
    pub error: ::std::string::String,
}
///A fact of the knowledge graph, read as "subject predicate object".
#[derive(::serde::Serialize, Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct GraphFact {
    ///The id of that memory's bucket.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub bucket_id: ::std::option::Option<::std::string::String>,
    ///The name of that memory's bucket.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub bucket_name: ::std::option::Option<::std::string::String>,
    ///How many steps the fact is away from the question's entities; 0 for a direct fact.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub depth: ::std::option::Option<i64>,
    ///The memory that the fact was found in. Absent on old facts.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub memory_id: ::std::option::Option<::std::string::String>,
    ///What it says it of.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub object: ::std::option::Option<::std::string::String>,
    ///What it says.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub predicate: ::std::option::Option<::std::string::String>,
    ///What the fact is about.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub subject: ::std::option::Option<::std::string::String>,
    ///When the memory was stored, as an ISO 8601 text.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub timestamp: ::std::option::Option<::std::string::String>,
    ///The weight of the fact.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub weight: ::std::option::Option<f64>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///All buckets, or those of a page.
#[derive(::serde::Serialize, Clone, Debug, PartialEq, Default)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct ListBucketsResult {
    ///The buckets.
    pub buckets: ::std::vec::Vec<Bucket>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///A page of a bucket's memories.
#[derive(::serde::Serialize, Clone, Debug, PartialEq, Default)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct ListMemoriesResult {
    ///The limit that the server used, which may be lower than the requested one.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub limit: ::std::option::Option<i64>,
    ///The memories of this page, newest first.
    pub memories: ::std::vec::Vec<Memory>,
    ///How many memories were skipped.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub offset: ::std::option::Option<i64>,
    ///How many memories the bucket has.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub total: ::std::option::Option<i64>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///Memories, newest first.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[serde(transparent)]
pub struct Memories(pub ::std::vec::Vec<Memory>);
impl ::std::ops::Deref for Memories {
    type Target = ::std::vec::Vec<Memory>;
    fn deref(&self) -> &::std::vec::Vec<Memory> {
        &self.0
    }
}
impl ::std::convert::From<Memories> for ::std::vec::Vec<Memory> {
    fn from(value: Memories) -> Self {
        value.0
    }
}
impl ::std::convert::From<::std::vec::Vec<Memory>> for Memories {
    fn from(value: ::std::vec::Vec<Memory>) -> Self {
        Self(value)
    }
}
///A stored fact.
#[derive(::serde::Serialize, Clone, Debug, PartialEq, Default)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct Memory {
    ///The bucket that the memory is in.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub bucket_name: ::std::option::Option<::std::string::String>,
    ///The fact, verbatim.
    pub content: ::std::string::String,
    ///When it was stored, as an ISO 8601 text.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub created_at: ::std::option::Option<::std::string::String>,
    ///The memory's id.
    pub id: ::std::string::String,
    ///The same as `id`; the name that the other answers use.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub memory_id: ::std::option::Option<::std::string::String>,
    ///The length of the content, in tokens.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub token_count: ::std::option::Option<i64>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
/**A bucket's profile: a text, which may be JSON. Some servers send an object in place of the text. Null where there is none.
*/
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[serde(transparent)]
pub struct Profile(pub ::serde_json::Value);
impl ::std::ops::Deref for Profile {
    type Target = ::serde_json::Value;
    fn deref(&self) -> &::serde_json::Value {
        &self.0
    }
}
impl ::std::convert::From<Profile> for ::serde_json::Value {
    fn from(value: Profile) -> Self {
        value.0
    }
}
impl ::std::convert::From<::serde_json::Value> for Profile {
    fn from(value: ::serde_json::Value) -> Self {
        Self(value)
    }
}
///A bucket's profile. Older servers send `profile` only.
#[derive(::serde::Serialize, Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct ProfileResult {
    ///The bucket's id.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub bucket_id: ::std::option::Option<::std::string::String>,
    ///How many memories the bucket held then.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub n_memories_at_gen: ::std::option::Option<i64>,
    /// A bucket's profile: a text, which may be JSON. Some servers send an object in place of the text. Null where there is none.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub profile: ::std::option::Option<Profile>,
    ///What made the snapshot.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub source: ::std::option::Option<::std::string::String>,
    /** `ready`: there is a profile. `pending`: the profiler is installed but has not made one yet. `not_installed`: the bucket
has no profiler.*/
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub status: ::std::option::Option<crate::generated::types::ProfileStatus>,
    ///When the snapshot was made, as ISO 8601 text.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub updated_at: ::std::option::Option<::std::string::String>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///What a delta frame adds.
#[derive(::serde::Serialize, Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct QueryDelta {
    ///The text to append to the answer. An empty text is to be skipped.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub content: ::std::option::Option<::std::string::String>,
}
///The one choice of a delta frame.
#[derive(::serde::Serialize, Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct QueryDeltaChoice {
    /// What a delta frame adds.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub delta: ::std::option::Option<QueryDelta>,
}
///A piece of the answer.
#[derive(::serde::Serialize, Clone, Debug, PartialEq, Default)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct QueryDeltaFrame {
    ///One choice; further ones are to be ignored.
    pub choices: ::std::vec::Vec<QueryDeltaChoice>,
}
///The answer failed after the stream had begun.
#[derive(::serde::Serialize, Clone, Debug, PartialEq, Default)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct QueryErrorFrame {
    ///What went wrong, usually a text.
    pub error: ::serde_json::Value,
}
///The memories and facts behind an answer.
#[derive(::serde::Serialize, Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct QueryExplanation {
    ///The length of the retrieved context, in tokens.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub context_tokens: ::std::option::Option<i64>,
    ///The entities of the question that the graph knows.
    #[serde(default, skip_serializing_if = "::std::vec::Vec::is_empty")]
    pub entity_matches: ::std::vec::Vec<EntityMatch>,
    ///The facts of the knowledge graph that were used.
    #[serde(default, skip_serializing_if = "::std::vec::Vec::is_empty")]
    pub graph_facts: ::std::vec::Vec<GraphFact>,
    /// A bucket's profile: a text, which may be JSON. Some servers send an object in place of the text. Null where there is none.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub profile: ::std::option::Option<Profile>,
    ///The bucket's profile for each bucket's name, where several buckets with profilers were searched.
    #[serde(
        default,
        skip_serializing_if = ":: std :: collections :: BTreeMap::is_empty"
    )]
    pub profiles: ::std::collections::BTreeMap<::std::string::String, Profile>,
    ///The memories that were retrieved, best first.
    #[serde(default, skip_serializing_if = "::std::vec::Vec::is_empty")]
    pub retrieved_memories: ::std::vec::Vec<RetrievedMemory>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///The end of a streamed answer, with the memories and facts behind it. It has at least one of the fields below.
#[derive(::serde::Serialize, Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct QueryFinalFrame {
    ///The whole answer. Where it is left out, the deltas make it up.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub answer: ::std::option::Option<::std::string::String>,
    /**With `return_format` set to `json`, the answer parsed; null where the model wrote no valid JSON. Absent otherwise.
*/
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub answer_json: ::std::option::Option<::serde_json::Value>,
    /// The memories and facts behind an answer.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub explanation: ::std::option::Option<QueryExplanation>,
    ///How many memories were retrieved.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub memories_found: ::std::option::Option<i64>,
    ///True.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub success: ::std::option::Option<bool>,
    /// What the model's provider counted while the answer was written. Its fields are the provider's own.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub synthesis_usage: ::std::option::Option<SynthesisUsage>,
    /// The tokens that a query used.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub usage: ::std::option::Option<QueryUsage>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///How to retrieve and how to answer. Every option may be left out.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
pub struct QueryOptions {
    ///The longest answer, in tokens. The service's default is 8192.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub max_tokens: ::std::option::Option<::std::num::NonZeroU32>,
    /**Leaves out memories whose raw cosine similarity is lower, on top of the service's own adaptive threshold.
*/
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub min_similarity_threshold: ::std::option::Option<f64>,
    ///Leaves out memories whose `weighted_score`, the score after fusion, is lower.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub min_weighted_score: ::std::option::Option<f64>,
    /**A JSON Schema for the answer, with `return_format` set to `json`. It guides the model but is not enforced.
*/
    #[serde(default, skip_serializing_if = "::serde_json::Map::is_empty")]
    pub response_schema: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    ///Whether to return the memories and graph facts behind the answer. Clients send true by default.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub return_explanation: ::std::option::Option<bool>,
    /** `prose`: an answer in words, the service's default. `json`: JSON, which is returned parsed in
`answer_json`.*/
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub return_format: ::std::option::Option<ReturnFormat>,
    ///True to retrieve only; `answer` is then empty. Clients send false by default.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub skip_synthesis: ::std::option::Option<bool>,
    ///How many memories to retrieve from each bucket at most. Clients send 8 by default.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub top_k: ::std::option::Option<::std::num::NonZeroU32>,
    /** How many memories to retrieve from each bucket at most: one number for all buckets, or a number for each bucket's name.
Buckets that are not named use `top_k`.*/
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub top_k_per_bucket: ::std::option::Option<TopKPerBucket>,
    /// Further fields to send, which this version of the client does not know. None may have the name of another field
    /// here: it would be sent twice.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///A question.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
pub struct QueryRequest {
    /**The buckets to search; `["default"]` where none are sent. The name is plural: the service ignores `bucket` without
a word and searches `default`.
*/
    #[serde(default, skip_serializing_if = "::std::vec::Vec::is_empty")]
    pub buckets: ::std::vec::Vec<::std::string::String>,
    /// How to retrieve and how to answer. Every option may be left out.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub options: ::std::option::Option<QueryOptions>,
    ///The question, in natural language.
    pub query: ::std::string::String,
    ///True to get the answer as server-sent events. Left out otherwise.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub stream: ::std::option::Option<bool>,
    /// Further fields to send, which this version of the client does not know. None may have the name of another field
    /// here: it would be sent twice.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///An answer, with the memories and facts behind it.
#[derive(::serde::Serialize, Clone, Debug, PartialEq, Default)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct QueryResult {
    ///The answer in words. Empty or null where `skip_synthesis` was set.
    pub answer: ::std::string::String,
    /**With `return_format` set to `json`, the answer parsed; null where the model wrote no valid JSON. Absent otherwise.
*/
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub answer_json: ::std::option::Option<::serde_json::Value>,
    /// The memories and facts behind an answer.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub explanation: ::std::option::Option<QueryExplanation>,
    ///How many memories were retrieved.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub memories_found: ::std::option::Option<i64>,
    ///True.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub success: ::std::option::Option<bool>,
    /// What the model's provider counted while the answer was written. Its fields are the provider's own.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub synthesis_usage: ::std::option::Option<SynthesisUsage>,
    /// The tokens that a query used.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub usage: ::std::option::Option<QueryUsage>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
/**The data of one server-sent event of a streamed answer: any number of delta frames, then one final frame, then the
sentinel `[DONE]`, which is not JSON. An error frame ends the stream early. A stream that ends without a final frame
is not complete. Frames of other shapes may come and are to be ignored.

```text
data: {"choices":[{"delta":{"content":"The user prefers "}}]}

data: {"choices":[{"delta":{"content":"dark mode."}}]}

data: {"answer":"The user prefers dark mode.","memories_found":1,"usage":{"output_tokens":9}}

data: [DONE]
```
*/
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[serde(untagged)]
pub enum QueryStreamFrame {
    DeltaFrame(QueryDeltaFrame),
    ErrorFrame(QueryErrorFrame),
    FinalFrame(QueryFinalFrame),
}
impl ::std::convert::From<QueryDeltaFrame> for QueryStreamFrame {
    fn from(value: QueryDeltaFrame) -> Self {
        Self::DeltaFrame(value)
    }
}
impl ::std::convert::From<QueryErrorFrame> for QueryStreamFrame {
    fn from(value: QueryErrorFrame) -> Self {
        Self::ErrorFrame(value)
    }
}
impl ::std::convert::From<QueryFinalFrame> for QueryStreamFrame {
    fn from(value: QueryFinalFrame) -> Self {
        Self::FinalFrame(value)
    }
}
///The tokens that a query used.
#[derive(::serde::Serialize, Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct QueryUsage {
    ///The tokens that the model read, question and context together.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub actual_input_tokens: ::std::option::Option<i64>,
    ///The tokens that the model wrote.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub actual_output_tokens: ::std::option::Option<i64>,
    ///The tokens of the context that the service added to the question.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub context_tokens: ::std::option::Option<i64>,
    ///The tokens of the question.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub input_tokens: ::std::option::Option<i64>,
    ///The tokens of the answer.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub output_tokens: ::std::option::Option<i64>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///A memory that was retrieved for a question.
#[derive(::serde::Serialize, Clone, Debug, PartialEq, Default)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct RetrievedMemory {
    ///The name of `bucket_name` on older servers.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub bucket: ::std::option::Option<::std::string::String>,
    ///The id of the memory's bucket.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub bucket_id: ::std::option::Option<::std::string::String>,
    ///The name of the memory's bucket.
    #[serde(default)]
    pub bucket_name: ::std::string::String,
    ///The fact, verbatim.
    pub content: ::std::string::String,
    ///The name of `memory_id` on older servers.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub id: ::std::option::Option<::std::string::String>,
    ///The memory's id.
    #[serde(default)]
    pub memory_id: ::std::string::String,
    ///Further facts about the memory.
    #[serde(default, skip_serializing_if = "::serde_json::Map::is_empty")]
    pub metadata: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    ///The score of the search itself.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub raw_score: ::std::option::Option<f64>,
    ///The name of `weighted_score` on older servers.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub score: ::std::option::Option<f64>,
    ///The bucket's weight in the fusion.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub weight: ::std::option::Option<f64>,
    ///The score after fusion, which the memories are ranked by.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub weighted_score: ::std::option::Option<f64>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
/**`prose`: an answer in words, the service's default. `json`: JSON, which is returned parsed in
`answer_json`.
*/
#[derive(
    ::serde::Deserialize,
    ::serde::Serialize,
    Clone,
    Copy,
    Debug,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd
)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub enum ReturnFormat {
    #[serde(rename = "prose")]
    Prose,
    #[serde(rename = "json")]
    Json,
}
impl ::std::fmt::Display for ReturnFormat {
    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        match *self {
            Self::Prose => f.write_str("prose"),
            Self::Json => f.write_str("json"),
        }
    }
}
impl ::std::str::FromStr for ReturnFormat {
    type Err = self::error::ConversionError;
    fn from_str(
        value: &str,
    ) -> ::std::result::Result<Self, self::error::ConversionError> {
        match value {
            "prose" => Ok(Self::Prose),
            "json" => Ok(Self::Json),
            _ => Err("invalid value".into()),
        }
    }
}
impl ::std::convert::TryFrom<&str> for ReturnFormat {
    type Error = self::error::ConversionError;
    fn try_from(
        value: &str,
    ) -> ::std::result::Result<Self, self::error::ConversionError> {
        value.parse()
    }
}
impl ::std::convert::TryFrom<::std::string::String> for ReturnFormat {
    type Error = self::error::ConversionError;
    fn try_from(
        value: ::std::string::String,
    ) -> ::std::result::Result<Self, self::error::ConversionError> {
        value.parse()
    }
}
///Facts to store in one request.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
pub struct StoreMemoriesRequest {
    ///The facts, in order.
    pub memories: ::std::vec::Vec<BatchMemory>,
    /// Further fields to send, which this version of the client does not know. None may have the name of another field
    /// here: it would be sent twice.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///What became of each fact of a batch.
#[derive(::serde::Serialize, Clone, Debug, PartialEq, Default)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct StoreMemoriesResult {
    ///One result for each fact, in the order of the request.
    pub memories: ::std::vec::Vec<StoreMemoryResult>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///One fact to store.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
pub struct StoreMemoryRequest {
    ///The fact, as text. The service keeps it verbatim.
    pub content: ::std::string::String,
    /** How similar a new memory and a stored one must be to be merged. `off`: every write is a new memory. `loose`: a cosine
similarity of at least 0.95, the service's choice where none is sent. `strict`: at least 0.99.*/
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub dedup: ::std::option::Option<Dedup>,
    /// Further fields to send, which this version of the client does not know. None may have the name of another field
    /// here: it would be sent twice.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///What became of a fact that was to be stored.
#[derive(::serde::Serialize, Clone, Debug, PartialEq, Default)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[non_exhaustive]
pub struct StoreMemoryResult {
    ///The bucket that the memory is in.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub bucket_name: ::std::option::Option<::std::string::String>,
    ///When merged, the id of the memory that the fact was merged into.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub deduped_into: ::std::option::Option<::std::string::String>,
    ///The id of the memory that now contains the fact.
    pub id: ::std::string::String,
    ///The same as `id`, which new code should prefer.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub memory_id: ::std::option::Option<::std::string::String>,
    /** Why a fact was merged. `content_hash`: the same content was stored before. `embedding_similarity`: a memory is
similar enough. `conflict_keep_existing`: the service found a conflict and decided that the older memory stands.
`concurrent_insert_race`: another request stored the same content at the same time.*/
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub merge_reason: ::std::option::Option<crate::generated::types::MergeReason>,
    ///When merged, how similar the two are, from 0 to 1; 1 for the same content.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub similarity_score: ::std::option::Option<f64>,
    /** `stored`: a new memory was created. `merged`: the fact was merged into an existing memory. Older servers send
no status.*/
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub status: ::std::option::Option<crate::generated::types::StoreStatus>,
    ///Sent by some servers; true.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub success: ::std::option::Option<bool>,
    ///The length of the content, in tokens.
    #[serde(skip_serializing_if = "::std::option::Option::is_none")]
    pub token_count: ::std::option::Option<i64>,
    /// Fields that this version of the client does not know, as they were sent. A number beyond 64 bits is rounded.
    #[serde(flatten)]
    pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
}
///One result for each fact, in the order of the request.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[serde(transparent)]
pub struct StoreMemoryResults(pub ::std::vec::Vec<StoreMemoryResult>);
impl ::std::ops::Deref for StoreMemoryResults {
    type Target = ::std::vec::Vec<StoreMemoryResult>;
    fn deref(&self) -> &::std::vec::Vec<StoreMemoryResult> {
        &self.0
    }
}
impl ::std::convert::From<StoreMemoryResults> for ::std::vec::Vec<StoreMemoryResult> {
    fn from(value: StoreMemoryResults) -> Self {
        value.0
    }
}
impl ::std::convert::From<::std::vec::Vec<StoreMemoryResult>> for StoreMemoryResults {
    fn from(value: ::std::vec::Vec<StoreMemoryResult>) -> Self {
        Self(value)
    }
}
///The one fact to store, or each fact of a batch.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[serde(untagged)]
pub enum StoreRequest {
    MemoryRequest(StoreMemoryRequest),
    MemoriesRequest(StoreMemoriesRequest),
}
impl ::std::convert::From<StoreMemoryRequest> for StoreRequest {
    fn from(value: StoreMemoryRequest) -> Self {
        Self::MemoryRequest(value)
    }
}
impl ::std::convert::From<StoreMemoriesRequest> for StoreRequest {
    fn from(value: StoreMemoriesRequest) -> Self {
        Self::MemoriesRequest(value)
    }
}
///What became of the one fact, or of each fact of a batch.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[serde(untagged)]
pub enum StoreResult {
    MemoryResult(StoreMemoryResult),
    MemoriesAnswer(
        crate::wire::BareOrWrapped<
            crate::generated::types::StoreMemoriesResult,
            crate::generated::types::StoreMemoryResult,
        >,
    ),
}
impl ::std::convert::From<StoreMemoryResult> for StoreResult {
    fn from(value: StoreMemoryResult) -> Self {
        Self::MemoryResult(value)
    }
}
impl ::std::convert::From<
    crate::wire::BareOrWrapped<
        crate::generated::types::StoreMemoriesResult,
        crate::generated::types::StoreMemoryResult,
    >,
> for StoreResult {
    fn from(
        value: crate::wire::BareOrWrapped<
            crate::generated::types::StoreMemoriesResult,
            crate::generated::types::StoreMemoryResult,
        >,
    ) -> Self {
        Self::MemoriesAnswer(value)
    }
}
///What the model's provider counted while the answer was written. Its fields are the provider's own.
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[serde(transparent)]
pub struct SynthesisUsage(
    pub ::serde_json::Map<::std::string::String, ::serde_json::Value>,
);
impl ::std::ops::Deref for SynthesisUsage {
    type Target = ::serde_json::Map<::std::string::String, ::serde_json::Value>;
    fn deref(&self) -> &::serde_json::Map<::std::string::String, ::serde_json::Value> {
        &self.0
    }
}
impl ::std::convert::From<SynthesisUsage>
for ::serde_json::Map<::std::string::String, ::serde_json::Value> {
    fn from(value: SynthesisUsage) -> Self {
        value.0
    }
}
impl ::std::convert::From<::serde_json::Map<::std::string::String, ::serde_json::Value>>
for SynthesisUsage {
    fn from(
        value: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    ) -> Self {
        Self(value)
    }
}
/**How many memories to retrieve from each bucket at most: one number for all buckets, or a number for each bucket's name.
Buckets that are not named use `top_k`.
*/
#[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schemars", derive(::schemars::JsonSchema))]
#[serde(untagged)]
pub enum TopKPerBucket {
    All(::std::num::NonZeroU32),
    Each(::std::collections::BTreeMap<::std::string::String, ::std::num::NonZeroU32>),
}
impl ::std::convert::From<::std::num::NonZeroU32> for TopKPerBucket {
    fn from(value: ::std::num::NonZeroU32) -> Self {
        Self::All(value)
    }
}
impl ::std::convert::From<
    ::std::collections::BTreeMap<::std::string::String, ::std::num::NonZeroU32>,
> for TopKPerBucket {
    fn from(
        value: ::std::collections::BTreeMap<
            ::std::string::String,
            ::std::num::NonZeroU32,
        >,
    ) -> Self {
        Self::Each(value)
    }
}
/// Error types.
pub mod error {
    /// Error from a `TryFrom` or `FromStr` implementation.
    pub struct ConversionError(::std::borrow::Cow<'static, str>);
    impl ::std::error::Error for ConversionError {}
    impl ::std::fmt::Display for ConversionError {
        fn fmt(
            &self,
            f: &mut ::std::fmt::Formatter<'_>,
        ) -> Result<(), ::std::fmt::Error> {
            ::std::fmt::Display::fmt(&self.0, f)
        }
    }
    impl ::std::fmt::Debug for ConversionError {
        fn fmt(
            &self,
            f: &mut ::std::fmt::Formatter<'_>,
        ) -> Result<(), ::std::fmt::Error> {
            ::std::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl From<&'static str> for ConversionError {
        fn from(value: &'static str) -> Self {
            Self(value.into())
        }
    }
    impl From<String> for ConversionError {
        fn from(value: String) -> Self {
            Self(value.into())
        }
    }
}
impl<'de> ::serde::Deserialize<'de> for Acknowledgement {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for Acknowledgement {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut ok_property = crate::wire::Property::Absent;
        let mut success_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "ok" => ok_property = members.next_value()?,
                "success" => success_property = members.next_value()?,
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        Ok(Self {
            ok: ok_property.optional(),
            success: success_property.optional(),
            extra: unknown,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for Bucket {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for Bucket {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut bucket_name_property = crate::wire::Property::Absent;
        let mut created_at_property = crate::wire::Property::Absent;
        let mut description_property = crate::wire::Property::Absent;
        let mut id_property = crate::wire::Property::Absent;
        let mut memory_count_property = crate::wire::Property::Absent;
        let mut name_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "bucket_name" => bucket_name_property = members.next_value()?,
                "created_at" => created_at_property = crate::wire::text(&mut members)?,
                "description" => description_property = members.next_value()?,
                "id" => id_property = crate::wire::text(&mut members)?,
                "memory_count" => {
                    memory_count_property = crate::wire::number(&mut members)?;
                }
                "name" => name_property = members.next_value()?,
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        name_property.or_mirrored_name(&bucket_name_property);
        Ok(Self {
            bucket_name: bucket_name_property.optional(),
            created_at: created_at_property.optional(),
            description: description_property.optional(),
            id: id_property.optional(),
            memory_count: memory_count_property.optional(),
            name: name_property.needed("name")?,
            extra: unknown,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for ClearMemoriesResult {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for ClearMemoriesResult {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut cleared_count_property = crate::wire::Property::Absent;
        let mut success_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "cleared_count" => {
                    cleared_count_property = crate::wire::number(&mut members)?;
                }
                "success" => success_property = members.next_value()?,
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        Ok(Self {
            cleared_count: cleared_count_property.optional(),
            success: success_property.optional(),
            extra: unknown,
        })
    }
}
impl crate::wire::ExtensibleBody for CreateBucketRequest {
    const REQUIRED: &'static [&'static str] = &["name"];
    const OPTIONAL: &'static [&'static str] = &["description"];
    fn extra(&self) -> &::serde_json::Map<::std::string::String, ::serde_json::Value> {
        &self.extra
    }
}
impl<'de> ::serde::Deserialize<'de> for EntityMatch {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for EntityMatch {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut bucket_name_property = crate::wire::Property::Absent;
        let mut entity_property = crate::wire::Property::Absent;
        let mut score_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "bucket_name" => bucket_name_property = members.next_value()?,
                "entity" => entity_property = members.next_value()?,
                "score" => score_property = crate::wire::number(&mut members)?,
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        Ok(Self {
            bucket_name: bucket_name_property.optional(),
            entity: entity_property.optional(),
            score: score_property.optional(),
            extra: unknown,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for GraphFact {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for GraphFact {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut bucket_id_property = crate::wire::Property::Absent;
        let mut bucket_name_property = crate::wire::Property::Absent;
        let mut depth_property = crate::wire::Property::Absent;
        let mut memory_id_property = crate::wire::Property::Absent;
        let mut object_property = crate::wire::Property::Absent;
        let mut predicate_property = crate::wire::Property::Absent;
        let mut subject_property = crate::wire::Property::Absent;
        let mut timestamp_property = crate::wire::Property::Absent;
        let mut weight_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "bucket_id" => bucket_id_property = crate::wire::text(&mut members)?,
                "bucket_name" => bucket_name_property = members.next_value()?,
                "depth" => depth_property = crate::wire::number(&mut members)?,
                "memory_id" => memory_id_property = crate::wire::text(&mut members)?,
                "object" => object_property = members.next_value()?,
                "predicate" => predicate_property = members.next_value()?,
                "subject" => subject_property = members.next_value()?,
                "timestamp" => timestamp_property = members.next_value()?,
                "weight" => weight_property = crate::wire::number(&mut members)?,
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        Ok(Self {
            bucket_id: bucket_id_property.optional(),
            bucket_name: bucket_name_property.optional(),
            depth: depth_property.optional(),
            memory_id: memory_id_property.optional(),
            object: object_property.optional(),
            predicate: predicate_property.optional(),
            subject: subject_property.optional(),
            timestamp: timestamp_property.optional(),
            weight: weight_property.optional(),
            extra: unknown,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for ListBucketsResult {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for ListBucketsResult {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut buckets_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "buckets" => buckets_property = members.next_value()?,
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        Ok(Self {
            buckets: buckets_property.needed_or_null("buckets")?,
            extra: unknown,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for ListMemoriesResult {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for ListMemoriesResult {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut limit_property = crate::wire::Property::Absent;
        let mut memories_property = crate::wire::Property::Absent;
        let mut offset_property = crate::wire::Property::Absent;
        let mut total_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "limit" => limit_property = crate::wire::number(&mut members)?,
                "memories" => memories_property = members.next_value()?,
                "offset" => offset_property = crate::wire::number(&mut members)?,
                "total" => total_property = crate::wire::number(&mut members)?,
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        memories_property.or_alias(&mut unknown, &["data", "items"])?;
        Ok(Self {
            limit: limit_property.optional(),
            memories: memories_property.needed_or_null("memories")?,
            offset: offset_property.optional(),
            total: total_property.optional(),
            extra: unknown,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for Memory {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for Memory {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut bucket_name_property = crate::wire::Property::Absent;
        let mut content_property = crate::wire::Property::Absent;
        let mut created_at_property = crate::wire::Property::Absent;
        let mut id_property = crate::wire::Property::Absent;
        let mut memory_id_property = crate::wire::Property::Absent;
        let mut token_count_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "bucket_name" => bucket_name_property = members.next_value()?,
                "content" => content_property = members.next_value()?,
                "created_at" => created_at_property = crate::wire::text(&mut members)?,
                "id" => id_property = crate::wire::text(&mut members)?,
                "memory_id" => memory_id_property = crate::wire::text(&mut members)?,
                "token_count" => {
                    token_count_property = crate::wire::number(&mut members)?;
                }
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        id_property.or_mirrored_name(&memory_id_property);
        Ok(Self {
            bucket_name: bucket_name_property.optional(),
            content: content_property.needed("content")?,
            created_at: created_at_property.optional(),
            id: id_property.needed("id")?,
            memory_id: memory_id_property.optional(),
            token_count: token_count_property.optional(),
            extra: unknown,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for ProfileResult {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for ProfileResult {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut bucket_id_property = crate::wire::Property::Absent;
        let mut n_memories_at_gen_property = crate::wire::Property::Absent;
        let mut profile_property = crate::wire::Property::Absent;
        let mut source_property = crate::wire::Property::Absent;
        let mut status_property = crate::wire::Property::Absent;
        let mut updated_at_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "bucket_id" => bucket_id_property = crate::wire::text(&mut members)?,
                "n_memories_at_gen" => {
                    n_memories_at_gen_property = crate::wire::number(&mut members)?;
                }
                "profile" => profile_property = members.next_value()?,
                "source" => source_property = members.next_value()?,
                "status" => status_property = members.next_value()?,
                "updated_at" => updated_at_property = crate::wire::text(&mut members)?,
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        Ok(Self {
            bucket_id: bucket_id_property.optional(),
            n_memories_at_gen: n_memories_at_gen_property.optional(),
            profile: profile_property.optional(),
            source: source_property.optional(),
            status: status_property.optional(),
            updated_at: updated_at_property.optional(),
            extra: unknown,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for QueryDelta {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for QueryDelta {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut content_property = crate::wire::Property::Absent;
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "content" => content_property = members.next_value()?,
                _ => {
                    members.next_value::<::serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(Self {
            content: content_property.optional(),
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for QueryDeltaChoice {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for QueryDeltaChoice {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut delta_property = crate::wire::Property::Absent;
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "delta" => delta_property = members.next_value()?,
                _ => {
                    members.next_value::<::serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(Self {
            delta: delta_property.optional(),
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for QueryDeltaFrame {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for QueryDeltaFrame {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut choices_property = crate::wire::Property::Absent;
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "choices" => choices_property = members.next_value()?,
                _ => {
                    members.next_value::<::serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(Self {
            choices: choices_property.needed_or_null("choices")?,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for QueryErrorFrame {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for QueryErrorFrame {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut error_property = crate::wire::Property::Absent;
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "error" => error_property = members.next_value()?,
                _ => {
                    members.next_value::<::serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(Self {
            error: error_property.needed_or_null("error")?,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for QueryExplanation {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for QueryExplanation {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut context_tokens_property = crate::wire::Property::Absent;
        let mut entity_matches_property = crate::wire::Property::Absent;
        let mut graph_facts_property = crate::wire::Property::Absent;
        let mut profile_property = crate::wire::Property::Absent;
        let mut profiles_property = crate::wire::Property::Absent;
        let mut retrieved_memories_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "context_tokens" => {
                    context_tokens_property = crate::wire::number(&mut members)?;
                }
                "entity_matches" => entity_matches_property = members.next_value()?,
                "graph_facts" => graph_facts_property = members.next_value()?,
                "profile" => profile_property = members.next_value()?,
                "profiles" => profiles_property = members.next_value()?,
                "retrieved_memories" => {
                    retrieved_memories_property = members.next_value()?;
                }
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        Ok(Self {
            context_tokens: context_tokens_property.optional(),
            entity_matches: entity_matches_property.or_default(),
            graph_facts: graph_facts_property.or_default(),
            profile: profile_property.optional(),
            profiles: profiles_property.or_default(),
            retrieved_memories: retrieved_memories_property.or_default(),
            extra: unknown,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for QueryFinalFrame {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for QueryFinalFrame {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut answer_property = crate::wire::Property::Absent;
        let mut answer_json_property = crate::wire::Property::Absent;
        let mut explanation_property = crate::wire::Property::Absent;
        let mut memories_found_property = crate::wire::Property::Absent;
        let mut success_property = crate::wire::Property::Absent;
        let mut synthesis_usage_property = crate::wire::Property::Absent;
        let mut usage_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "answer" => answer_property = members.next_value()?,
                "answer_json" => answer_json_property = members.next_value()?,
                "explanation" => explanation_property = members.next_value()?,
                "memories_found" => {
                    memories_found_property = crate::wire::number(&mut members)?;
                }
                "success" => success_property = members.next_value()?,
                "synthesis_usage" => synthesis_usage_property = members.next_value()?,
                "usage" => usage_property = members.next_value()?,
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        Ok(Self {
            answer: answer_property.optional(),
            answer_json: answer_json_property.optional(),
            explanation: explanation_property.optional(),
            memories_found: memories_found_property.optional(),
            success: success_property.optional(),
            synthesis_usage: synthesis_usage_property.optional(),
            usage: usage_property.optional(),
            extra: unknown,
        })
    }
}
impl crate::wire::ExtensibleBody for QueryOptions {
    const REQUIRED: &'static [&'static str] = &[];
    const OPTIONAL: &'static [&'static str] = &[
        "max_tokens",
        "min_similarity_threshold",
        "min_weighted_score",
        "response_schema",
        "return_explanation",
        "return_format",
        "skip_synthesis",
        "top_k",
        "top_k_per_bucket",
    ];
    fn extra(&self) -> &::serde_json::Map<::std::string::String, ::serde_json::Value> {
        &self.extra
    }
}
impl crate::wire::ExtensibleBody for QueryRequest {
    const REQUIRED: &'static [&'static str] = &["query"];
    const OPTIONAL: &'static [&'static str] = &["buckets", "options", "stream"];
    fn extra(&self) -> &::serde_json::Map<::std::string::String, ::serde_json::Value> {
        &self.extra
    }
}
impl<'de> ::serde::Deserialize<'de> for QueryResult {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for QueryResult {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut answer_property = crate::wire::Property::Absent;
        let mut answer_json_property = crate::wire::Property::Absent;
        let mut explanation_property = crate::wire::Property::Absent;
        let mut memories_found_property = crate::wire::Property::Absent;
        let mut success_property = crate::wire::Property::Absent;
        let mut synthesis_usage_property = crate::wire::Property::Absent;
        let mut usage_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "answer" => answer_property = members.next_value()?,
                "answer_json" => answer_json_property = members.next_value()?,
                "explanation" => explanation_property = members.next_value()?,
                "memories_found" => {
                    memories_found_property = crate::wire::number(&mut members)?;
                }
                "success" => success_property = members.next_value()?,
                "synthesis_usage" => synthesis_usage_property = members.next_value()?,
                "usage" => usage_property = members.next_value()?,
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        Ok(Self {
            answer: answer_property.needed_or_null("answer")?,
            answer_json: answer_json_property.optional(),
            explanation: explanation_property.optional(),
            memories_found: memories_found_property.optional(),
            success: success_property.optional(),
            synthesis_usage: synthesis_usage_property.optional(),
            usage: usage_property.optional(),
            extra: unknown,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for QueryUsage {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for QueryUsage {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut actual_input_tokens_property = crate::wire::Property::Absent;
        let mut actual_output_tokens_property = crate::wire::Property::Absent;
        let mut context_tokens_property = crate::wire::Property::Absent;
        let mut input_tokens_property = crate::wire::Property::Absent;
        let mut output_tokens_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "actual_input_tokens" => {
                    actual_input_tokens_property = crate::wire::number(&mut members)?;
                }
                "actual_output_tokens" => {
                    actual_output_tokens_property = crate::wire::number(&mut members)?;
                }
                "context_tokens" => {
                    context_tokens_property = crate::wire::number(&mut members)?;
                }
                "input_tokens" => {
                    input_tokens_property = crate::wire::number(&mut members)?;
                }
                "output_tokens" => {
                    output_tokens_property = crate::wire::number(&mut members)?;
                }
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        Ok(Self {
            actual_input_tokens: actual_input_tokens_property.optional(),
            actual_output_tokens: actual_output_tokens_property.optional(),
            context_tokens: context_tokens_property.optional(),
            input_tokens: input_tokens_property.optional(),
            output_tokens: output_tokens_property.optional(),
            extra: unknown,
        })
    }
}
impl<'de> ::serde::Deserialize<'de> for RetrievedMemory {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for RetrievedMemory {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut bucket_property = crate::wire::Property::Absent;
        let mut bucket_id_property = crate::wire::Property::Absent;
        let mut bucket_name_property = crate::wire::Property::Absent;
        let mut content_property = crate::wire::Property::Absent;
        let mut id_property = crate::wire::Property::Absent;
        let mut memory_id_property = crate::wire::Property::Absent;
        let mut metadata_property = crate::wire::Property::Absent;
        let mut raw_score_property = crate::wire::Property::Absent;
        let mut score_property = crate::wire::Property::Absent;
        let mut weight_property = crate::wire::Property::Absent;
        let mut weighted_score_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "bucket" => bucket_property = members.next_value()?,
                "bucket_id" => bucket_id_property = crate::wire::text(&mut members)?,
                "bucket_name" => bucket_name_property = members.next_value()?,
                "content" => content_property = members.next_value()?,
                "id" => id_property = crate::wire::text(&mut members)?,
                "memory_id" => memory_id_property = crate::wire::text(&mut members)?,
                "metadata" => metadata_property = members.next_value()?,
                "raw_score" => raw_score_property = crate::wire::number(&mut members)?,
                "score" => score_property = crate::wire::number(&mut members)?,
                "weight" => weight_property = crate::wire::number(&mut members)?,
                "weighted_score" => {
                    weighted_score_property = crate::wire::number(&mut members)?;
                }
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        bucket_name_property.or_mirrored_name(&bucket_property);
        memory_id_property.or_mirrored_name(&id_property);
        weighted_score_property.or_mirror(&score_property);
        Ok(Self {
            bucket: bucket_property.optional(),
            bucket_id: bucket_id_property.optional(),
            bucket_name: bucket_name_property.or_default(),
            content: content_property.needed("content")?,
            id: id_property.optional(),
            memory_id: memory_id_property.or_default(),
            metadata: metadata_property.or_default(),
            raw_score: raw_score_property.optional(),
            score: score_property.optional(),
            weight: weight_property.optional(),
            weighted_score: weighted_score_property.optional(),
            extra: unknown,
        })
    }
}
impl crate::wire::ExtensibleBody for StoreMemoriesRequest {
    const REQUIRED: &'static [&'static str] = &["memories"];
    const OPTIONAL: &'static [&'static str] = &[];
    fn extra(&self) -> &::serde_json::Map<::std::string::String, ::serde_json::Value> {
        &self.extra
    }
}
impl<'de> ::serde::Deserialize<'de> for StoreMemoriesResult {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for StoreMemoriesResult {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut memories_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "memories" => memories_property = members.next_value()?,
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        Ok(Self {
            memories: memories_property.needed_or_null("memories")?,
            extra: unknown,
        })
    }
}
impl crate::wire::ExtensibleBody for StoreMemoryRequest {
    const REQUIRED: &'static [&'static str] = &["content"];
    const OPTIONAL: &'static [&'static str] = &["dedup"];
    fn extra(&self) -> &::serde_json::Map<::std::string::String, ::serde_json::Value> {
        &self.extra
    }
}
impl<'de> ::serde::Deserialize<'de> for StoreMemoryResult {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        crate::wire::read_object(deserializer)
    }
}
impl crate::wire::Object for StoreMemoryResult {
    fn read<'de, A: ::serde::de::MapAccess<'de>>(
        mut members: A,
    ) -> ::std::result::Result<Self, A::Error> {
        let mut bucket_name_property = crate::wire::Property::Absent;
        let mut deduped_into_property = crate::wire::Property::Absent;
        let mut id_property = crate::wire::Property::Absent;
        let mut memory_id_property = crate::wire::Property::Absent;
        let mut merge_reason_property = crate::wire::Property::Absent;
        let mut similarity_score_property = crate::wire::Property::Absent;
        let mut status_property = crate::wire::Property::Absent;
        let mut success_property = crate::wire::Property::Absent;
        let mut token_count_property = crate::wire::Property::Absent;
        let mut unknown = ::serde_json::Map::new();
        while let Some(name) = members.next_key::<crate::wire::Name<'de>>()? {
            match &*name.0 {
                "bucket_name" => bucket_name_property = members.next_value()?,
                "deduped_into" => deduped_into_property = members.next_value()?,
                "id" => id_property = crate::wire::text(&mut members)?,
                "memory_id" => memory_id_property = crate::wire::text(&mut members)?,
                "merge_reason" => merge_reason_property = members.next_value()?,
                "similarity_score" => {
                    similarity_score_property = crate::wire::number(&mut members)?;
                }
                "status" => status_property = members.next_value()?,
                "success" => success_property = members.next_value()?,
                "token_count" => {
                    token_count_property = crate::wire::number(&mut members)?;
                }
                _ => {
                    unknown.insert(name.0.into_owned(), members.next_value()?);
                }
            }
        }
        id_property.or_mirrored_name(&memory_id_property);
        Ok(Self {
            bucket_name: bucket_name_property.optional(),
            deduped_into: deduped_into_property.optional(),
            id: id_property.needed("id")?,
            memory_id: memory_id_property.optional(),
            merge_reason: merge_reason_property.optional(),
            similarity_score: similarity_score_property.optional(),
            status: status_property.optional(),
            success: success_property.optional(),
            token_count: token_count_property.optional(),
            extra: unknown,
        })
    }
}
/**Why a fact was merged. `content_hash`: the same content was stored before. `embedding_similarity`: a memory is
similar enough. `conflict_keep_existing`: the service found a conflict and decided that the older memory stands.
`concurrent_insert_race`: another request stored the same content at the same time.*/
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MergeReason {
    ///`content_hash`
    ContentHash,
    ///`embedding_similarity`
    EmbeddingSimilarity,
    ///`conflict_keep_existing`
    ConflictKeepExisting,
    ///`concurrent_insert_race`
    ConcurrentInsertRace,
    /// A value that this version does not know, as it was sent.
    Unknown(::std::string::String),
}
impl MergeReason {
    /// The value as it is sent.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ContentHash => "content_hash",
            Self::EmbeddingSimilarity => "embedding_similarity",
            Self::ConflictKeepExisting => "conflict_keep_existing",
            Self::ConcurrentInsertRace => "concurrent_insert_race",
            Self::Unknown(value) => value,
        }
    }
}
impl ::std::convert::From<::std::string::String> for MergeReason {
    fn from(value: ::std::string::String) -> Self {
        match value.as_str() {
            "content_hash" => Self::ContentHash,
            "embedding_similarity" => Self::EmbeddingSimilarity,
            "conflict_keep_existing" => Self::ConflictKeepExisting,
            "concurrent_insert_race" => Self::ConcurrentInsertRace,
            _ => Self::Unknown(value),
        }
    }
}
impl ::std::convert::From<&str> for MergeReason {
    fn from(value: &str) -> Self {
        Self::from(value.to_owned())
    }
}
impl ::std::fmt::Display for MergeReason {
    fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}
impl ::serde::Serialize for MergeReason {
    fn serialize<S: ::serde::Serializer>(
        &self,
        serializer: S,
    ) -> ::std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> ::serde::Deserialize<'de> for MergeReason {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)
            .map(Self::from)
    }
}
#[cfg(feature = "schemars")]
impl ::schemars::JsonSchema for MergeReason {
    fn schema_name() -> ::std::borrow::Cow<'static, str> {
        "MergeReason".into()
    }
    fn schema_id() -> ::std::borrow::Cow<'static, str> {
        concat!(module_path!(), "::", "MergeReason").into()
    }
    fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
        ::schemars::json_schema!(
            { "type" : "string", "description" :
            "Why a fact was merged. `content_hash`: the same content was stored before. `embedding_similarity`: a memory is\nsimilar enough. `conflict_keep_existing`: the service found a conflict and decided that the older memory stands.\n`concurrent_insert_race`: another request stored the same content at the same time.",
            "examples" : ["content_hash", "embedding_similarity",
            "conflict_keep_existing", "concurrent_insert_race"] }
        )
    }
}
/**`ready`: there is a profile. `pending`: the profiler is installed but has not made one yet. `not_installed`: the bucket
has no profiler.*/
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProfileStatus {
    ///`ready`
    Ready,
    ///`pending`
    Pending,
    ///`not_installed`
    NotInstalled,
    /// A value that this version does not know, as it was sent.
    Unknown(::std::string::String),
}
impl ProfileStatus {
    /// The value as it is sent.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ready => "ready",
            Self::Pending => "pending",
            Self::NotInstalled => "not_installed",
            Self::Unknown(value) => value,
        }
    }
}
impl ::std::convert::From<::std::string::String> for ProfileStatus {
    fn from(value: ::std::string::String) -> Self {
        match value.as_str() {
            "ready" => Self::Ready,
            "pending" => Self::Pending,
            "not_installed" => Self::NotInstalled,
            _ => Self::Unknown(value),
        }
    }
}
impl ::std::convert::From<&str> for ProfileStatus {
    fn from(value: &str) -> Self {
        Self::from(value.to_owned())
    }
}
impl ::std::fmt::Display for ProfileStatus {
    fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}
impl ::serde::Serialize for ProfileStatus {
    fn serialize<S: ::serde::Serializer>(
        &self,
        serializer: S,
    ) -> ::std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> ::serde::Deserialize<'de> for ProfileStatus {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)
            .map(Self::from)
    }
}
#[cfg(feature = "schemars")]
impl ::schemars::JsonSchema for ProfileStatus {
    fn schema_name() -> ::std::borrow::Cow<'static, str> {
        "ProfileStatus".into()
    }
    fn schema_id() -> ::std::borrow::Cow<'static, str> {
        concat!(module_path!(), "::", "ProfileStatus").into()
    }
    fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
        ::schemars::json_schema!(
            { "type" : "string", "description" :
            "`ready`: there is a profile. `pending`: the profiler is installed but has not made one yet. `not_installed`: the bucket\nhas no profiler.",
            "examples" : ["ready", "pending", "not_installed"] }
        )
    }
}
/**`stored`: a new memory was created. `merged`: the fact was merged into an existing memory. Older servers send
no status.*/
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreStatus {
    ///`stored`
    Stored,
    ///`merged`
    Merged,
    /// A value that this version does not know, as it was sent.
    Unknown(::std::string::String),
}
impl StoreStatus {
    /// The value as it is sent.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stored => "stored",
            Self::Merged => "merged",
            Self::Unknown(value) => value,
        }
    }
}
impl ::std::convert::From<::std::string::String> for StoreStatus {
    fn from(value: ::std::string::String) -> Self {
        match value.as_str() {
            "stored" => Self::Stored,
            "merged" => Self::Merged,
            _ => Self::Unknown(value),
        }
    }
}
impl ::std::convert::From<&str> for StoreStatus {
    fn from(value: &str) -> Self {
        Self::from(value.to_owned())
    }
}
impl ::std::fmt::Display for StoreStatus {
    fn fmt(&self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}
impl ::serde::Serialize for StoreStatus {
    fn serialize<S: ::serde::Serializer>(
        &self,
        serializer: S,
    ) -> ::std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> ::serde::Deserialize<'de> for StoreStatus {
    fn deserialize<D: ::serde::Deserializer<'de>>(
        deserializer: D,
    ) -> ::std::result::Result<Self, D::Error> {
        <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)
            .map(Self::from)
    }
}
#[cfg(feature = "schemars")]
impl ::schemars::JsonSchema for StoreStatus {
    fn schema_name() -> ::std::borrow::Cow<'static, str> {
        "StoreStatus".into()
    }
    fn schema_id() -> ::std::borrow::Cow<'static, str> {
        concat!(module_path!(), "::", "StoreStatus").into()
    }
    fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
        ::schemars::json_schema!(
            { "type" : "string", "description" :
            "`stored`: a new memory was created. `merged`: the fact was merged into an existing memory. Older servers send\nno status.",
            "examples" : ["stored", "merged"] }
        )
    }
}
