//! Buckets.

use lumetra_engram::api::types::{Bucket, CreateBucketRequest};
use rusqlite::{OptionalExtension, Row, named_params};

use super::stamp::{new_uuid, now};
use super::{Database, Page, StoreError};

/// What the other tables know a bucket by.
pub(crate) struct BucketRow {
    pub(crate) id: i64,
    pub(crate) uuid: String,
    pub(crate) memory_count: i64,
    pub(crate) term_count: i64,
}

pub(crate) fn list(database: &Database<'_>, page: Option<Page>) -> Result<Vec<Bucket>, StoreError> {
    // A limit of -1 is none.
    let (limit, offset) = page.map_or((-1, 0), |page| (page.limit, page.offset));
    let mut statement = database.connection.prepare_cached(
        "SELECT uuid, name, description, created_at, memory_count FROM buckets
         WHERE tenant = :tenant ORDER BY id LIMIT :limit OFFSET :offset",
    )?;
    let rows = statement
        .query_map(named_params! { ":tenant": database.tenant.hash(), ":limit": limit, ":offset": offset }, bucket)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn create(database: &Database<'_>, new: &CreateBucketRequest) -> Result<Bucket, StoreError> {
    if find(database, &new.name)?.is_some() {
        return Err(StoreError::BucketExists);
    }
    insert(database, &new.name, new.description.as_deref())
}

pub(crate) fn find(database: &Database<'_>, name: &str) -> Result<Option<BucketRow>, StoreError> {
    let mut statement = database.connection.prepare_cached(
        "SELECT id, uuid, memory_count, term_count FROM buckets WHERE tenant = :tenant AND name = :name",
    )?;
    let row = statement.query_row(named_params! { ":tenant": database.tenant.hash(), ":name": name }, |row| {
        Ok(BucketRow { id: row.get(0)?, uuid: row.get(1)?, memory_count: row.get(2)?, term_count: row.get(3)? })
    });
    Ok(row.optional()?)
}

pub(crate) fn require(database: &Database<'_>, name: &str) -> Result<BucketRow, StoreError> {
    find(database, name)?.ok_or(StoreError::BucketNotFound)
}

pub(crate) fn find_or_create(database: &Database<'_>, name: &str) -> Result<BucketRow, StoreError> {
    if let Some(bucket) = find(database, name)? {
        return Ok(bucket);
    }
    insert(database, name, None)?;
    require(database, name)
}

fn insert(database: &Database<'_>, name: &str, description: Option<&str>) -> Result<Bucket, StoreError> {
    let mut statement = database.connection.prepare_cached(
        "INSERT INTO buckets (tenant, uuid, name, description, created_at)
         VALUES (:tenant, :uuid, :name, :description, :created_at)
         RETURNING uuid, name, description, created_at, memory_count",
    )?;
    let values = named_params! {
        ":tenant": database.tenant.hash(), ":uuid": new_uuid(), ":name": name, ":description": description, ":created_at": now(),
    };
    Ok(statement.query_row(values, bucket)?)
}

fn bucket(row: &Row<'_>) -> rusqlite::Result<Bucket> {
    let mut bucket = Bucket::default();
    bucket.id = row.get(0)?;
    bucket.name = row.get(1)?;
    bucket.bucket_name = Some(bucket.name.clone());
    bucket.description = row.get(2)?;
    bucket.created_at = row.get(3)?;
    bucket.memory_count = row.get(4)?;
    Ok(bucket)
}
