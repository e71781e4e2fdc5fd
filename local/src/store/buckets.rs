//! Buckets.

use lumetra_engram::api::types::{Bucket, CreateBucketRequest};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::{StoreError, memories, new_uuid, now};
use crate::page::Page;
use crate::tenant::Tenant;

/// What the other tables know a bucket by.
pub(super) struct BucketRow {
    pub(super) id: i64,
    pub(super) uuid: String,
    pub(super) memory_count: i64,
    pub(super) term_count: i64,
}

pub(super) fn list(connection: &Connection, tenant: Tenant, page: Option<Page>) -> Result<Vec<Bucket>, StoreError> {
    // A limit of -1 is none.
    let (limit, offset) = page.map_or((-1, 0), |page| (page.limit, page.offset));
    let mut statement = connection.prepare_cached(
        "SELECT uuid, name, description, created_at, memory_count FROM buckets
         WHERE tenant = :tenant ORDER BY id LIMIT :limit OFFSET :offset",
    )?;
    let rows =
        statement.query_map(named_params! { ":tenant": tenant.hash(), ":limit": limit, ":offset": offset }, bucket)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn create(connection: &Connection, tenant: Tenant, new: &CreateBucketRequest) -> Result<Bucket, StoreError> {
    if find(connection, tenant, &new.name)?.is_some() {
        return Err(StoreError::BucketExists);
    }
    insert(connection, tenant, &new.name, new.description.as_deref())
}

pub(super) fn delete(connection: &Connection, tenant: Tenant, name: &str) -> Result<(), StoreError> {
    let bucket = require(connection, tenant, name)?;
    memories::delete_all(connection, bucket.id)?;
    connection.prepare_cached("DELETE FROM buckets WHERE id = ?1")?.execute([bucket.id])?;
    Ok(())
}

pub(super) fn find(connection: &Connection, tenant: Tenant, name: &str) -> Result<Option<BucketRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, uuid, memory_count, term_count FROM buckets WHERE tenant = :tenant AND name = :name",
    )?;
    let row = statement.query_row(named_params! { ":tenant": tenant.hash(), ":name": name }, |row| {
        Ok(BucketRow { id: row.get(0)?, uuid: row.get(1)?, memory_count: row.get(2)?, term_count: row.get(3)? })
    });
    Ok(row.optional()?)
}

pub(super) fn require(connection: &Connection, tenant: Tenant, name: &str) -> Result<BucketRow, StoreError> {
    find(connection, tenant, name)?.ok_or(StoreError::BucketNotFound)
}

pub(super) fn find_or_create(connection: &Connection, tenant: Tenant, name: &str) -> Result<BucketRow, StoreError> {
    if let Some(bucket) = find(connection, tenant, name)? {
        return Ok(bucket);
    }
    insert(connection, tenant, name, None)?;
    require(connection, tenant, name)
}

fn insert(
    connection: &Connection,
    tenant: Tenant,
    name: &str,
    description: Option<&str>,
) -> Result<Bucket, StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO buckets (tenant, uuid, name, description, created_at)
         VALUES (:tenant, :uuid, :name, :description, :created_at)
         RETURNING uuid, name, description, created_at, memory_count",
    )?;
    let values = named_params! {
        ":tenant": tenant.hash(), ":uuid": new_uuid(), ":name": name, ":description": description, ":created_at": now(),
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
