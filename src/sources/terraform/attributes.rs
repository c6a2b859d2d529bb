//! Attributes of a resource that are parameters of a request.

use once_cell::sync::Lazy;

use crate::model::{Parameter, Row, Slot};

/// An attribute of a resource that is a parameter of a request.
pub(super) struct Attribute {
    pub(super) name: String,
    pub(super) parameter: Parameter,
    pub(super) slot: Slot,
}

/// Every attribute that is a parameter, in the order of today's page. The provider writes the names
/// of parameters in its own way, takes one image, and sends the common parameters itself.
pub(super) static ATTRIBUTES: Lazy<Vec<Attribute>> = Lazy::new(|| {
    let is_common = |parameter: &Parameter| [Parameter::VERSION, Parameter::REGION].contains(parameter);
    Row::all()
        .iter()
        .filter(|row| !matches!(row.slot, Slot::Action | Slot::Ignored) && !is_common(&row.parameter()))
        .map(|row| {
            let parameter = row.parameter();
            let name = if parameter.is_image() { "image_id".to_owned() } else { snake_case(row.name) };
            Attribute { name, parameter, slot: row.slot }
        })
        .collect()
});

/// Writes `DryRun` as `dry_run`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The provider's documentation lists these.
    #[test]
    fn attributes_are_those_of_the_provider() {
        let names: Vec<&str> = ATTRIBUTES.iter().map(|attribute| &*attribute.name).collect();
        assert_eq!(
            names,
            [
                "image_id",
                "destination_regions",
                "dry_run",
                "image_name",
                "image_set_required",
                "encrypt",
                "kms_key_id"
            ]
        );
    }
}
