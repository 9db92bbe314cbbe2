//! Databases that go away and come back.

use std::io;
use std::net::SocketAddr;

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use viva_domain::ports::Ids as _;
use viva_infrastructure::system::SystemIds;

use crate::bench::Folder;

/// A database that the test can take away from the server.
pub(crate) enum Outage {
    /// A SQLite file that another connection locks.
    Locked(DatabaseConnection),
    /// A PostgreSQL database behind a line that breaks.
    Cut(Postgres),
    /// The same, behind a line on which nothing comes through.
    Silent(Postgres),
}

/// A database of a PostgreSQL server, and the line to it.
pub(crate) struct Postgres {
    admin: DatabaseConnection,
    name: String,
    line: Line,
    url: String,
}

impl Outage {
    /// Of the folder's SQLite file, which has to be there.
    pub(crate) async fn of_file(folder: &Folder) -> Self {
        let mut options = ConnectOptions::new(folder.database_url());
        options.max_connections(1);
        let connection = Database::connect(options).await;
        Self::Locked(connection.expect("the file can be opened"))
    }

    pub(crate) async fn begin(&self) {
        match self {
            Self::Locked(connection) => run(connection, "BEGIN EXCLUSIVE").await,
            Self::Cut(postgres) => postgres.line.set(State::Cut),
            Self::Silent(postgres) => postgres.line.set(State::Silent),
        }
    }

    pub(crate) async fn end(&self) {
        match self {
            Self::Locked(connection) => run(connection, "ROLLBACK").await,
            Self::Cut(postgres) | Self::Silent(postgres) => postgres.line.set(State::Open),
        }
    }
}

impl Postgres {
    /// A new database, where the run of the tests has a server.
    #[expect(
        clippy::disallowed_methods,
        clippy::print_stderr,
        reason = "the one setting that tests have; who lacks it is told"
    )]
    pub(crate) async fn create() -> Option<Self> {
        let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
            eprintln!("Not on PostgreSQL: there is no TEST_DATABASE_URL");
            return None;
        };
        let (server, _) = url.rsplit_once('/').expect("the URL names a database");
        let (user, address) = server.rsplit_once('@').expect("the URL names a user");
        let name = format!("viva_chaos_{}", SystemIds.uuid().simple());
        let admin = Database::connect(&url).await.expect("PostgreSQL answers");
        run(&admin, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        let line = Line::to(address.to_owned()).await;
        let url = format!("{user}@{}/{name}", line.address);
        Some(Self {
            admin,
            name,
            line,
            url,
        })
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) async fn remove(self) {
        run(&self.admin, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

async fn run(connection: &DatabaseConnection, sql: &str) {
    connection.execute_unprepared(sql).await.expect("it is done");
}

/// What becomes of what comes over a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Cut,
    Silent,
}

/// A line to another server.
struct Line {
    address: SocketAddr,
    state: watch::Sender<State>,
    _forwarding: JoinSet<()>,
}

impl Line {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let (state, states) = watch::channel(State::Open);
        let mut forwarding = JoinSet::new();
        forwarding.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                open.spawn(forward(socket, server.clone(), states.clone()));
            }
        });
        Self {
            address,
            state,
            _forwarding: forwarding,
        }
    }

    fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

/// As long as the line is open. What it carried when it was cut or fell silent is over, one way or the other.
async fn forward(mut socket: TcpStream, server: String, mut states: watch::Receiver<State>) {
    let carrying = async {
        let mut other = TcpStream::connect(server).await?;
        copy_bidirectional(&mut socket, &mut other).await?;
        io::Result::Ok(())
    };
    if *states.borrow() == State::Open {
        tokio::select! {
            _ = carrying => return,
            _ = states.wait_for(|state| *state != State::Open) => {}
        }
    }
    // Nothing is said to who waits; after a cut they need not.
    let _ = states.wait_for(|state| *state != State::Silent).await;
}
