use std::error::Error;
use std::time::Duration;

#[derive(serde::Serialize)]
struct Query<'a> {
    query: &'a str,
    buckets: [&'a str; 1],
}

#[derive(serde::Deserialize)]
struct QueryResult {
    answer: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = std::env::var("ENGRAM_API_KEY")?;
    let http = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
    let query = Query { query: "What are this user's UI preferences?", buckets: ["user-123"] };
    let request = http.post("https://api.lumetra.io/v1/query").bearer_auth(key).json(&query);
    let result: QueryResult = request.send().await?.error_for_status()?.json().await?;
    println!("{}", result.answer);
    Ok(())
}
