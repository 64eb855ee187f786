//! What a document says of itself: rules and correlations alike.

use crate::error::Fault;
use crate::rule::{level, text, texts};
use crate::{Level, Problem};
use yaml::{Node, Position};

/// A document's names, level, and words for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The file it stands in, as given.
    pub file: String,
    /// Where in it.
    pub at: Position,
    /// What it detects, in a line.
    pub title: String,
    /// The same in Bangla (`title_bn`, of our own rules).
    pub title_bn: Option<String>,
    /// The `id`, mostly a UUID.
    pub id: Option<String>,
    /// The `name` by which correlations refer to it.
    pub name: Option<String>,
    /// `stable`, `test`, `experimental` and so on.
    pub status: Option<String>,
    /// How bad it is.
    pub level: Option<Level>,
    /// What it detects, at length.
    pub description: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// When it was written.
    pub date: Option<String>,
    /// When it was changed last.
    pub modified: Option<String>,
    /// Where it comes from.
    pub references: Vec<String>,
    /// Such as `attack.t1059.001`.
    pub tags: Vec<String>,
    /// What else may cause it.
    pub falsepositives: Vec<String>,
    /// The same in Bangla (`falsepositives_bn`, of our own rules).
    pub falsepositives_bn: Vec<String>,
}

impl Head {
    /// What identifies the document: the id, else the name, else the title.
    pub fn uid(&self) -> &str {
        self.id.as_deref().or(self.name.as_deref()).unwrap_or(&self.title)
    }
}

/// Reads what stands at the top of a rule or correlation.
pub(crate) fn read(file: &str, node: &Node) -> Result<Head, Fault> {
    let missing = Problem::Missing { what: "title", mend: "a line that says what is detected" };
    Ok(Head {
        file: file.to_owned(),
        at: node.at,
        title: text(node, "title")?.ok_or((node.at, missing))?,
        title_bn: text(node, "title_bn")?,
        id: text(node, "id")?,
        name: text(node, "name")?,
        status: text(node, "status")?,
        level: level(node)?,
        description: text(node, "description")?,
        author: text(node, "author")?,
        date: text(node, "date")?,
        modified: text(node, "modified")?,
        references: texts(node, "references")?,
        tags: texts(node, "tags")?,
        falsepositives: texts(node, "falsepositives")?,
        falsepositives_bn: texts(node, "falsepositives_bn")?,
    })
}
