//! What a run did, in words and in JSON.
