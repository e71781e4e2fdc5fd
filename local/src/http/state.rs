//! What the routes share.

use std::collections::HashSet;
use std::sync::Arc;

use super::sse::OpenStreams;
use crate::chat::Chat;
use crate::fault::Faults;
use crate::graph::Extraction;
use crate::permits::TenantPermits;
use crate::profile::Profiler;
use crate::recall::meaning::Meaning;
use crate::settings::Settings;
use crate::store::Store;
use crate::tenant::Tenant;

#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Arc<Store>,
    /// `None` where memories are found by their words only.
    pub(crate) meaning: Option<Arc<Meaning>>,
    /// `None` where answers are quotes.
    pub(crate) chat: Option<Arc<Chat>>,
    /// `None` where no facts are taken from memories.
    pub(crate) extraction: Option<Arc<Extraction>>,
    /// There where a model is.
    pub(crate) profiler: Option<Arc<Profiler>>,
    pub(crate) settings: Settings,
    /// The tenants whose keys are accepted; empty where every key is.
    pub(crate) accepted: HashSet<Tenant>,
    /// Of the requests under way, where their number is limited.
    pub(crate) slots: Option<TenantPermits>,
    pub(crate) streams: OpenStreams,
    pub(crate) faults: Faults,
}
