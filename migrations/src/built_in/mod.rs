//! The texts of the templates that come with Viva. They are part of a step that was released: a better text is another
//! step, and changes nothing here.

mod english;
mod traditional_chinese;

use sea_orm_migration::sea_orm::prelude::Uuid;

/// 2026-11-29 in a UUIDv7; the templates count up from here.
const FIRST_ID: u128 = 0x01a2_2499_f800_7000_8000_0000_0000_0000;

/// A template that everybody sees and nobody changes.
pub(crate) struct BuiltIn {
    /// Never given to another one.
    number: u8,
    pub(crate) category: &'static str,
    pub(crate) language: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    /// How this role talks; what holds for all spoken conversations follows it.
    instructions: &'static str,
    manner: &'static str,
    pub(crate) user_role: &'static str,
    pub(crate) ai_role: &'static str,
    pub(crate) scenario: &'static str,
}

impl BuiltIn {
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        english::TEMPLATES.iter().chain(&traditional_chinese::TEMPLATES)
    }

    pub(crate) fn id(&self) -> Uuid {
        Uuid::from_u128(FIRST_ID + u128::from(self.number))
    }

    pub(crate) fn system_prompt(&self) -> String {
        format!("{}\n\n{}", self.instructions, self.manner)
    }
}
