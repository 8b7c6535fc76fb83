//! Random walks through the state diagram of `shared/src/session.rs`, held against a model of ten lines.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::harness::{EMAIL, Latchkey, PASSWORD};

#[derive(Debug, Clone, Copy)]
enum Step {
    /// Presents the token of this many generations ago.
    Present(usize),
    Wait(u32),
    SignOut,
}

/// The live generation, when it came to be, and whether the session has ended.
#[derive(Debug, Default)]
struct Model {
    generation: usize,
    rotated_at: Option<u32>,
    idle_since: u32,
    ended: bool,
}

impl Model {
    /// The generation that presenting `generation` at `now` hands out.
    fn present(&mut self, generation: usize, now: u32) -> Option<usize> {
        if self.ended || now - self.idle_since >= 1_800 {
            return None;
        }
        let in_grace = self.rotated_at.is_some_and(|at| now - at <= 30);
        if generation == self.generation {
            self.generation += 1;
            (self.rotated_at, self.idle_since) = (Some(now), now);
        } else if generation + 1 != self.generation || !in_grace {
            self.ended = true;
            return None;
        }
        Some(self.generation)
    }
}

async fn walk(latchkey: &Latchkey, steps: &[Step]) {
    let first = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let (mut model, mut now, mut tokens, access) = (Model::default(), 0, vec![first.refresh], first.access);
    for step in steps {
        match *step {
            Step::Wait(seconds) => {
                latchkey.advance(seconds).await;
                now += seconds;
            }
            // The access token itself lasts ten minutes.
            Step::SignOut if now < 500 => {
                latchkey.sign_out(&access).await.ok();
                model.ended = true;
            }
            Step::SignOut => {}
            Step::Present(ago) => {
                let generation = (tokens.len() - 1).saturating_sub(ago);
                let answer = latchkey.re_sign(&tokens[generation]).await;
                match model.present(generation, now) {
                    None => drop(answer.refused(401, "invalid_refresh_token")),
                    Some(next) => {
                        let refresh = answer.pair().refresh;
                        if next == tokens.len() {
                            tokens.push(refresh);
                        } else {
                            assert_eq!(refresh, tokens[next], "one successor, however often");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_walk_goes_as_the_diagram_says() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let latchkey = runtime.block_on(async {
        let latchkey = Latchkey::start().await;
        latchkey.jane().await;
        latchkey
    });
    // Waits keep clear of the borders by more than a walk takes; the borders themselves are unit tests.
    let step = prop_oneof![
        6 => prop_oneof![5 => Just(0), 3 => Just(1), 1 => 2..4_usize].prop_map(Step::Present),
        3 => prop_oneof![Just(1), Just(40), Just(400), Just(1_850)].prop_map(Step::Wait),
        1 => Just(Step::SignOut),
    ];
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let walks = TestRunner::new(config).run(&vec(step, 1..16), |steps| {
        runtime.block_on(walk(&latchkey, &steps));
        Ok(())
    });
    walks.expect("every walk holds");
}
