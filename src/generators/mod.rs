//! Generators for other people's tests.

#[cfg(feature = "arbitrary")]
mod arbitrary;
mod pools;
#[cfg(feature = "proptest")]
pub mod strategies;
