use local::{Engine, TABLE};
use shared::random::Random;

/// Names an engine that tests are to use in place of the embedded one: `engines/run`.
const VARIABLE: &str = "LATCHKEY_TEST_DYNAMODB";

/// Where a test's table is: in an engine of its own, or under a name of its own in the one that all tests use.
pub struct TestEngine {
    pub endpoint: String,
    pub table: String,
    _embedded: Option<Engine>,
}

impl TestEngine {
    pub fn start() -> Self {
        if let Ok(endpoint) = std::env::var(VARIABLE) {
            let table = format!("{TABLE}-{}", Random::default().uuid());
            return Self { endpoint, table, _embedded: None };
        }
        let engine = Engine::start(None, 0).expect("the engine starts");
        Self { endpoint: engine.endpoint.clone(), table: TABLE.to_owned(), _embedded: Some(engine) }
    }
}
