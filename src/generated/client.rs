// Generated from openapi/engram.yaml by `cargo xtask regen`; do not edit.
// spec fingerprint f7d69f19f26b3b6c

#[allow(unused_imports)]
pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
use crate::generated::types;
use crate::transport::{Call, Empty, Endpoint, Json, Streamed, Transport};
use crate::wire::encode_path;
pub(crate) const LIST_BUCKETS: Endpoint = Endpoint {
    operation_id: "list_buckets",
    accept: "application/json",
};
pub(crate) const CREATE_BUCKET: Endpoint = Endpoint {
    operation_id: "create_bucket",
    accept: "application/json",
};
pub(crate) const DELETE_BUCKET: Endpoint = Endpoint {
    operation_id: "delete_bucket",
    accept: "application/json",
};
pub(crate) const LIST_MEMORIES: Endpoint = Endpoint {
    operation_id: "list_memories",
    accept: "application/json",
};
pub(crate) const STORE_MEMORY: Endpoint = Endpoint {
    operation_id: "store_memory",
    accept: "application/json",
};
pub(crate) const CLEAR_MEMORIES: Endpoint = Endpoint {
    operation_id: "clear_memories",
    accept: "application/json",
};
pub(crate) const STORE_MEMORIES: Endpoint = Endpoint {
    operation_id: "store_memories",
    accept: "application/json",
};
pub(crate) const DELETE_MEMORY: Endpoint = Endpoint {
    operation_id: "delete_memory",
    accept: "application/json",
};
pub(crate) const GET_PROFILE: Endpoint = Endpoint {
    operation_id: "get_profile",
    accept: "application/json",
};
pub(crate) const REGENERATE_PROFILE: Endpoint = Endpoint {
    operation_id: "regenerate_profile",
    accept: "application/json",
};
pub(crate) const QUERY: Endpoint = Endpoint {
    operation_id: "query",
    accept: "application/json",
};
pub(crate) const QUERY_STREAM: Endpoint = Endpoint {
    operation_id: "query_stream",
    accept: "text/event-stream",
};
#[derive(Clone, Debug)]
/**Client for Engram API

Engram, by Lumetra, is a hosted, durable, explainable memory for AI agents. Facts are stored in *buckets*. A question
is answered from them: the service retrieves memories (embeddings, full text and a knowledge graph, fused), writes an
answer, and returns it together with the memories and graph facts that produced it.

This description is written by hand, by an independent project, from what the public clients of the API send and
accept. Where the service's behaviour is not publicly known, the description says so.

**Vendor extensions used here**, all of them safe to ignore:

- `x-extensible-enum` lists the values of a text known today. The service may add more, so an unknown value is not an error.
- `x-mirror-of` gives the property whose value this property repeats under an older or a newer name. A server sends at
  least one of the two, depending on its version.
- `x-aliases` lists further names under which some servers send the property. If several are present, its own name
  counts, then the first of the list.
- `x-forms` splits a route that accepts several forms of request into one call for each form.


Version: 1.0.0*/
pub struct Client {
    pub(crate) baseurl: String,
    pub(crate) client: reqwest::Client,
    pub(crate) inner: Transport,
}
impl Client {
    /// Construct a new client with an existing `reqwest::Client`,
    /// allowing more control over its configuration.
    ///
    /// `baseurl` is the base URL provided to the internal
    /// `reqwest::Client`, and should include a scheme and hostname,
    /// as well as port and a path stem if applicable.
    pub fn new_with_client(
        baseurl: &str,
        client: reqwest::Client,
        inner: Transport,
    ) -> Self {
        Self {
            baseurl: baseurl.to_string(),
            client,
            inner,
        }
    }
}
impl ClientInfo<Transport> for Client {
    fn api_version() -> &'static str {
        "1.0.0"
    }
    fn baseurl(&self) -> &str {
        self.baseurl.as_str()
    }
    fn client(&self) -> &reqwest::Client {
        &self.client
    }
    fn inner(&self) -> &Transport {
        &self.inner
    }
}
#[allow(clippy::all)]
impl Client {
    /// The call that [`list_buckets`](Self::list_buckets) runs.
    pub(crate) fn list_buckets_call<'a>(
        &'a self,
        limit: Option<::std::num::NonZeroU32>,
        offset: Option<i64>,
    ) -> Result<
        Call<
            Json<
                crate::wire::BareOrWrapped<
                    crate::generated::types::ListBucketsResult,
                    crate::generated::types::Bucket,
                >,
            >,
        >,
        Error<()>,
    > {
        let url = format!("{}/v1/buckets", self.baseurl,);
        let request = self
            .client
            .get(url)
            .query(&progenitor_client::QueryParam::new("limit", &limit))
            .query(&progenitor_client::QueryParam::new("offset", &offset))
            .build()?;
        Ok(Call::new(&LIST_BUCKETS, request))
    }
    /**List all buckets

Every bucket of the account that the key belongs to, or a page of them. Also the cheapest way to check a key.


Sends a `GET` request to `/v1/buckets`

Arguments:
- `limit`: The maximum number of buckets. The official clients send none and expect all buckets; some integrations use pages. The service's
own default and maximum are not published.

- `offset`: How many buckets to skip. The official clients send none.
*/
    pub async fn list_buckets<'a>(
        &'a self,
        limit: Option<::std::num::NonZeroU32>,
        offset: Option<i64>,
    ) -> Result<
        ResponseValue<
            crate::wire::BareOrWrapped<
                crate::generated::types::ListBucketsResult,
                crate::generated::types::Bucket,
            >,
        >,
        Error<()>,
    > {
        self.run(self.list_buckets_call(limit, offset)?).await
    }
    /// The call that [`create_bucket`](Self::create_bucket) runs.
    pub(crate) fn create_bucket_call<'a>(
        &'a self,
        body: &'a types::CreateBucketRequest,
    ) -> Result<Call<Json<types::Bucket>>, Error<()>> {
        let url = format!("{}/v1/buckets", self.baseurl,);
        let request = self.client.post(url).build()?;
        Call::json(&CREATE_BUCKET, request, &body)
    }
    /**Create a bucket

Creates an empty bucket. This is optional, since the first write creates its bucket too.

Sends a `POST` request to `/v1/buckets`

*/
    pub async fn create_bucket<'a>(
        &'a self,
        body: &'a types::CreateBucketRequest,
    ) -> Result<ResponseValue<types::Bucket>, Error<()>> {
        self.run(self.create_bucket_call(body)?).await
    }
    /// The call that [`delete_bucket`](Self::delete_bucket) runs.
    pub(crate) fn delete_bucket_call<'a>(
        &'a self,
        bucket: &'a str,
    ) -> Result<Call<Empty>, Error<()>> {
        let url = format!("{}/v1/buckets/{}", self.baseurl, encode_path(bucket),);
        let request = self.client.delete(url).build()?;
        Ok(Call::new(&DELETE_BUCKET, request))
    }
    /**Delete a bucket and its memories

Deletes the bucket with every memory in it.

Sends a `DELETE` request to `/v1/buckets/{bucket}`

Arguments:
- `bucket`: The bucket's name, as one percent-encoded path segment (`user 123/x` is sent as `user%20123%2Fx`). It must not be
empty, `.` or `..`: a URL would then address another route.

*/
    pub async fn delete_bucket<'a>(
        &'a self,
        bucket: &'a str,
    ) -> Result<ResponseValue<()>, Error<()>> {
        self.run(self.delete_bucket_call(bucket)?).await
    }
    /// The call that [`list_memories`](Self::list_memories) runs.
    pub(crate) fn list_memories_call<'a>(
        &'a self,
        bucket: &'a str,
        limit: Option<::std::num::NonZeroU32>,
        offset: Option<i64>,
    ) -> Result<
        Call<
            Json<
                crate::wire::BareOrWrapped<
                    crate::generated::types::ListMemoriesResult,
                    crate::generated::types::Memory,
                >,
            >,
        >,
        Error<()>,
    > {
        let url = format!(
            "{}/v1/buckets/{}/memories", self.baseurl, encode_path(bucket),
        );
        let request = self
            .client
            .get(url)
            .query(&progenitor_client::QueryParam::new("limit", &limit))
            .query(&progenitor_client::QueryParam::new("offset", &offset))
            .build()?;
        Ok(Call::new(&LIST_MEMORIES, request))
    }
    /**List a bucket's memories

One page of the bucket's memories, newest first. The server may lower `limit`; the response repeats the limit
that it used, so continue by the number of memories received.


Sends a `GET` request to `/v1/buckets/{bucket}/memories`

Arguments:
- `bucket`: The bucket's name, as one percent-encoded path segment (`user 123/x` is sent as `user%20123%2Fx`). It must not be
empty, `.` or `..`: a URL would then address another route.

- `limit`: The maximum number of memories. Clients send 20 by default; the service's own maximum is not published.
- `offset`: How many of the newest memories to skip. Clients send 0 by default.
*/
    pub async fn list_memories<'a>(
        &'a self,
        bucket: &'a str,
        limit: Option<::std::num::NonZeroU32>,
        offset: Option<i64>,
    ) -> Result<
        ResponseValue<
            crate::wire::BareOrWrapped<
                crate::generated::types::ListMemoriesResult,
                crate::generated::types::Memory,
            >,
        >,
        Error<()>,
    > {
        self.run(self.list_memories_call(bucket, limit, offset)?).await
    }
    /// The call that [`store_memory`](Self::store_memory) runs.
    pub(crate) fn store_memory_call<'a>(
        &'a self,
        bucket: &'a str,
        body: &'a types::StoreMemoryRequest,
    ) -> Result<Call<Json<types::StoreMemoryResult>>, Error<()>> {
        let url = format!(
            "{}/v1/buckets/{}/memories", self.baseurl, encode_path(bucket),
        );
        let request = self.client.post(url).build()?;
        Call::json(&STORE_MEMORY, request, &body)
    }
    /**Store one memory

Stores the fact in `content`, or each of the facts in `memories`. Content that is already in the bucket is not
stored twice: the response then has the status `merged` and the id of the memory that it was merged into.
`dedup` sets how similar two memories must be for that; a batch always uses the server's own choice.

The first write creates a bucket that does not exist.


Sends a `POST` request to `/v1/buckets/{bucket}/memories`

Arguments:
- `bucket`: The bucket's name, as one percent-encoded path segment (`user 123/x` is sent as `user%20123%2Fx`). It must not be
empty, `.` or `..`: a URL would then address another route.

- `body`
*/
    pub async fn store_memory<'a>(
        &'a self,
        bucket: &'a str,
        body: &'a types::StoreMemoryRequest,
    ) -> Result<ResponseValue<types::StoreMemoryResult>, Error<()>> {
        self.run(self.store_memory_call(bucket, body)?).await
    }
    /// The call that [`clear_memories`](Self::clear_memories) runs.
    pub(crate) fn clear_memories_call<'a>(
        &'a self,
        bucket: &'a str,
    ) -> Result<Call<Json<types::ClearMemoriesResult>>, Error<()>> {
        let url = format!(
            "{}/v1/buckets/{}/memories", self.baseurl, encode_path(bucket),
        );
        let request = self.client.delete(url).build()?;
        Ok(Call::new(&CLEAR_MEMORIES, request))
    }
    /**Delete every memory in a bucket

Deletes all memories of the bucket, with the graph facts and embeddings made from them. The bucket stays.

Sends a `DELETE` request to `/v1/buckets/{bucket}/memories`

Arguments:
- `bucket`: The bucket's name, as one percent-encoded path segment (`user 123/x` is sent as `user%20123%2Fx`). It must not be
empty, `.` or `..`: a URL would then address another route.

*/
    pub async fn clear_memories<'a>(
        &'a self,
        bucket: &'a str,
    ) -> Result<ResponseValue<types::ClearMemoriesResult>, Error<()>> {
        self.run(self.clear_memories_call(bucket)?).await
    }
    /// The call that [`store_memories`](Self::store_memories) runs.
    pub(crate) fn store_memories_call<'a>(
        &'a self,
        bucket: &'a str,
        body: &'a types::StoreMemoriesRequest,
    ) -> Result<
        Call<
            Json<
                crate::wire::BareOrWrapped<
                    crate::generated::types::StoreMemoriesResult,
                    crate::generated::types::StoreMemoryResult,
                >,
            >,
        >,
        Error<()>,
    > {
        let url = format!(
            "{}/v1/buckets/{}/memories#store_memories", self.baseurl,
            encode_path(bucket),
        );
        let request = self.client.post(url).build()?;
        Call::json(&STORE_MEMORIES, request, &body)
    }
    /**Store many memories

Stores the fact in `content`, or each of the facts in `memories`. Content that is already in the bucket is not
stored twice: the response then has the status `merged` and the id of the memory that it was merged into.
`dedup` sets how similar two memories must be for that; a batch always uses the server's own choice.

The first write creates a bucket that does not exist.


Sends a `POST` request to `/v1/buckets/{bucket}/memories#store_memories`

Arguments:
- `bucket`: The bucket's name, as one percent-encoded path segment (`user 123/x` is sent as `user%20123%2Fx`). It must not be
empty, `.` or `..`: a URL would then address another route.

- `body`
*/
    pub async fn store_memories<'a>(
        &'a self,
        bucket: &'a str,
        body: &'a types::StoreMemoriesRequest,
    ) -> Result<
        ResponseValue<
            crate::wire::BareOrWrapped<
                crate::generated::types::StoreMemoriesResult,
                crate::generated::types::StoreMemoryResult,
            >,
        >,
        Error<()>,
    > {
        self.run(self.store_memories_call(bucket, body)?).await
    }
    /// The call that [`delete_memory`](Self::delete_memory) runs.
    pub(crate) fn delete_memory_call<'a>(
        &'a self,
        bucket: &'a str,
        memory_id: &'a str,
    ) -> Result<Call<Empty>, Error<()>> {
        let url = format!(
            "{}/v1/buckets/{}/memories/{}", self.baseurl, encode_path(bucket),
            encode_path(memory_id),
        );
        let request = self.client.delete(url).build()?;
        Ok(Call::new(&DELETE_MEMORY, request))
    }
    /**Delete one memory

Deletes the memory, with the graph facts and embeddings made from it.

Sends a `DELETE` request to `/v1/buckets/{bucket}/memories/{memory_id}`

Arguments:
- `bucket`: The bucket's name, as one percent-encoded path segment (`user 123/x` is sent as `user%20123%2Fx`). It must not be
empty, `.` or `..`: a URL would then address another route.

- `memory_id`: The memory's id, as one percent-encoded path segment. It must not be empty, `.` or `..`: a URL would then
address another route.

*/
    pub async fn delete_memory<'a>(
        &'a self,
        bucket: &'a str,
        memory_id: &'a str,
    ) -> Result<ResponseValue<()>, Error<()>> {
        self.run(self.delete_memory_call(bucket, memory_id)?).await
    }
    /// The call that [`get_profile`](Self::get_profile) runs.
    pub(crate) fn get_profile_call<'a>(
        &'a self,
        bucket: &'a str,
    ) -> Result<Call<Json<types::ProfileResult>>, Error<()>> {
        let url = format!(
            "{}/v1/buckets/{}/profile", self.baseurl, encode_path(bucket),
        );
        let request = self.client.get(url).build()?;
        Ok(Call::new(&GET_PROFILE, request))
    }
    /**Get a bucket's profile

The canonical profile of the bucket, which the service adds before the memories that it recalls.

Sends a `GET` request to `/v1/buckets/{bucket}/profile`

Arguments:
- `bucket`: The bucket's name, as one percent-encoded path segment (`user 123/x` is sent as `user%20123%2Fx`). It must not be
empty, `.` or `..`: a URL would then address another route.

*/
    pub async fn get_profile<'a>(
        &'a self,
        bucket: &'a str,
    ) -> Result<ResponseValue<types::ProfileResult>, Error<()>> {
        self.run(self.get_profile_call(bucket)?).await
    }
    /// The call that [`regenerate_profile`](Self::regenerate_profile) runs.
    pub(crate) fn regenerate_profile_call<'a>(
        &'a self,
        bucket: &'a str,
    ) -> Result<Call<Json<types::ProfileResult>>, Error<()>> {
        let url = format!(
            "{}/v1/buckets/{}/profile/regenerate", self.baseurl, encode_path(bucket),
        );
        let request = self.client.post(url).build()?;
        Ok(Call::new(&REGENERATE_PROFILE, request))
    }
    /**Request a new profile

Queues a run of the bucket's Bucket Profiler agent. The response is sent before that run is done, so it may
contain the previous snapshot. Without a profiler, the response is 412 with the code `BUCKET_PROFILER_NOT_INSTALLED`.


Sends a `POST` request to `/v1/buckets/{bucket}/profile/regenerate`

Arguments:
- `bucket`: The bucket's name, as one percent-encoded path segment (`user 123/x` is sent as `user%20123%2Fx`). It must not be
empty, `.` or `..`: a URL would then address another route.

*/
    pub async fn regenerate_profile<'a>(
        &'a self,
        bucket: &'a str,
    ) -> Result<ResponseValue<types::ProfileResult>, Error<()>> {
        self.run(self.regenerate_profile_call(bucket)?).await
    }
    /// The call that [`query`](Self::query) runs.
    pub(crate) fn query_call<'a>(
        &'a self,
        body: &'a types::QueryRequest,
    ) -> Result<Call<Json<types::QueryResult>>, Error<()>> {
        let url = format!("{}/v1/query", self.baseurl,);
        let request = self.client.post(url).build()?;
        Call::json(&QUERY, request, &body)
    }
    /**Ask a question

Retrieves memories from the named buckets and answers the question from them. With `stream` set to true, the
answer is sent as server-sent events while it is written: delta frames, then one final frame, then the sentinel `[DONE]`.


Sends a `POST` request to `/v1/query`

*/
    pub async fn query<'a>(
        &'a self,
        body: &'a types::QueryRequest,
    ) -> Result<ResponseValue<types::QueryResult>, Error<()>> {
        self.run(self.query_call(body)?).await
    }
    /// The call that [`query_stream`](Self::query_stream) runs.
    pub(crate) fn query_stream_call<'a>(
        &'a self,
        body: &'a types::QueryRequest,
    ) -> Result<Call<Streamed>, Error<()>> {
        let url = format!("{}/v1/query#query_stream", self.baseurl,);
        let request = self.client.post(url).build()?;
        Call::json(&QUERY_STREAM, request, &body)
    }
    /**Ask a question

Retrieves memories from the named buckets and answers the question from them. With `stream` set to true, the
answer is sent as server-sent events while it is written: delta frames, then one final frame, then the sentinel `[DONE]`.


Sends a `POST` request to `/v1/query#query_stream`

*/
    pub async fn query_stream<'a>(
        &'a self,
        body: &'a types::QueryRequest,
    ) -> Result<ResponseValue<ByteStream>, Error<()>> {
        self.run(self.query_stream_call(body)?).await
    }
}
