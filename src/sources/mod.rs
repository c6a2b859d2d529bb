//! Documents of others: answers of the API, Terraform plans, Packer templates.

pub mod describe;
pub mod packer;
pub mod planned;
pub mod terraform;
