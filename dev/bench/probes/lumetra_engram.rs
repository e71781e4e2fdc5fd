use lumetra_engram::{EngramClient, EngramError};

#[tokio::main]
async fn main() -> Result<(), EngramError> {
    let engram = EngramClient::from_env()?;
    let result = engram.query("What are this user's UI preferences?").bucket("user-123").await?;
    println!("{}", result.answer);
    Ok(())
}
