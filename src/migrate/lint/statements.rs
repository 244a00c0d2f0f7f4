use squawk_linter::{Linter, LinterSettings, Rule};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{Parse, SourceFile, SyntaxElement, SyntaxKind};

use super::finding::{Finding, SqlFile};
use super::pairs::Way;

/// Rules of squawk that do not apply to our files.
const NOT_OURS: &[Rule] = &[
    // The runner sets `lock_timeout` round every file, and tries again.
    Rule::RequireTimeoutSettings,
    // A file that ran is recorded and does not run again; `if not exists` would keep an invalid index for ever.
    Rule::PreferRobustStmts,
    // Taste in types: no lock, no rewrite.
    Rule::PreferTextField,
    Rule::PreferBigintOverInt,
    Rule::PreferBigintOverSmallint,
    Rule::RequireEnumValueOrdering,
    // Said by our own markers, in `losses`.
    Rule::BanDropTable,
    Rule::BanDropColumn,
    Rule::BanTruncateCascade,
    // Said by ours below, also for a statement that is alone in its file.
    Rule::BanConcurrentIndexCreationInTransaction,
];

/// Rules about clients that miss what was there: a down takes back what its own up brought, and nobody had it before.
const NOT_OF_DOWNS: &[Rule] = &[
    Rule::BanDropConstraint,
    Rule::BanDropDefault,
    Rule::BanDropDomain,
    Rule::BanDropExtension,
    Rule::BanDropFunction,
    Rule::BanDropGeneratedExpression,
    Rule::BanDropNotNull,
    Rule::BanDropSequence,
    Rule::BanDropType,
    Rule::BanDropView,
    Rule::RenamingColumn,
    Rule::RenamingObject,
    Rule::RenamingTable,
];

/// Statements that block others or rewrite tables.
pub(super) fn check(file: &SqlFile, way: Way, transaction: bool, parsed: &Parse<SourceFile>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = parsed
        .errors()
        .iter()
        .map(|error| {
            let what = format!("cannot be read: {}", error.message());
            file.finding(usize::from(error.range().start()), "syntax", what, "Write it as PostgreSQL's manual does.")
        })
        .collect();
    let unfit = if way == Way::Down { [NOT_OURS, NOT_OF_DOWNS].concat() } else { NOT_OURS.to_vec() };
    let mut linter = Linter::with_rules(&[], &unfit);
    linter.settings = LinterSettings { assume_in_transaction: transaction, ..LinterSettings::default() };
    for violation in linter.lint(parsed, &file.text) {
        let named = file.text.get(violation.text_range.start().into()..violation.text_range.end().into());
        if violation.code == Rule::UnusedIgnore && named.is_some_and(|name| EXCUSABLE.contains(&name)) {
            continue;
        }
        let safe = violation.help.unwrap_or_else(|| safe_way(violation.code).to_owned());
        let offset = usize::from(violation.text_range.start());
        findings.push(file.finding(offset, &violation.code.to_string(), violation.message, safe));
    }
    for statement in parsed.tree().stmts() {
        let offset = first_byte(&statement);
        let found = in_transaction(&statement, transaction).into_iter().chain(rewrite(&statement));
        findings.extend(found.map(|(rule, what, safe)| file.finding(offset, rule, what, safe)));
    }
    findings.retain(|finding| !is_excused(&file.text, finding));
    findings.extend(bare_excuses(file));
    findings
}

/// Rule, what is wrong, the safe way.
type Said = (&'static str, &'static str, &'static str);

/// Squawk leaves a lone `concurrently` to runners that open no transaction; ours does.
fn in_transaction(statement: &ast::Stmt, transaction: bool) -> Option<Said> {
    let concurrently =
        statement.syntax().descendants_with_tokens().any(|part| part.kind() == SyntaxKind::CONCURRENTLY_KW);
    let unable = match statement {
        ast::Stmt::Refresh(_) => false,
        ast::Stmt::Vacuum(_) => true,
        _ => concurrently,
    };
    (unable && transaction).then_some((
        "needs-no-transaction",
        "PostgreSQL refuses this inside a transaction, and this file runs in one",
        "Put it alone into a file whose first line is `-- no-transaction`.",
    ))
}

/// Our own rules that a comment may set aside.
const EXCUSABLE: &[&str] = &["check-with-column", "lock", "refresh", "rewrite", "unmarked-loss", "update-all"];

/// What squawk does not know, or knows only of newer servers.
fn rewrite(statement: &ast::Stmt) -> Option<Said> {
    match statement {
        ast::Stmt::Cluster(_) => Some(REWRITES),
        ast::Stmt::Vacuum(vacuum) => vacuum.full_token().map(|_| REWRITES),
        ast::Stmt::AlterTable(alter) => alter.actions().find_map(|action| match action {
            ast::AlterTableAction::SetLogged(_)
            | ast::AlterTableAction::SetUnlogged(_)
            | ast::AlterTableAction::SetTablespace(_)
            | ast::AlterTableAction::SetAccessMethod(_) => Some(REWRITES),
            ast::AlterTableAction::AddColumn(add) => added(&add),
            _ => None,
        }),
        ast::Stmt::Refresh(refresh) if refresh.concurrently_token().is_none() => Some((
            "refresh",
            "readers of the view wait until it is filled",
            "Refresh it `concurrently`, by a unique index of the view.",
        )),
        ast::Stmt::Lock(_) => Some((
            "lock",
            "holds the table until the whole file is done",
            "Leave it out: each statement takes the weakest lock that it needs.",
        )),
        ast::Stmt::Update(update) if update.where_clause_or_current_of().is_none() => Some((
            "update-all",
            "writes every row anew in one transaction, and keeps them all locked until it ends",
            "Fill rows in batches outside the migration, or give a column a constant default instead.",
        )),
        _ => None,
    }
}

const REWRITES: Said = (
    "rewrite",
    "rewrites the whole table while nobody can read or write it",
    "Do it at a quiet time outside the migrations, or copy the table beside the old one by a tool like pg_repack.",
);

fn added(column: &ast::AddColumn) -> Option<Said> {
    let serial = column.ty().is_some_and(|ty| ty.syntax().text().to_string().to_ascii_lowercase().contains("serial"));
    let checked = column.constraints().any(|constraint| matches!(constraint, ast::Constraint::CheckConstraint(_)));
    if serial {
        Some(REWRITES)
    } else if checked {
        Some((
            "check-with-column",
            "reads the whole table while nobody can read or write it",
            "Add the column, then the check as `not valid`, and validate it in a file of its own.",
        ))
    } else {
        None
    }
}

/// The safe way where squawk itself names none.
fn safe_way(rule: Rule) -> &'static str {
    match rule {
        Rule::ChangingColumnType => {
            "Add a column of the new type, fill it in batches, let readers move over, and drop the old one in a later release."
        }
        Rule::RenamingColumn | Rule::RenamingTable | Rule::RenamingObject => {
            "Make the new name beside the old one (a column, or a view), and remove the old one when no reader is left."
        }
        Rule::BanDropNotNull => "Let every reader cope with null first, then ignore this line with that as the reason.",
        _ => "Do it when no reader is left, and ignore this line with that as the reason.",
    }
}

/// Where the statement itself begins, behind its comments.
fn first_byte(statement: &ast::Stmt) -> usize {
    let node = statement.syntax();
    let first =
        node.descendants_with_tokens().filter_map(SyntaxElement::into_token).find(|token| !token.kind().is_trivia());
    usize::from(first.map_or(node.text_range().start(), |token| token.text_range().start()))
}

/// Squawk heeds its own comment for its own rules; this does it for ours.
pub(super) fn is_excused(text: &str, finding: &Finding) -> bool {
    let lines = text.lines().skip(finding.line.saturating_sub(2)).take(2);
    lines
        .filter_map(excuse)
        .any(|(rules, _)| rules.split(',').map(str::trim).any(|rule| rule == finding.rule && EXCUSABLE.contains(&rule)))
}

/// Excuses that excuse everything, or give no reason.
fn bare_excuses(file: &SqlFile) -> Vec<Finding> {
    let lines = file.text.split_inclusive('\n').scan(0, |next, line| {
        let offset = *next;
        *next += line.len();
        Some((offset, line))
    });
    lines
        .filter_map(|(offset, line)| excuse(line).map(|excuse| (offset, excuse)))
        .filter(|(_, (rules, reason))| rules.is_empty() || reason.is_empty())
        .map(|(offset, _)| {
            let safe = "Write `-- squawk-ignore RULE -- why`, on the line before the statement.";
            file.finding(offset, "bare-ignore", "an exception without its rule or its reason", safe)
        })
        .collect()
}

/// The rules and the reason of a line like `-- squawk-ignore changing-column-type -- the table is empty`.
fn excuse(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once("-- squawk-ignore")?;
    let rest = rest.strip_prefix("-file").unwrap_or(rest);
    let (rules, reason) = rest.split_once("--").unwrap_or((rest, ""));
    Some((rules.trim(), reason.trim()))
}
