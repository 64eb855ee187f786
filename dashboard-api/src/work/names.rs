//! Closed sets that stand as words in JSON and in SQL alike.

/// An enum whose variants are words: in JSON, in the OpenAPI document and in SQLite.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize,
            utoipa::ToSchema)]
        // The document's words come from this: utoipa does not see a `rename` that a macro hands on.
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name { $($(#[$each])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every one.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its word.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                let word = value.as_str()?;
                let known = Self::ALL.iter().find(|each| each.as_str() == word);
                known.copied().ok_or(rusqlite::types::FromSqlError::InvalidType)
            }
        }
    };
}

pub(crate) use names;
