//! What is known beside the memories that were found: their facts, those one step away, and the entities that the question names.

use std::collections::HashSet;

use lumetra_engram::api::types::{EntityMatch, GraphFact};

use super::{Hit, Search};
use crate::store::buckets;
use crate::store::graph::{self, Entity, Fact};
use crate::store::vectors::Meant;
use crate::store::{Database, StoreError};
use crate::text::phrases;

/// So many facts of the memories themselves,
const MOST_DIRECT: usize = 32;
/// and so many that share an entity with the question or with those, of which each entity gives its newest.
const MOST_NEAR: usize = 16;
const MOST_OF_AN_ENTITY: usize = 4;
/// How much less a fact weighs than what it is one step away from.
const STEP: f64 = 0.5;
const MOST_ENTITIES: usize = 8;
/// An entity whose name is less near to the question is not named by it.
const LEAST_COSINE: f64 = 0.35;

/// What the graph knows of a question's subject.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) facts: Vec<GraphFact>,
    pub(crate) entities: Vec<EntityMatch>,
}

/// What is known of the memories that were found for the question; where there are none, of the question's entities alone.
pub(crate) fn known(
    database: &Database<'_>,
    search: &Search,
    meant: Option<&Meant>,
    hits: &[Hit],
) -> Result<Known, StoreError> {
    let named = named(database, search, meant)?;
    let mut around = Around::default();
    if !hits.is_empty() {
        around.add_facts_of(database, hits)?;
        let direct = std::mem::take(&mut around.leads);
        around.add_near(database, named.iter().map(|(lead, _)| lead.clone()).chain(direct))?;
    }
    Ok(Known { facts: around.facts, entities: named.into_iter().map(|(_, matched)| matched).collect() })
}

/// An entity that leads to facts.
#[derive(Clone)]
struct Lead {
    entity: i64,
    place: Place,
    weight: f64,
}

/// A bucket, as clients know it.
#[derive(Clone)]
struct Place {
    id: Option<String>,
    name: String,
}

/// The entities that the question names, by their words first.
fn named(
    database: &Database<'_>,
    search: &Search,
    meant: Option<&Meant>,
) -> Result<Vec<(Lead, EntityMatch)>, StoreError> {
    let phrases = phrases::of_question(&search.question);
    let mut named: Vec<(Lead, EntityMatch)> = Vec::new();
    for name in search.buckets.keys() {
        let Some(bucket) = buckets::find(database, name)? else { continue };
        let place = Place { id: Some(bucket.uuid), name: name.clone() };
        let by_words = graph::entities_named(database, bucket.id, &phrases)?;
        let mut found: Vec<(Entity, f64)> = by_words.into_iter().map(|entity| (entity, 1.0)).collect();
        if let Some(meant) = meant {
            let by_meaning = graph::entities_like(database, bucket.id, meant, LEAST_COSINE)?;
            let is_new = |entity: &Entity| found.iter().all(|(known, _)| known.id != entity.id);
            let by_meaning: Vec<_> = by_meaning.into_iter().filter(|(entity, _)| is_new(entity)).collect();
            found.extend(by_meaning);
        }
        named.extend(found.into_iter().map(|(entity, score)| matched(entity, score, &place)));
    }
    named.sort_by(|(one, _), (other, _)| other.weight.total_cmp(&one.weight));
    named.truncate(MOST_ENTITIES);
    Ok(named)
}

fn matched(entity: Entity, score: f64, place: &Place) -> (Lead, EntityMatch) {
    let lead = Lead { entity: entity.id, place: place.clone(), weight: score };
    let mut matched = EntityMatch::default();
    matched.entity = Some(entity.name);
    matched.bucket_name = Some(place.name.clone());
    matched.score = Some(score.min(1.0));
    (lead, matched)
}

/// The facts so far, and where they lead.
#[derive(Default)]
struct Around {
    facts: Vec<GraphFact>,
    ids: HashSet<i64>,
    leads: Vec<Lead>,
}

impl Around {
    fn add_facts_of(&mut self, database: &Database<'_>, hits: &[Hit]) -> Result<(), StoreError> {
        for hit in hits {
            let memory = &hit.memory;
            let place = Place { id: memory.bucket_id.clone(), name: memory.bucket_name.clone() };
            let weight = memory.weighted_score.unwrap_or_default();
            for fact in graph::of_memory(database, hit.id, MOST_DIRECT.saturating_sub(self.facts.len()))? {
                let lead = |entity: &Entity| Lead { entity: entity.id, place: place.clone(), weight };
                self.leads.extend([lead(&fact.subject), lead(&fact.object)]);
                self.add(fact, 0, &place, weight);
            }
        }
        Ok(())
    }

    fn add_near(&mut self, database: &Database<'_>, leads: impl Iterator<Item = Lead>) -> Result<(), StoreError> {
        let most = self.facts.len() + MOST_NEAR;
        let mut followed = HashSet::new();
        for lead in leads.filter(|lead| followed.insert(lead.entity)) {
            // Those that are known already may be the newest.
            let facts = graph::of_entity(database, lead.entity, self.facts.len() + MOST_OF_AN_ENTITY)?;
            let new = facts.into_iter().filter(|fact| !self.ids.contains(&fact.id)).take(MOST_OF_AN_ENTITY);
            for fact in new.collect::<Vec<_>>() {
                if self.facts.len() == most {
                    return Ok(());
                }
                self.add(fact, 1, &lead.place, lead.weight * STEP);
            }
        }
        Ok(())
    }

    fn add(&mut self, fact: Fact, depth: i64, place: &Place, weight: f64) {
        self.ids.insert(fact.id);
        let mut known = GraphFact::default();
        known.subject = Some(fact.subject.name);
        known.predicate = Some(fact.predicate);
        known.object = Some(fact.object.name);
        known.memory_id = Some(fact.memory);
        known.bucket_id = place.id.clone();
        known.bucket_name = Some(place.name.clone());
        known.depth = Some(depth);
        known.weight = Some(weight);
        known.timestamp = Some(fact.stored_at);
        self.facts.push(known);
    }
}
