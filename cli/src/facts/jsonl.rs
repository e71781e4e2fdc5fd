//! JSON, an object a line: facts, or the entities and relations of the MCP server "memory".

use serde::Deserialize;
use serde_json::Value;

use super::problem::Problem;
use super::record::Record;

/// Other members, such as the `id` of an export, are of no use here.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Entity(Entity),
    Relation(Relation),
    Fact(Fact),
}

#[derive(Deserialize)]
struct Fact {
    content: String,
    bucket: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entity {
    name: String,
    entity_type: String,
    observations: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relation {
    from: String,
    to: String,
    relation_type: String,
}

const CURE: &str = "Each line must be an object, as in: {\"content\": \"Ana prefers tea.\"}. `jq -c '.[]' FILE` makes such lines from an array, and `jq -c . FILE` from an object on several lines.";

pub(super) fn records(line: &str) -> Result<Vec<Record>, Problem> {
    let parsed = serde_json::from_str(line).map_err(|_| Problem::new(reason(line), CURE))?;
    let fact = |content| Record { content, bucket: None };
    Ok(match parsed {
        Line::Fact(Fact { content, bucket }) => vec![Record { content, bucket }],
        Line::Relation(relation) => vec![fact(relation.sentence())],
        Line::Entity(entity) => entity.sentences().into_iter().map(fact).collect(),
    })
}

/// Why it is no line: of an enum, serde only says that no variant matches.
fn reason(line: &str) -> String {
    match (serde_json::from_str::<Value>(line), serde_json::from_str::<Fact>(line)) {
        (Err(error), _) => format!("it is not JSON: {}", in_line(&error)),
        (Ok(value), Err(error)) if value.get("content").is_some() => {
            format!("it can't be read as a fact: {}", in_line(&error))
        }
        _ => "it is neither a JSON object with `content` nor an entity or relation of the MCP server \"memory\""
            .to_owned(),
    }
}

/// The error without the number of the line, which counts within this one.
fn in_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at column ")
}

impl Entity {
    fn sentences(self) -> Vec<String> {
        let Self { name, entity_type, observations } = self;
        if observations.is_empty() {
            return vec![sentence(&format!("{name} is of the type {entity_type}"))];
        }
        observations.iter().map(|observation| sentence(&format!("{name} ({entity_type}): {observation}"))).collect()
    }
}

impl Relation {
    fn sentence(self) -> String {
        sentence(&format!("{} {} {}", self.from, self.relation_type.replace('_', " "), self.to))
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(line: &str) -> Vec<String> {
        records(line).expect("records").into_iter().map(|record| record.content).collect()
    }

    #[test]
    fn entities_and_relations_become_sentences() {
        let entity =
            r#"{"type":"entity","name":"Ana","entityType":"person","observations":["Likes tea","Lives in Lisbon."]}"#;
        assert_eq!(contents(entity), ["Ana (person): Likes tea.", "Ana (person): Lives in Lisbon."]);
        let bare = r#"{"type":"entity","name":"Acme","entityType":"company","observations":[]}"#;
        assert_eq!(contents(bare), ["Acme is of the type company."]);
        let relation = r#"{"type":"relation","from":"Ana","to":"Acme","relationType":"works_at"}"#;
        assert_eq!(contents(relation), ["Ana works at Acme."]);
    }

    #[test]
    fn a_fact_keeps_its_bucket_and_what_is_none_is_refused() {
        let record = Record { content: "tea".to_owned(), bucket: Some("work".to_owned()) };
        assert_eq!(records(r#"{"content":"tea","bucket":"work","error":"full"}"#), Ok(vec![record]));
        for (line, reason) in [
            ("tea", "it is not JSON: expected ident at column 2"),
            ("{}", "it is neither"),
            ("[1]", "it is neither"),
            (r#"{"content":1}"#, "invalid type: integer `1`, expected a string"),
            (r#"{"content":"a","content":"b"}"#, "duplicate field `content`"),
            (r#"{"content":"a","size":1e999}"#, "number out of range"),
        ] {
            let problem = records(line).expect_err(line);
            assert!(problem.text.contains(reason), "{line}: {}", problem.text);
        }
    }
}
