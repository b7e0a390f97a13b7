//! Shares a listener's connections among its peers. When all are taken, the connection closes whose
//! peer has kept it waiting longest, between two requests or during one.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::networks::network;

/// The connections of a listener.
pub struct Connections {
    max: usize,
    table: Mutex<Table>,
    /// Notified when a connection ended or began to wait.
    changed: Notify,
}

#[derive(Default)]
struct Table {
    entries: BTreeMap<u64, Entry>,
    next_id: u64,
}

struct Entry {
    network: IpAddr,
    /// Since when the connection waits for its peer. `None` while a request is being answered.
    waiting_since: Option<Instant>,
    close: CancellationToken,
}

/// One of the listener's connections. Dropping it admits another one.
pub struct Connection {
    id: u64,
    /// Cancelled when the connection must close for another one.
    pub close: CancellationToken,
    connections: Arc<Connections>,
}

/// Why a connection cannot be added: none that could close for it is waiting.
enum Full {
    /// Its network has three quarters of all connections.
    Network,
    All,
}

impl Connections {
    /// Allows up to `max` connections.
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, table: Mutex::default(), changed: Notify::new() })
    }

    /// Adds a connection with this peer. Waits while every connection is being answered. `None`
    /// when all connections of its network are being answered, so that other networks need not
    /// wait.
    pub async fn add(self: &Arc<Self>, peer: IpAddr) -> Option<Connection> {
        loop {
            match self.try_add(network(peer)) {
                Ok(connection) => return Some(connection),
                Err(Full::Network) => return None,
                Err(Full::All) => self.changed.notified().await,
            }
        }
    }

    fn try_add(self: &Arc<Self>, network: IpAddr) -> Result<Connection, Full> {
        let mut table = self.lock();
        // The last quarter is kept for other networks, because one proxy may not carry them all.
        let is_crowded = table.count(network) >= self.max - self.max / 4;
        if is_crowded {
            table.close_one(Some(network)).ok_or(Full::Network)?;
        } else if table.entries.len() >= self.max {
            table.close_one(None).ok_or(Full::All)?;
        }
        let id = table.next_id;
        table.next_id += 1;
        let close = CancellationToken::new();
        let waiting_since = Some(Instant::now());
        table.entries.insert(id, Entry { network, waiting_since, close: close.clone() });
        Ok(Connection { id, close, connections: self.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("no code panics while it holds the table")
    }
}

impl Table {
    fn count(&self, network: IpAddr) -> usize {
        self.entries.values().filter(|entry| entry.network == network).count()
    }

    /// Closes the connection that has waited longest: of this network, or else of the network with
    /// the most connections. `None` when no connection waits.
    fn close_one(&mut self, network: Option<IpAddr>) -> Option<()> {
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        for entry in self.entries.values() {
            *counts.entry(entry.network).or_default() += 1;
        }
        let waiting = self.entries.iter().filter_map(|(id, entry)| {
            let is_eligible = network.is_none_or(|network| network == entry.network);
            let since = entry.waiting_since.filter(|_| is_eligible)?;
            Some(((counts[&entry.network], Reverse((since, *id))), *id))
        });
        let (_, id) = waiting.max()?;
        self.entries.remove(&id)?.close.cancel();
        Some(())
    }
}

impl Connection {
    /// The request has arrived completely, so the connection stays open from now on.
    pub fn begin_answer(&self) {
        self.set_waiting_since(None);
    }

    /// The connection waits for its peer from now on: for the rest of a request, or for the next
    /// one.
    pub fn begin_wait(&self) {
        self.set_waiting_since(Some(Instant::now()));
        self.connections.changed.notify_one();
    }

    fn set_waiting_since(&self, since: Option<Instant>) {
        if let Some(entry) = self.connections.lock().entries.get_mut(&self.id) {
            entry.waiting_since = since;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.lock().entries.remove(&self.id);
        self.connections.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    /// Each network may have three quarters of these connections.
    const MAX: usize = 8;

    fn add(connections: &Arc<Connections>, address: &str) -> Connection {
        let added = connections.add(address.parse().unwrap()).now_or_never();
        added.expect("no other has to end").expect("one can be closed")
    }

    fn closed(connections: &[Connection]) -> Vec<usize> {
        let closed = connections.iter().enumerate();
        closed.filter(|(_, c)| c.close.is_cancelled()).map(|(at, _)| at).collect()
    }

    #[test]
    fn a_network_beyond_its_share_closes_its_own_connection() {
        let connections = Connections::new(MAX);
        let other = add(&connections, "10.0.0.2");
        let of_network: Vec<_> = (0..6).map(|_| add(&connections, "10.0.0.1")).collect();
        of_network[0].begin_answer();
        of_network[1].begin_answer();
        of_network[1].begin_wait();
        assert_eq!(closed(&of_network), [0; 0]);

        let _next = add(&connections, "10.0.0.1");

        assert_eq!(closed(&of_network), [2]);
        assert!(!other.close.is_cancelled());
    }

    #[test]
    fn the_network_with_the_most_connections_makes_way() {
        let connections = Connections::new(MAX);
        let few: Vec<_> = (0..3).map(|_| add(&connections, "10.0.0.2")).collect();
        let many: Vec<_> = (0..5).map(|_| add(&connections, "10.0.0.1")).collect();

        let _next = add(&connections, "10.0.0.3");

        assert_eq!((closed(&few).len(), closed(&many)), (0, vec![0]));
    }

    #[tokio::test]
    async fn a_new_connection_waits_while_all_are_being_answered() {
        let connections = Connections::new(1);
        let first = add(&connections, "10.0.0.1");
        first.begin_answer();
        let mut next = Box::pin(connections.add("10.0.0.2".parse().unwrap()));
        assert!(next.as_mut().now_or_never().is_none());

        first.begin_wait();

        next.await;
        assert!(first.close.is_cancelled());
    }

    #[test]
    fn a_network_of_which_all_connections_are_being_answered_gets_no_further_one() {
        let connections = Connections::new(MAX);
        let of_network: Vec<_> = (0..6).map(|_| add(&connections, "10.0.0.1")).collect();
        of_network.iter().for_each(Connection::begin_answer);

        let refused = connections.add("10.0.0.1".parse().unwrap()).now_or_never();

        assert!(refused.expect("nothing is waited for").is_none());
        let _other = add(&connections, "10.0.0.2");
    }

    #[test]
    fn a_connection_that_ended_makes_way() {
        let connections = Connections::new(1);
        drop(add(&connections, "10.0.0.1"));

        let second = add(&connections, "10.0.0.1");

        assert!(!second.close.is_cancelled());
        assert_eq!(connections.lock().entries.len(), 1);
    }
}
