use shared::http::{Handler, Refuse};
use shared::wire::{intermediaries, standards};

/// One function of `template.yaml`, as this process runs it.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// The name of its package, binary and event file.
    pub name: &'static str,
    pub refuse: Refuse,
    pub handler: Handler,
}

/// Every function there is. Which routes lead to them is `template.yaml`'s to say.
pub const FUNCTIONS: [Function; 8] = [
    Function {
        name: "intermediary-create-intermediary",
        refuse: intermediaries::refuse,
        handler: |app, request| Box::pin(intermediary_create_intermediary::handle(app, request)),
    },
    Function {
        name: "intermediary-create-account",
        refuse: intermediaries::refuse,
        handler: |app, request| Box::pin(intermediary_create_account::handle(app, request)),
    },
    Function {
        name: "intermediary-find-account",
        refuse: intermediaries::refuse,
        handler: |app, request| Box::pin(intermediary_find_account::handle(app, request)),
    },
    Function {
        name: "intermediary-sign-in",
        refuse: intermediaries::refuse,
        handler: |app, request| Box::pin(intermediary_sign_in::handle(app, request)),
    },
    Function {
        name: "intermediary-send-sign-in-code",
        refuse: intermediaries::refuse,
        handler: |app, request| Box::pin(intermediary_send_sign_in_code::handle(app, request)),
    },
    Function {
        name: "intermediary-check-session",
        refuse: intermediaries::refuse,
        handler: |app, request| Box::pin(intermediary_check_session::handle(app, request)),
    },
    Function {
        name: "intermediary-sign-out",
        refuse: intermediaries::refuse,
        handler: |app, request| Box::pin(intermediary_sign_out::handle(app, request)),
    },
    Function {
        name: "standard-keys",
        refuse: standards::refuse,
        handler: |app, request| Box::pin(standard_keys::handle(app, request)),
    },
];

impl Function {
    /// The logical id in `template.yaml`: `intermediary-sign-in` is `IntermediarySignInFunction`.
    #[must_use]
    pub fn logical_id(&self) -> String {
        let words = self.name.split('-').map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
        });
        words.collect::<String>() + "Function"
    }
}
