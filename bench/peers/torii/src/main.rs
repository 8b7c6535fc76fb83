//! torii-axum on SQLite in memory: `torii-peer PORT [PRIVATE.pem PUBLIC.pem]`, with keys by RS256 tokens.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use sqlx::sqlite::SqlitePoolOptions;
use tokio::net::TcpListener;
use torii::sqlite::SqliteStorage;
use torii::{JwtConfig, Torii};
use torii_axum::{CookieConfig, LinkConfig, routes};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [port, keys @ ..] = arguments.as_slice() else { return Err("no port".into()) };
    // Every connection to a database in memory would have one of its own.
    let one = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let storage = SqliteStorage::new(one.connect("sqlite::memory:").await?);
    let torii = Torii::new(Arc::new(storage.into_repository_provider()));
    torii.migrate().await?;
    let torii = match keys {
        [private, public] => torii.with_jwt_sessions(JwtConfig::from_rs256_pem_files(private, public)?),
        _ => torii,
    };
    let url = format!("http://127.0.0.1:{port}");
    let auth = routes(Arc::new(torii))
        .with_cookie_config(CookieConfig::development())
        .with_link_config(LinkConfig::new(url))
        .build();
    let service = Router::new().nest("/auth", auth).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse()?)).await?, service).await?;
    Ok(())
}
