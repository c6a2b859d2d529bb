//! Generators for other people's tests.

mod accepted;
mod any;
#[cfg(feature = "arbitrary")]
mod arbitrary;
mod dice;
mod faults;
mod pair;
mod pools;
#[cfg(feature = "proptest")]
mod rolls;
#[cfg(feature = "proptest")]
pub mod strategies;

#[cfg(feature = "arbitrary")]
pub use arbitrary::Pair;
