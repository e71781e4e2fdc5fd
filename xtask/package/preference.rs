use lumetra_engram_local::LocalServer;

#[tokio::test]
async fn a_preference_is_that_of_the_user() {
    let server = LocalServer::builder().start().await.unwrap();
    let engram = server.client().unwrap();
    engram.store_memory("The user prefers tea.").bucket("ana").await.unwrap();
    engram.store_memory("The user prefers coffee.").bucket("ben").await.unwrap();

    assert_eq!(dependent::preference(&engram, "ana").await.unwrap(), "From memory: The user prefers tea.");
    server.shutdown().await;
}
