//! The loopback double of Google Places: an invented city, and a server that answers for it as the provider would: capped at
//! 20, nearest first, only the members that the field mask asks for, errors in the provider's words.

pub(crate) mod city;
pub(crate) mod google;
