use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{Parse, SourceFile, SyntaxElement, SyntaxKind, SyntaxNode};

use super::finding::{Finding, SqlFile};
use super::header::Header;
use super::statements::is_excused;
use crate::migrate::name;

/// Steps that lose data without saying so at the top of the file, and announcements without a step.
pub(super) fn check(file: &SqlFile, header: &Header, parsed: &Parse<SourceFile>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = Vec::new();
    // Whether the old type held more cannot be told from here: a marker may be there, and need not.
    let mut retyped = Vec::new();
    for statement in parsed.tree().stmts() {
        let offset = usize::from(statement.syntax().text_range().start());
        if cascades(statement.syntax()) {
            let safe = "Drop what depends on it by name, each with its `-- loses:` line.";
            findings.push(file.finding(offset, "cascade", "`cascade` takes what the file does not name", safe));
        }
        retyped.extend(retypes(&statement, |_| true));
        found.extend(lost(&statement).into_iter().map(|object| (offset, object)));
    }
    for (offset, object) in &found {
        if !header.loses.iter().any(|(_, marked)| marked == object) {
            let what = format!("loses the data of {object} without saying so");
            let safe = format!(
                "Add `-- loses: {object}` to the comment at the very top; it then runs only with --allow-data-loss."
            );
            findings.push(file.finding(*offset, "unmarked-loss", what, safe));
        }
    }
    // What a block of code does cannot be told from outside; that it names the table has to do.
    let blocks: String =
        parsed.tree().stmts().filter_map(code).collect::<String>().replace('"', "").to_ascii_lowercase();
    for (offset, marked) in &header.loses {
        let table = name::parts(marked).into_iter().take(2).collect::<Vec<_>>().join(".").to_ascii_lowercase();
        let founded = found.iter().any(|(_, object)| object == marked) || retyped.contains(marked);
        if !founded && !blocks.contains(&table) {
            let what = format!("says that it loses {marked}, and does not");
            let safe = "Remove the line, or write the name as schema.table or schema.table.column.";
            findings.push(file.finding(*offset, "unfounded-loss", what, safe));
        }
    }
    findings.retain(|finding| !is_excused(&file.text, finding));
    findings
}

/// What a statement loses: tables, or columns of them.
fn lost(statement: &ast::Stmt) -> Vec<String> {
    let relation = |relation: Option<ast::RelationName>| relation.and_then(|name| name.relation_name_ref()?.path_ref());
    match statement {
        ast::Stmt::DropTable(drop) => drop.table_name_refs().filter_map(|name| table(name.path_ref())).collect(),
        ast::Stmt::Truncate(truncate) => truncate
            .table_list()
            .into_iter()
            .flat_map(|list| list.table_relation_names())
            .filter_map(|name| table(name.table_name_ref()?.path_ref()))
            .collect(),
        ast::Stmt::Delete(delete) => table(relation(delete.relation_name())).into_iter().collect(),
        ast::Stmt::AlterTable(alter) => columns(alter, |action| match action {
            ast::AlterTableAction::DropColumn(drop) => drop.column_name_ref(),
            _ => None,
        }),
        _ => Vec::new(),
    }
}

/// The columns that become `jsonb` by a file: what their texts said otherwise than by values goes.
pub(crate) fn becoming_jsonb(text: &str) -> Vec<String> {
    let to_jsonb = |name: ast::Type| bare(name.syntax()) == "jsonb";
    SourceFile::parse(text).tree().stmts().flat_map(|statement| retypes(&statement, to_jsonb)).collect()
}

/// The columns that get another type, of those that are asked for.
fn retypes(statement: &ast::Stmt, asked: impl Fn(ast::Type) -> bool) -> Vec<String> {
    let ast::Stmt::AlterTable(alter) = statement else { return Vec::new() };
    columns(alter, |action| match action {
        ast::AlterTableAction::AlterColumn(column) => {
            let ast::AlterColumnOption::SetType(set) = column.option()? else { return None };
            column.column_name_ref().filter(|_| set.ty().is_some_and(&asked))
        }
        _ => None,
    })
}

/// The full names of the columns that some actions of the statement are about.
fn columns(alter: &ast::AlterTable, of: impl Fn(ast::AlterTableAction) -> Option<ast::ColumnNameRef>) -> Vec<String> {
    let name = alter.table_relation_name().and_then(|name| table(name.table_name_ref()?.path_ref()));
    let columns = alter.actions().filter_map(of);
    name.map(|name| columns.map(|column| format!("{name}.{}", bare(column.syntax()))).collect()).unwrap_or_default()
}

/// `schema.table`; what has no schema is in `public`.
fn table(path: Option<ast::PathRef>) -> Option<String> {
    let name = bare(path?.syntax());
    Some(if name::parts(&name).len() > 1 { name } else { format!("public.{name}") })
}

/// A name as a marker has it: without spaces and comments, in quotes only where it needs them.
fn bare(node: &SyntaxNode) -> String {
    let tokens = node.descendants_with_tokens().filter_map(SyntaxElement::into_token);
    let text: String = tokens.filter(|token| !token.kind().is_trivia()).map(|token| token.text().to_owned()).collect();
    name::canonical(&text)
}

/// Not the `cascade` of a foreign key, which is a property of the table.
fn cascades(statement: &SyntaxNode) -> bool {
    let drops = |node: &SyntaxNode| {
        let first = node.first_token().map(|token| token.kind());
        matches!(first, Some(SyntaxKind::DROP_KW | SyntaxKind::TRUNCATE_KW))
    };
    statement
        .descendants()
        .filter(|node| ast::DropBehavior::can_cast(node.kind()) && node.parent().is_some_and(|parent| drops(&parent)))
        .flat_map(|node| node.children_with_tokens())
        .any(|part| part.kind() == SyntaxKind::CASCADE_KW)
}

fn code(statement: ast::Stmt) -> Option<String> {
    match statement {
        ast::Stmt::Do(block) => Some(block.syntax().text().to_string()),
        _ => None,
    }
}
