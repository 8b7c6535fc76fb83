//! The commands as processes of their own, and what a user then sees over HTTP: one binary, because linking is what
//! takes time.
