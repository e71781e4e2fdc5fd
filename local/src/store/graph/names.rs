//! Entities: names that are the same, or mean the same.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use crate::store::model::{self, Model};
use crate::store::vectors::Meant;
use crate::store::{Database, StoreError};
#[cfg(feature = "cli")]
use crate::text::normal;
use crate::vector::{Space, Vector};

/// What facts are about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entity {
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// The id of the name, which is that of an entity with the same normal form, if there is one.
pub(super) fn find_or_insert(connection: &Connection, bucket: i64, name: &str, normal: &str) -> rusqlite::Result<i64> {
    let mut known = connection
        .prepare_cached("SELECT id FROM names WHERE bucket_id = :bucket AND normal = :normal AND name = :name")?;
    let values = named_params! { ":bucket": bucket, ":normal": normal, ":name": name };
    if let Some(id) = known.query_row(values, |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let mut entity =
        connection.prepare_cached("SELECT entity FROM names WHERE bucket_id = ?1 AND normal = ?2 LIMIT 1")?;
    let entity: Option<i64> = entity.query_row((bucket, normal), |row| row.get(0)).optional()?;
    let mut insert =
        connection.prepare_cached("INSERT INTO names (bucket_id, entity, normal, name) VALUES (?1, ?2, ?3, ?4)")?;
    let id = insert.insert((bucket, entity.unwrap_or_default(), normal, name))?;
    if entity.is_none() {
        connection.prepare_cached("UPDATE names SET entity = id WHERE id = ?1")?.execute([id])?;
    }
    Ok(id)
}

/// The entities of a bucket that have one of these names in normal form, each once.
pub(crate) fn entities_named(
    database: &Database<'_>,
    bucket: i64,
    normals: &[String],
) -> Result<Vec<Entity>, StoreError> {
    let mut statement =
        database.connection.prepare_cached("SELECT entity FROM names WHERE bucket_id = ?1 AND normal = ?2 LIMIT 1")?;
    let mut entities: Vec<Entity> = Vec::new();
    for normal in normals {
        let entity: Option<i64> = statement.query_row((bucket, normal), |row| row.get(0)).optional()?;
        if let Some(id) = entity.filter(|id| entities.iter().all(|entity| entity.id != *id)) {
            entities.push(Entity { id, name: first_name(database.connection, id)? });
        }
    }
    Ok(entities)
}

fn first_name(connection: &Connection, entity: i64) -> rusqlite::Result<String> {
    let mut statement = connection.prepare_cached("SELECT name FROM names WHERE entity = ?1 ORDER BY id LIMIT 1")?;
    statement.query_row([entity], |row| row.get(0))
}

/// No more names of a bucket are compared with a question, the newest of them.
const MOST_COMPARED: i64 = 20_000;

/// The entities of a bucket whose names are as near to what is meant, with the cosine of the nearest name; the nearest first.
pub(crate) fn entities_like(
    database: &Database<'_>,
    bucket: i64,
    meant: &Meant,
    least_cosine: f64,
) -> Result<Vec<(Entity, f64)>, StoreError> {
    let Some(model) = model::last(database.connection)? else { return Ok(Vec::new()) };
    let mut statement = database.connection.prepare_cached(
        "SELECT entity, vector FROM names WHERE bucket_id = ?1 AND generation = ?2 AND vector IS NOT NULL
         ORDER BY id DESC LIMIT ?3",
    )?;
    let mut rows = statement.query([bucket, model.generation, MOST_COMPARED])?;
    let placed = meant.reference.place(&meant.vector);
    let mut near: Vec<(i64, f64)> = Vec::new();
    while let Some(row) = rows.next()? {
        let cosine = meant.reference.place(&vector(row, 1)?).cosine(&placed);
        if cosine >= least_cosine {
            near.push((row.get(0)?, cosine));
        }
    }
    near.sort_unstable_by(|one, other| other.1.total_cmp(&one.1));
    let mut entities: Vec<(Entity, f64)> = Vec::new();
    for (id, cosine) in near {
        if entities.iter().all(|(entity, _)| entity.id != id) {
            entities.push((Entity { id, name: first_name(database.connection, id)? }, cosine));
        }
    }
    Ok(entities)
}

/// A name that the embeddings model has not been asked about.
#[derive(Debug)]
pub(crate) struct Bare {
    pub(crate) id: i64,
    pub(crate) name: String,
    normal: String,
}

/// The first of these names, all of one bucket, and the model to ask.
pub(crate) fn bare(database: &Database<'_>, count: usize) -> Result<Option<(Model, i64, Vec<Bare>)>, StoreError> {
    let connection = database.connection;
    let Some(model) = model::last(connection)? else { return Ok(None) };
    let sql = "SELECT id, bucket_id, normal, name FROM names WHERE generation < ?1 ORDER BY generation, id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let rows = statement.query_map([model.generation, count], |row| {
        Ok((row.get(1)?, Bare { id: row.get(0)?, normal: row.get(2)?, name: row.get(3)? }))
    })?;
    let rows: Vec<(i64, Bare)> = rows.collect::<Result<_, _>>()?;
    let Some(bucket) = rows.first().map(|(bucket, _)| *bucket) else { return Ok(None) };
    let names = rows.into_iter().filter(|(of, _)| *of == bucket).map(|(_, name)| name).collect();
    Ok(Some((model, bucket, names)))
}

/// What is known of a name now.
#[derive(Debug)]
pub(crate) struct Judged {
    name: Bare,
    /// `None` where the model does not take it.
    vector: Option<Vector>,
    placed: Option<Vector>,
    /// The name that is nearest, and the cosine.
    nearest: Option<(i64, f64)>,
}

impl Judged {
    pub(crate) fn new(name: Bare, vector: Option<Vector>, space: &Space) -> Self {
        let placed = vector.as_ref().map(|vector| space.place(vector));
        Self { name, vector, placed, nearest: None }
    }

    /// A name with other digits is another one, however near it is.
    fn compare(&mut self, id: i64, normal: &str, placed: &Vector, least_cosine: f64) {
        let Some(own) = &self.placed else { return };
        let cosine = own.cosine(placed);
        let least = self.nearest.map_or(least_cosine, |(_, cosine)| cosine);
        if cosine >= least && digits(normal).eq(digits(&self.name.normal)) {
            self.nearest = Some((id, cosine));
        }
    }
}

fn digits(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|character| character.is_numeric())
}

/// Finds for each of these names of the bucket the nearest one, where that is near enough.
pub(crate) fn find_nearest(
    database: &Database<'_>,
    (model, space): (&Model, &Space),
    bucket: i64,
    judged: &mut [Judged],
    least_cosine: f64,
) -> Result<(), StoreError> {
    let mut statement = database.connection.prepare_cached(
        "SELECT id, normal, vector FROM names WHERE bucket_id = ?1 AND generation = ?2 AND vector IS NOT NULL",
    )?;
    let mut rows = statement.query([bucket, model.generation])?;
    while let Some(row) = rows.next()? {
        let (id, normal): (i64, String) = (row.get(0)?, row.get(1)?);
        let placed = space.place(&vector(row, 2)?);
        judged.iter_mut().for_each(|one| one.compare(id, &normal, &placed, least_cosine));
    }
    for place in 1..judged.len() {
        let (before, rest) = judged.split_at_mut(place);
        for other in before.iter() {
            if let (Some(one), Some(placed)) = (rest.first_mut(), &other.placed) {
                one.compare(other.name.id, &other.name.normal, placed, least_cosine);
            }
        }
    }
    Ok(())
}

fn vector(row: &Row<'_>, column: usize) -> rusqlite::Result<Vector> {
    Ok(Vector::from_bytes(row.get_ref(column)?.as_blob()?))
}

/// Keeps the vectors, and makes one entity of the names that are near enough. Nothing happens where another model is used meanwhile.
pub(crate) fn merge(database: &Database<'_>, model: &Model, judged: &[Judged]) -> Result<(), StoreError> {
    let connection = database.connection;
    if model::last(connection)?.is_none_or(|last| last.generation != model.generation) {
        return Ok(());
    }
    let mut keep = connection.prepare_cached("UPDATE names SET generation = ?2, vector = ?3 WHERE id = ?1")?;
    for one in judged {
        let vector = one.vector.as_ref().map(Vector::to_bytes);
        keep.execute((one.name.id, model.generation, vector))?;
        if let Some((other, _)) = one.nearest {
            merge_two(connection, one.name.id, other)?;
        }
    }
    Ok(())
}

/// One of them may have been deleted meanwhile.
fn merge_two(connection: &Connection, one: i64, other: i64) -> rusqlite::Result<()> {
    let mut entity = connection.prepare_cached("SELECT entity FROM names WHERE id = ?1")?;
    let mut entity = |name: i64| entity.query_row([name], |row| row.get::<_, i64>(0)).optional();
    if let (Some(one), Some(other)) = (entity(one)?, entity(other)?) {
        let (first, second) = (one.min(other), one.max(other));
        connection.prepare_cached("UPDATE names SET entity = ?1 WHERE entity = ?2")?.execute([first, second])?;
    }
    Ok(())
}

/// Has the model asked for all vectors again.
#[cfg(feature = "cli")]
pub(super) fn forget_vectors(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("UPDATE names SET generation = 0, vector = NULL")
}

/// How many names have another normal form than they should, and how many a vector that can't be the model's.
#[cfg(feature = "cli")]
pub(super) fn wrong(connection: &Connection) -> rusqlite::Result<[(&'static str, i64); 2]> {
    let model = model::last(connection)?;
    let mut statement = connection.prepare("SELECT normal, name, generation, length(vector) FROM names")?;
    let mut rows = statement.query([])?;
    let (mut misspelt, mut malformed) = (0, 0);
    while let Some(row) = rows.next()? {
        let (normal, name): (String, String) = (row.get(0)?, row.get(1)?);
        let (generation, length): (i64, Option<u32>) = (row.get(2)?, row.get(3)?);
        misspelt += i64::from(!normal::squeezed(&name).eq(normal.chars()));
        let current = model.as_ref().filter(|model| model.generation == generation);
        let is_malformed =
            current.zip(length).is_some_and(|(model, length)| length as usize != model.dimension * size_of::<f32>());
        malformed += i64::from(is_malformed);
    }
    Ok([
        ("names with a wrong normal form", misspelt),
        ("vectors of names that are not of the model's dimension", malformed),
    ])
}
