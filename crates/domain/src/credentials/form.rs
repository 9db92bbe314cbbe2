use super::credential::{Credential, InvalidCredential, RawCredential};

/// What a user may say beside the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialField {
    /// Where the provider is: the address of one's own resource, of a region, or of another server.
    BaseUrl,
    /// Who pays, where an account belongs to several.
    Organization,
}

/// Whether a field has to be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldNeed {
    /// It has to be.
    Needed,
    /// It may be left out.
    Optional,
}

/// A field that a provider takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// Which one.
    pub field: CredentialField,
    /// Whether it has to be filled in.
    pub need: FieldNeed,
    /// What is used without it, as far as everybody may know it, or what it looks like where it is needed.
    pub example: Option<String>,
}

/// What a provider wants to know of a user's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialForm {
    /// The provider's id.
    pub provider: String,
    /// The name that people know.
    pub name: String,
    /// Where the provider's users make keys, where that is known.
    pub key_url: Option<String>,
    /// The fields beside the key, which everybody needs.
    pub fields: Vec<FormField>,
}

impl CredentialField {
    /// What messages call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BaseUrl => "base_url",
            Self::Organization => "organization",
        }
    }
}

impl CredentialForm {
    /// Reads what somebody filled in.
    ///
    /// # Errors
    /// [`InvalidCredential`] also when a field is missing that the provider needs, or there is one that it does not take.
    pub fn fill_in(&self, raw: RawCredential<'_>) -> Result<Credential, InvalidCredential> {
        let credential = Credential::parse(raw)?;
        for (field, value) in [
            (CredentialField::BaseUrl, credential.base_url()),
            (CredentialField::Organization, credential.organization()),
        ] {
            let need = self.fields.iter().find(|offered| offered.field == field);
            let field = field.name();
            match (need.map(|offered| offered.need), value) {
                (None, Some(_)) => return Err(InvalidCredential::NotTaken { field }),
                (Some(FieldNeed::Needed), None) => return Err(InvalidCredential::Missing { field }),
                (None | Some(FieldNeed::Optional), None) | (Some(_), Some(_)) => {}
            }
        }
        Ok(credential)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn form(fields: &[(CredentialField, FieldNeed)]) -> CredentialForm {
        let field = |(field, need): &(CredentialField, FieldNeed)| FormField {
            field: *field,
            need: *need,
            example: None,
        };
        CredentialForm {
            provider: "acme".to_owned(),
            name: "Acme".to_owned(),
            key_url: None,
            fields: fields.iter().map(field).collect(),
        }
    }

    fn fill_in(
        form: &CredentialForm,
        base_url: Option<&str>,
        organization: Option<&str>,
    ) -> Result<(), InvalidCredential> {
        let raw = RawCredential {
            api_key: &SecretString::from("k"),
            base_url,
            organization,
        };
        form.fill_in(raw).map(|_| ())
    }

    #[test]
    fn a_field_that_is_needed_is_missed() {
        let form = form(&[(CredentialField::BaseUrl, FieldNeed::Needed)]);
        let field = "base_url";
        assert_eq!(
            fill_in(&form, None, None),
            Err(InvalidCredential::Missing { field })
        );
        assert_eq!(
            fill_in(&form, Some(" "), None),
            Err(InvalidCredential::Missing { field })
        );
        assert_eq!(fill_in(&form, Some("https://mine.example"), None), Ok(()));
    }

    #[test]
    fn what_the_provider_does_not_take_is_refused() {
        let form = form(&[(CredentialField::Organization, FieldNeed::Optional)]);
        let field = "base_url";
        let refused = fill_in(&form, Some("https://mine.example"), None);
        assert_eq!(refused, Err(InvalidCredential::NotTaken { field }));
        assert_eq!(fill_in(&form, Some(""), Some("org-1")), Ok(()));
        assert_eq!(fill_in(&form, None, None), Ok(()));
    }
}
