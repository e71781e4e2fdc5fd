//! One case, played with one client.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lumetra_engram::{Effect, EngramClient};
use tokio::time::{Instant, sleep};

use crate::case::{Case, Event};
use crate::gateway::{Gateway, Protocol};
use crate::load::{Burst, Calls, Client, Outcome, fact, is_plain, streamed};
use crate::server::{KEY, Server};

const BUCKET: &str = "gateways";
/// How long a server stays away.
const ABSENCE: Duration = Duration::from_secs(1);

/// The programs and the certificate that every case needs.
pub(crate) struct Stage {
    pub(crate) server: PathBuf,
    pub(crate) certificate: PathBuf,
}

/// What became of the calls of a case.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Calls that failed and need not have, and facts that are missing or there twice.
    pub(crate) lost: usize,
    /// Stores that must not be sent twice, which failed when they may have been stored, and streams that broke off after they had begun.
    pub(crate) open: usize,
    pub(crate) time: Duration,
    /// What was lost, some of it.
    pub(crate) examples: Vec<String>,
}

impl Stage {
    /// Plays the case with this client, or with bare reqwest.
    pub(crate) async fn play(&self, case: &Case, is_bare: bool) -> Result<Seen> {
        let directory = tempfile::tempdir()?;
        let options = if case.event == Event::SlowServer { &["--synthesis-latency", "3s"] } else { case.server };
        let mut server = Server::start(&self.server, directory.path(), options).await?;
        server.client()?.store_memory("Fact 0 is there from the beginning.").bucket(BUCKET).await?;
        let answer = match case.calls {
            Calls::Streams => streamed(&server.client()?, BUCKET).await?,
            _ => String::new(),
        };
        if case.event == Event::DeadServer {
            server.stop().await?;
        }
        let mut gateway = self.gateway(case, directory.path(), server.port).await?;
        let client = client(case, &gateway, is_bare)?;
        let start = Instant::now();
        let mut burst = Burst::begin(&client, case.calls, BUCKET, case.number, case.workers);
        happen(case, &mut burst, &mut gateway, &mut server).await?;
        let outcomes = burst.end().await;
        let time = start.elapsed();
        ensure!(outcomes.len() == case.number, "{} of {} calls ended", outcomes.len(), case.number);
        let mut seen = Seen { time, ..Seen::default() };
        let stored = match case.calls {
            Calls::Stores | Calls::LargeStores => Some(stored(&server.client()?).await?),
            Calls::Queries | Calls::Streams => None,
        };
        let truth = Truth { stored, answer };
        for (number, outcome) in &outcomes {
            seen.count(case, *number, outcome, &truth);
        }
        gateway.stop().await?;
        Ok(seen)
    }

    async fn gateway(&self, case: &Case, directory: &Path, upstream: u16) -> Result<Gateway> {
        Gateway::start(case.kind, case.protocol, &case.setup, directory, &self.certificate, upstream)
            .await
            .with_context(|| format!("{} does not start", case.kind))
    }
}

fn client(case: &Case, gateway: &Gateway, is_bare: bool) -> Result<Client> {
    if is_bare {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(30));
        let http = if case.protocol == Protocol::Http1 { http.http1_only() } else { http };
        return Ok(Client::Reqwest { http: http.build()?, url: gateway.url() });
    }
    let builder = EngramClient::builder().api_key(KEY).base_url(gateway.url());
    Ok(Client::Engram(builder.max_retries_on_transient_errors(case.transient).build()?))
}

/// Does what is to happen during the burst.
async fn happen(case: &Case, burst: &mut Burst, gateway: &mut Gateway, server: &mut Server) -> Result<()> {
    match case.event {
        Event::Nothing => {}
        Event::Reload => {
            for part in 1..=3 {
                burst.reach(case.number * part / 4).await?;
                gateway.reload().await?;
            }
        }
        Event::RestartGateway => {
            burst.reach(case.number / 3).await?;
            gateway.restart().await?;
        }
        Event::RestartServer => {
            burst.reach(case.number / 3).await?;
            server.stop().await?;
            server.run(case.server).await?;
        }
        Event::DeadServer => {
            sleep(ABSENCE).await;
            server.run(case.server).await?;
        }
        Event::SlowServer => {
            sleep(ABSENCE + ABSENCE / 2).await;
            server.stop().await?;
            server.run(case.server).await?;
        }
    }
    Ok(())
}

/// How often each fact is stored.
async fn stored(engram: &EngramClient) -> Result<HashMap<String, usize>> {
    let mut stored = HashMap::new();
    for memory in engram.list_memories().bucket(BUCKET).limit(100).all().await? {
        *stored.entry(memory.content).or_default() += 1;
    }
    Ok(stored)
}

/// What the server says, past the gateway.
struct Truth {
    /// How often each fact is stored, if facts are stored.
    stored: Option<HashMap<String, usize>>,
    /// The streamed answer.
    answer: String,
}

impl Seen {
    fn count(&mut self, case: &Case, number: usize, outcome: &Outcome, truth: &Truth) {
        let stored = truth.stored.as_ref();
        let times = stored.map(|stored| stored.get(&fact(case.calls, BUCKET, number)).copied().unwrap_or_default());
        let is_plain_store = stored.is_some() && is_plain(number);
        let may_miss_refusal = case.refusal.is_some() && case.protocol == Protocol::Http1;
        let may_break_off = case.calls == Calls::Streams && case.event == Event::RestartGateway;
        let problem = match (outcome, times) {
            (_, Some(2..)) => "stored twice".to_owned(),
            (Outcome::Refused(status), _) if Some(*status) == case.refusal => return,
            (Outcome::Success, _) if case.refusal.is_some() => "a success".to_owned(),
            (Outcome::Success, Some(0)) => "a success, and not stored".to_owned(),
            (Outcome::Success, _) => return,
            (Outcome::Streamed(answer), _) if *answer == truth.answer => return,
            (Outcome::Streamed(answer), _) => format!("half an answer, as if it were whole: {answer:?}"),
            (Outcome::Failed(Some(Effect::Done), _), _) if may_break_off => {
                self.open += 1;
                return;
            }
            (Outcome::Failed(Some(Effect::None), text), Some(1)) => format!("stored, in spite of: {text}"),
            (Outcome::Failed(Some(Effect::Unknown), _), _) if is_plain_store || may_miss_refusal => {
                self.open += 1;
                return;
            }
            (Outcome::Refused(500..), _) if is_plain_store => {
                self.open += 1;
                return;
            }
            (Outcome::Failed(_, text), _) => text.clone(),
            (Outcome::Refused(status), _) => format!("refused with {status}"),
        };
        self.lost += 1;
        if self.examples.len() < 3 {
            self.examples.push(problem);
        }
    }
}
